/**
 * The merge chain: branches merged one after the other as objects in the hub, without a checkout. Same input, same
 * commits: dates and names come from what is merged, so a repeated merge finds its own objects again.
 */
import type { BranchTip, MergeConflict, MergedBranch, MergeResult } from '../../domain/train/integration.ts';
import { mergeOrder } from '../../domain/train/merge-order.ts';
import { putArtifact } from '../../store/artifacts.ts';
import { crashPoint } from '../../store/crash-point.ts';
import type { SwarmDirectory } from '../../store/home.ts';
import { analyse } from './analyse.ts';
import { git } from './git.ts';
import { openHub } from './hub.ts';
import { commitTree, factsOf, mergeTrees, pathsOf, type Hub } from './merge-objects.ts';
import { mergeMessage, tasksTouching } from './train-log.ts';

const PATHS_SHOWN = 50;

interface MergeRequest {
  readonly tip: string;
  readonly branches: readonly BranchTip[];
  readonly landed: readonly BranchTip[];
}

export const mergeBranches = async (swarm: SwarmDirectory, request: MergeRequest): Promise<MergeResult> => {
  const { tip, landed } = request;
  // By name, so that the matrix is the same artifact however the branches came.
  const branches = request.branches.toSorted((a, b) => (a.taskId < b.taskId ? -1 : 1));
  const nothing = { base: tip, branches: [], pairs: [] };
  if (branches.length === 0)
    return { tip, merged: [], conflicts: [], matrixKey: await putArtifact(swarm, nothing) };
  const hub = await openHub(swarm.hub);
  const { matrix, pairs } = await analyse(hub, tip, branches);
  const matrixKey = await putArtifact(swarm, matrix);
  const commits = branches.map((branch) => branch.commit);
  const [facts, contained] = await Promise.all([
    factsOf(hub, [tip, ...commits]),
    containment(hub, tip, commits),
  ]);

  const byId = new Map(branches.map((branch) => [branch.taskId, branch]));
  const merged: MergedBranch[] = [];
  const conflicts: MergeConflict[] = [];
  const left = new Set<string>();
  let current = tip;
  let date = facts.get(tip)?.date ?? 0;
  let queue = mergeOrder(branches, { pairs });
  for (let next = queue[0]; next !== undefined; next = queue[0]) {
    const { taskId, reason, lands } = next;
    queue = queue.slice(1);
    const branch = byId.get(taskId);
    if (branch === undefined) continue;
    const { commit } = branch;
    // It contains what it builds on, and would bring that in by the back door.
    const blockedBy = branch.dependsOn.filter((id) => left.has(id));
    if (blockedBy.length > 0) {
      left.add(taskId);
      conflicts.push({ taskId, commit, paths: [], withTasks: blockedBy, after: merged.length });
      continue;
    }
    if (!contained.has(commit)) {
      const merge = await mergeTrees(hub, current, commit);
      if (!merge.clean) {
        left.add(taskId);
        const paths = pathsOf(merge.conflicts);
        const known = new Set([...merged, ...landed].map((other) => other.taskId));
        const touching = await tasksTouching(hub, commit, current, paths.slice(0, PATHS_SHOWN));
        const withTasks = touching.filter((id) => known.has(id)).slice(0, PATHS_SHOWN);
        conflicts.push({
          taskId,
          commit,
          paths: paths.slice(0, PATHS_SHOWN),
          withTasks,
          after: merged.length,
        });
        // Clean with each of the others, and yet not with all of them: without it, others may land.
        if (lands) {
          const rest = queue.flatMap((one) => byId.get(one.taskId) ?? []);
          queue = mergeOrder(rest, { pairs }, new Set(merged.map((one) => one.taskId)));
        }
        continue;
      }
      date = Math.max(date, facts.get(commit)?.date ?? 0);
      const message = mergeMessage(taskId, facts.get(commit)?.subject ?? '');
      current = await commitTree(hub, { tree: merge.tree, parents: [current, commit], message, date });
      contained.add(commit);
    }
    merged.push({ taskId, mergeCommit: current, reason });
  }
  crashPoint('merge.after');
  return { tip: current, merged, conflicts, matrixKey };
};

interface Containment {
  /** Is the commit part of the train already? A second merge commit would land it twice. */
  readonly has: (commit: string) => boolean;
  readonly add: (commit: string) => void;
}

const containment = async (hub: Hub, tip: string, commits: readonly string[]): Promise<Containment> => {
  const { stdout } = await git('rev-list', ['--parents', '--stdin'], {
    ...hub,
    input: [...new Set(commits), `^${tip}`].map((name) => `${name}\n`).join(''),
  });
  const missing = new Map(
    stdout
      .toString('utf8')
      .split('\n')
      .map((line) => {
        const [commit = '', ...parents] = line.split(' ');
        return [commit, parents] as const;
      }),
  );
  return {
    has: (commit) => !missing.has(commit),
    add: (commit) => {
      const open = [commit];
      for (let next = open.pop(); next !== undefined; next = open.pop()) {
        open.push(...(missing.get(next) ?? []));
        missing.delete(next);
      }
    },
  };
};
