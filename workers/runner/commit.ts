/**
 * Turns what is in a workspace into one commit on the agent's branch and a bundle for the hub. The final work is
 * the working tree, on top of HEAD when HEAD descends from the base, otherwise on the base itself.
 */
import { access, lstat, mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { git, gitText } from '../../activities/git/git.ts';
import type { AgentSpec } from '../../domain/agent.ts';
import { crashPoint } from '../../store/crash-point.ts';
import { gitIdentity } from './agent-environment.ts';
import { filesWithMarkers } from './conflict-markers.ts';
import { workspaceBranches, workspaceHead, type WorkRepository } from './work-repository.ts';

export const BUNDLE_NAME = 'work.bundle';

export type CommittedWork =
  | { readonly kind: 'committed'; readonly commit: string }
  | { readonly kind: 'unchanged' }
  /** Work that must not be handed over. */
  | { readonly kind: 'unusable'; readonly reason: string };

/** The tree without files, by SHA-1 and SHA-256. */
const EMPTY_TREES: ReadonlySet<string> = new Set([
  '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321',
]);
const MERGE_STATES = ['MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REVERT_HEAD', 'rebase-merge', 'rebase-apply'];

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const leftMerge = async (spec: AgentSpec): Promise<boolean> =>
  (await Promise.all(MERGE_STATES.map((name) => isThere(join(spec.workspace, '.git', name))))).includes(true);

const message = (spec: AgentSpec): string => {
  const title = spec.title.replaceAll(/[\0\r\n]+/g, ' ').trim();
  return `${title === '' ? spec.taskId : title}\n\nDrover-Swarm: ${spec.swarmId}\nDrover-Task: ${spec.taskId}\nDrover-Agent: ${spec.agentId}\n`;
};

/** Commits what was staged. Nothing is written outside the runner's repository. */
export const commitWork = async (repository: WorkRepository, spec: AgentSpec): Promise<CommittedWork> => {
  const { options } = repository;
  const descends = async (commit: string, from: string): Promise<boolean> =>
    commit === from ||
    (await git('merge-base', ['--is-ancestor', from, commit], { ...options, okCodes: [0, 1, 128] })).code ===
      0;

  const head = await workspaceHead(spec);
  const onTop = head !== undefined && (await descends(head, spec.baseCommit)) ? head : spec.baseCommit;
  const [tree, trees] = await Promise.all([
    gitText('write-tree', [], options),
    gitText('rev-parse', [`${spec.baseCommit}^{tree}`, `${onTop}^{tree}`], options),
  ]);
  const [baseTree, headTree] = trees.split('\n');

  const parents = [onTop];
  const second = spec.mergeParent;
  const merged = second === undefined || (onTop !== spec.baseCommit && (await descends(onTop, second)));
  if (!merged) parents.push(second);

  if (tree === baseTree) {
    const unchanged = second === undefined || !merged;
    if (unchanged && onTop === spec.baseCommit) {
      for (const tip of await workspaceBranches(spec))
        if (await descends(tip, spec.baseCommit)) return { kind: 'committed', commit: tip };
    }
    if (unchanged) return { kind: 'unchanged' };
  }
  if (EMPTY_TREES.has(tree))
    return { kind: 'unusable', reason: 'The agent deleted every file of the repository' };
  if (second !== undefined || (await leftMerge(spec))) {
    const paths = await filesWithMarkers({
      workspace: spec.workspace,
      tree,
      parents: second === undefined ? [spec.baseCommit] : [spec.baseCommit, second],
      options,
    });
    if (paths.length > 0)
      return { kind: 'unusable', reason: `Conflict markers are left in ${paths.join(', ')}` };
  }
  if (merged && tree === headTree) return { kind: 'committed', commit: onTop };
  crashPoint('commit.before');
  const commit = await gitText('commit-tree', [tree, ...parents.flatMap((parent) => ['-p', parent])], {
    ...options,
    env: gitIdentity(spec),
    input: message(spec),
  });
  crashPoint('commit.after');
  return { kind: 'committed', commit };
};

/** Writes the commits that are new since the base, with the agent's branch, into the run directory. */
export const writeBundle = async (
  repository: WorkRepository,
  spec: AgentSpec,
  commit: string,
): Promise<void> => {
  // The ref is the runner's own, in a repository that no other process uses.
  const ref = `refs/heads/${spec.branch}`;
  await mkdir(dirname(join(repository.directory, ref)), { recursive: true });
  await writeFile(join(repository.directory, ref), `${commit}\n`);
  const bundle = join(spec.runDirectory, BUNDLE_NAME);
  const known = [spec.baseCommit, ...(spec.mergeParent === undefined ? [] : [spec.mergeParent])];
  await git(
    'bundle',
    ['create', '--quiet', `${bundle}.tmp`, ref, ...known.map((sha) => `^${sha}`)],
    repository.options,
  );
  await rename(`${bundle}.tmp`, bundle);
};

/** Is the workspace still a directory, and not a link to somewhere else? Made anew when it is gone. */
export const restoreWorkspace = async (spec: AgentSpec): Promise<boolean> => {
  await mkdir(spec.workspace, { recursive: true }).catch(() => undefined);
  return lstat(spec.workspace).then(
    (stat) => stat.isDirectory(),
    () => false,
  );
};
