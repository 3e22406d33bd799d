/**
 * The merge chain: branches merged one after the other as objects in the hub, without a checkout. Same input, same
 * commits: dates and names come from what is merged, so a repeated merge finds its own objects again.
 */
import { cap } from '../../domain/failures.ts';
import type { BranchTip, MergeConflict, MergedBranch, MergeResult } from '../../domain/integration.ts';
import { mergeOrder } from '../../domain/merge-order.ts';
import { crashPoint } from '../../store/crash-point.ts';
import { putArtifact } from '../../store/artifacts.ts';
import type { SwarmDirectory } from '../../store/home.ts';
import { analyse } from './analyse.ts';
import { changesSince } from './changes.ts';
import { git, gitText } from './git.ts';

const PATHS_SHOWN = 50;

interface MergeRequest {
  readonly tip: string;
  readonly branches: readonly BranchTip[];
  readonly landed: readonly BranchTip[];
  readonly signal?: AbortSignal;
}

export const mergeBranches = async (swarm: SwarmDirectory, request: MergeRequest): Promise<MergeResult> => {
  const { tip, landed, signal } = request;
  // By name, so that the matrix is the same artifact however the branches came.
  const branches = request.branches.toSorted((a, b) => (a.taskId < b.taskId ? -1 : 1));
  if (branches.length === 0)
    return {
      tip,
      merged: [],
      conflicts: [],
      matrixKey: await putArtifact(swarm, { base: tip, branches: [], pairs: [] }),
    };
  const { matrix, paths } = await analyse(swarm.hub, tip, branches, signal);
  const matrixKey = await putArtifact(swarm, matrix);
  const byId = new Map(branches.map((branch) => [branch.taskId, branch]));
  const merged: MergedBranch[] = [];
  const conflicts: Omit<MergeConflict, 'withTasks'>[] = [];
  let current = tip;
  for (const { taskId, reason } of mergeOrder(branches, matrix)) {
    const branch = byId.get(taskId);
    if (branch === undefined) continue;
    const outcome = await mergeOne(swarm.hub, current, branch, signal);
    if (outcome.kind === 'conflict') conflicts.push({ taskId, commit: branch.commit, paths: outcome.paths });
    else {
      merged.push({ taskId, mergeCommit: outcome.commit, reason });
      current = outcome.commit;
    }
  }
  crashPoint('merge.after');
  const mergedIds = new Set(merged.map((branch) => branch.taskId));
  const inTrain = [
    ...branches.flatMap((branch) =>
      mergedIds.has(branch.taskId) ? [{ taskId: branch.taskId, paths: paths.get(branch.taskId) }] : [],
    ),
    ...(conflicts.length === 0 ? [] : await pathsOfLanded(swarm.hub, matrix.base, landed, signal)),
  ];
  return {
    tip: current,
    merged,
    matrixKey,
    conflicts: conflicts.map((conflict) => ({
      ...conflict,
      paths: conflict.paths.slice(0, PATHS_SHOWN),
      withTasks: inTrain
        .filter((other) => conflict.paths.some((path) => other.paths?.has(path) === true))
        .map((other) => other.taskId)
        .slice(0, PATHS_SHOWN),
    })),
  };
};

const pathsOfLanded = async (
  hub: string,
  base: string,
  landed: readonly BranchTip[],
  signal?: AbortSignal,
): Promise<readonly { readonly taskId: string; readonly paths: ReadonlySet<string> }[]> => {
  if (landed.length === 0) return [];
  const changes = await changesSince(
    hub,
    base,
    landed.map((branch) => branch.commit),
    signal,
  );
  return landed.map((branch) => ({
    taskId: branch.taskId,
    paths: new Set(changes.get(branch.commit)?.map((change) => change.path)),
  }));
};

type MergeOutcome =
  | { readonly kind: 'merged'; readonly commit: string }
  | { readonly kind: 'conflict'; readonly paths: readonly string[] };

const mergeOne = async (
  hub: string,
  tip: string,
  branch: BranchTip,
  signal?: AbortSignal,
): Promise<MergeOutcome> => {
  const options = { cwd: hub, ...(signal === undefined ? {} : { signal }) };
  const { code, stdout } = await git(
    'merge-tree',
    ['--write-tree', '--name-only', '--no-messages', '-z', tip, branch.commit],
    { ...options, okCodes: [0, 1] },
  );
  const [tree = '', ...paths] = stdout.toString('utf8').split('\0');
  if (code === 1) return { kind: 'conflict', paths: [...new Set(paths.filter((path) => path !== ''))] };
  const [tipTree = ''] = await treeAndDate(hub, tip, signal);
  // Already part of the train: nothing to merge, and a second merge commit would land it twice.
  if (tree === tipTree && (await isAncestor(hub, branch.commit, tip, signal)))
    return { kind: 'merged', commit: tip };
  const [, date = ''] = await treeAndDate(hub, branch.commit, signal);
  const commit = await gitText('commit-tree', [tree, '-p', tip, '-p', branch.commit], {
    ...options,
    input: `Merge task ${branch.taskId}\n`,
    env: { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
  });
  return { kind: 'merged', commit };
};

/** Tree of a commit, and its committer date in the form that git takes (`@<seconds> +0000`). */
const treeAndDate = async (hub: string, commit: string, signal?: AbortSignal): Promise<readonly string[]> => {
  const line = await gitText('show', ['-s', '--no-show-signature', '--format=%T %ct', commit], {
    cwd: hub,
    ...(signal === undefined ? {} : { signal }),
  });
  const [tree = '', seconds = '0'] = cap(line, 200).split(' ');
  return [tree, `@${seconds} +0000`];
};

export const isAncestor = async (
  hub: string,
  ancestor: string,
  commit: string,
  signal?: AbortSignal,
): Promise<boolean> => {
  const { code } = await git('merge-base', ['--is-ancestor', ancestor, commit], {
    cwd: hub,
    okCodes: [0, 1],
    ...(signal === undefined ? {} : { signal }),
  });
  return code === 0;
};
