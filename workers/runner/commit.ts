/**
 * Turns what was staged into a commit on the agent's branch and a bundle for the hub. The final work is the
 * working tree, on top of HEAD when HEAD descends from the base, otherwise on the base itself. Nothing is written
 * outside the runner's own repository and the run directory.
 */
import { closeSync, mkdirSync, openSync, readFileSync, readSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { git, gitText } from '../../activities/git/git.ts';
import type { AgentSpec } from '../../domain/agents/agent.ts';
import { crashPoint } from '../../store/crash-point.ts';
import { gitIdentity } from './agent-environment.ts';
import { filesWithMarkers } from './conflict-markers.ts';
import type { WorkRepository } from './work-repository.ts';
import { isHalfMerged, workspaceBranches, workspaceHead } from './workspace-state.ts';

export const BUNDLE_NAME = 'work.bundle';

export type CommittedWork =
  | { readonly kind: 'committed'; readonly commit: string }
  | { readonly kind: 'unchanged' }
  /** Work that must not be handed over. */
  | { readonly kind: 'unusable'; readonly reason: string };

const message = (spec: AgentSpec): string => {
  const title = spec.title.replaceAll(/[\0\r\n]+/g, ' ').trim();
  return `${title === '' ? spec.taskId : title}\n\nDrover-Swarm: ${spec.swarmId}\nDrover-Task: ${spec.taskId}\nDrover-Agent: ${spec.agentId}\n`;
};

/** The number of files in an index: the third word of its header. */
const filesIn = (index: string): number => {
  const header = Buffer.alloc(12);
  const descriptor = openSync(index, 'r');
  try {
    return readSync(descriptor, header, 0, 12, 0) === 12 ? header.readUInt32BE(8) : 0;
  } finally {
    closeSync(descriptor);
  }
};

const refFile = (repository: WorkRepository, spec: AgentSpec): string =>
  join(repository.directory, 'refs', 'heads', spec.branch);

/** The agent's branch in the runner's repository, which no other process uses. */
const setBranch = (repository: WorkRepository, spec: AgentSpec, commit: string): void => {
  const file = refFile(repository, spec);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${commit}\n`);
};

/** Commits what was staged on top of `parent`. @returns the commit, or `parent` when nothing was staged */
const commitOn = async (
  repository: WorkRepository,
  spec: AgentSpec,
  parent: string,
  second: string | undefined,
): Promise<string> => {
  setBranch(repository, spec, parent);
  if (second !== undefined) {
    writeFileSync(join(repository.directory, 'MERGE_HEAD'), `${second}\n`);
    // Both parents, also when one is an ancestor of the other.
    writeFileSync(join(repository.directory, 'MERGE_MODE'), 'no-ff');
  }
  crashPoint('commit.before');
  await git('commit', ['--quiet', '--no-verify', '--cleanup=verbatim', '--file=-'], {
    ...repository.options,
    env: gitIdentity(spec),
    input: message(spec),
    // 1: there is nothing to commit.
    okCodes: [0, 1],
  });
  crashPoint('commit.after');
  return readFileSync(refFile(repository, spec), 'utf8').trim();
};

/** Commits what was staged. */
export const commitWork = async (repository: WorkRepository, spec: AgentSpec): Promise<CommittedWork> => {
  const { options } = repository;
  const { baseCommit, mergeParent } = spec;
  const descends = async (commit: string, from: string): Promise<boolean> =>
    commit === from ||
    (await git('merge-base', ['--is-ancestor', from, commit], { ...options, okCodes: [0, 1, 128] })).code ===
      0;

  if (filesIn(join(repository.directory, 'index')) === 0)
    return { kind: 'unusable', reason: 'The agent deleted every file of the repository' };
  const head = await workspaceHead(spec);
  const parent = head !== undefined && (await descends(head, baseCommit)) ? head : baseCommit;
  const merged = mergeParent !== undefined && parent !== baseCommit && (await descends(parent, mergeParent));
  const second = merged ? undefined : mergeParent;
  if (
    second !== undefined &&
    (await gitText('write-tree', [], options)) === (await treeOf(repository, baseCommit))
  )
    return { kind: 'unchanged' };

  const commit = await commitOn(repository, spec, parent, second);
  if (commit === baseCommit) {
    for (const tip of workspaceBranches(spec))
      if (await descends(tip, baseCommit)) return { kind: 'committed', commit: tip };
    return { kind: 'unchanged' };
  }
  // Commits of its own that add up to nothing are no work either, except for a merge.
  const tree =
    parent === baseCommit && second === undefined && !isHalfMerged(spec)
      ? undefined
      : await treeOf(repository, commit);
  if (tree !== undefined && mergeParent === undefined && tree === (await treeOf(repository, baseCommit)))
    return { kind: 'unchanged' };
  if (tree !== undefined && (mergeParent !== undefined || isHalfMerged(spec))) {
    const parents = [baseCommit, ...(mergeParent === undefined ? [] : [mergeParent])];
    const paths = await filesWithMarkers({ workspace: spec.workspace, tree, parents, options });
    if (paths.length > 0)
      return { kind: 'unusable', reason: `Conflict markers are left in ${paths.join(', ')}` };
  }
  return { kind: 'committed', commit };
};

const treeOf = (repository: WorkRepository, commit: string): Promise<string> =>
  gitText('rev-parse', ['--verify', `${commit}^{tree}`], repository.options);

/** What is kept in memory on its way to the bundle; more is written by git itself, for the price of a process. */
const PACK_LIMIT_BYTES = 16 * 1024 * 1024;

/** The commits that are new since the base as a bundle, or undefined when they are too many for the memory. */
const smallBundle = async (
  repository: WorkRepository,
  spec: AgentSpec,
  commit: string,
  known: readonly string[],
): Promise<Buffer | undefined> => {
  const { code, stdout } = await git(
    'pack-objects',
    ['--revs', '--thin', '--stdout', '--quiet', '--delta-base-offset'],
    {
      ...repository.options,
      input: [commit, ...known.map((sha) => `^${sha}`), ''].join('\n'),
      okCodes: [0, -1],
      outputLimit: PACK_LIMIT_BYTES,
    },
  );
  if (code !== 0) return undefined;
  const kind = commit.length === 64 ? '# v3 git bundle\n@object-format=sha256\n' : '# v2 git bundle\n';
  const needed = known.map((sha) => `-${sha} \n`).join('');
  return Buffer.concat([Buffer.from(`${kind}${needed}${commit} refs/heads/${spec.branch}\n\n`), stdout]);
};

/** Writes the commits that are new since the base, with the agent's branch, into the run directory. */
export const writeBundle = async (
  repository: WorkRepository,
  spec: AgentSpec,
  commit: string,
): Promise<void> => {
  setBranch(repository, spec, commit);
  const bundle = join(spec.runDirectory, BUNDLE_NAME);
  const known = [spec.baseCommit, ...(spec.mergeParent === undefined ? [] : [spec.mergeParent])];
  const small = await smallBundle(repository, spec, commit, known);
  if (small === undefined)
    await git(
      'bundle',
      ['create', '--quiet', `${bundle}.tmp`, `refs/heads/${spec.branch}`, ...known.map((sha) => `^${sha}`)],
      repository.options,
    );
  else writeFileSync(`${bundle}.tmp`, small);
  renameSync(`${bundle}.tmp`, bundle);
};
