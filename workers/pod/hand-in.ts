/**
 * The git of a pod: a repository of its own with what the agent starts from, and the push of its work. The token
 * travels in git's environment, in no argument and no file that git writes.
 */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { importObjects, openBundle } from '../../activities/git/bundle.ts';
import { git, type GitOptions } from '../../activities/git/git.ts';
import { incomingRef } from '../../activities/git/hub.ts';
import { writeHub } from '../../activities/git/repository-files.ts';
import { startingPoint } from '../../activities/git/starting-point.ts';
import { createWorkspace } from '../../activities/git/workspace.ts';
import type { AgentSpec } from '../../domain/agents/agent.ts';
import { clip, plainLine } from '../../domain/text.ts';
import { BUNDLE_NAME } from '../runner/commit.ts';
import { withPatience, type HostAccess } from './host.ts';

const localHub = (spec: AgentSpec): string => join(dirname(spec.workspace), 'repo');

const remote = (spec: AgentSpec, { url, token }: HostAccess): GitOptions & { readonly url: string } => ({
  cwd: localHub(spec),
  gitDir: localHub(spec),
  url: `${url}/git`,
  config: {
    'protocol.http.allow': 'always',
    'protocol.https.allow': 'always',
    'http.extraHeader': `Authorization: Bearer ${token}`,
    'http.followRedirects': 'false',
    'credential.helper': '',
    'fetch.fsckObjects': 'false',
  },
});

/** Makes the workspace as the host would have made it. */
export const cloneWorkspace = async (spec: AgentSpec, host: HostAccess): Promise<void> => {
  const hub = localHub(spec);
  await mkdir(dirname(hub), { recursive: true });
  await writeHub(hub, spec.baseCommit.length === 64);
  const { url, ...options } = remote(spec, host);
  const wanted = [spec.baseCommit, ...(spec.mergeParent === undefined ? [] : [spec.mergeParent])];
  await withPatience(async () => {
    await git(
      'fetch',
      [
        '--quiet',
        '--no-tags',
        '--no-write-fetch-head',
        '--update-shallow',
        '--end-of-options',
        url,
        ...wanted,
      ],
      options,
    );
    return true;
  });
  const start = await startingPoint({ cwd: hub, gitDir: hub }, { ...spec, dependencies: [] });
  await createWorkspace({
    hub,
    path: spec.workspace,
    branch: spec.branch,
    commit: spec.baseCommit,
    sparse: spec.sparse ?? [],
    ...(start.kind === 'ready' && start.merge !== undefined ? { merge: start.merge } : {}),
  });
};

/** Git's words for a push that no repetition will make good. */
const FINAL = /403|401|\[remote rejected\]|\[rejected\]|refused/i;

/** Pushes the bundle's commit to the agent's own ref. @returns why the host does not take it, if so */
export const pushWork = async (spec: AgentSpec, host: HostAccess): Promise<string | undefined> => {
  const { url, ...options } = remote(spec, host);
  const bundle = await openBundle(join(spec.runDirectory, BUNDLE_NAME), spec.branch);
  if ('refused' in bundle) return bundle.refused;
  try {
    const imported = await importObjects({ cwd: options.cwd, gitDir: options.cwd }, bundle.value);
    if ('refused' in imported) return imported.refused;
  } finally {
    await bundle.value.file.close();
  }
  return withPatience(async () => {
    const { code, stderr } = await git(
      'push',
      [
        '--quiet',
        '--no-verify',
        '--end-of-options',
        url,
        `${bundle.value.commit}:${incomingRef(spec.agentId)}`,
      ],
      { ...options, okCodes: [0, 1, 128] },
    );
    if (code === 0) return { refusal: undefined };
    return FINAL.test(stderr)
      ? { refusal: `The host refused the push: ${clip(plainLine(stderr), 1_000)}` }
      : undefined;
  }).then(({ refusal }) => refusal);
};
