/**
 * Where an agent starts from: the base, the merged result of what the task builds on, or, for a fixing agent, the
 * tip that failed or the merge that stopped. Made of objects in the hub; the same input gives the same commits.
 */
import type { DependencyNote, FixRequest } from '../../domain/agents/agent.ts';
import { commitTree, factsOf, isAncestor, mergeTrees, pathsOf, type Hub } from './merge-objects.ts';
import type { WorkspaceRequest } from './workspace.ts';

export type StartingPoint =
  | {
      readonly kind: 'ready';
      readonly commit: string;
      /** The merge that stopped, for an agent that is to resolve it. */
      readonly merge?: WorkspaceRequest['merge'];
    }
  | { readonly kind: 'conflict'; readonly paths: readonly string[]; readonly reason?: string };

const PATHS_SHOWN = 50;

export const startingPoint = async (
  hub: Hub,
  task: {
    readonly baseCommit: string;
    readonly dependencies: readonly DependencyNote[];
    readonly fix?: FixRequest;
  },
): Promise<StartingPoint> => {
  if (task.fix === undefined) return mergeDependencies(hub, task.baseCommit, task.dependencies);
  if (task.fix.kind === 'conflict') return stoppedMerge(hub, task.fix);
  return { kind: 'ready', commit: task.fix.onto };
};

/** The merge of `dependency` into `tip`; what it comes to is a merge of both, or the paths and the reason. */
export type ResolveDependency = (
  tip: string,
  dependency: DependencyNote,
) => Promise<{ readonly commit: string } | { readonly paths: readonly string[]; readonly reason: string }>;

/** @param resolve what is tried on a conflict; nothing when absent, since that takes longer than git alone */
export const mergeDependencies = async (
  hub: Hub,
  baseCommit: string,
  dependencies: readonly DependencyNote[],
  resolve?: ResolveDependency,
): Promise<StartingPoint> => {
  let commit = baseCommit;
  for (const dependency of dependencies) {
    if (await isAncestor(hub, dependency.commit, commit)) continue;
    if (await isAncestor(hub, commit, dependency.commit)) {
      commit = dependency.commit;
      continue;
    }
    const merged = await mergeTrees(hub, commit, dependency.commit);
    if (!merged.clean) {
      const paths = pathsOf(merged.conflicts).slice(0, PATHS_SHOWN);
      const resolution = (await resolve?.(commit, dependency)) ?? { paths, reason: '' };
      if ('reason' in resolution) return { kind: 'conflict', ...resolution };
      commit = resolution.commit;
      continue;
    }
    commit = await commitTree(hub, {
      tree: merged.tree,
      parents: [commit, dependency.commit],
      message: `Merge task ${dependency.taskId}\n`,
      date: await latestDate(hub, [commit, dependency.commit]),
    });
  }
  return { kind: 'ready', commit };
};

const stoppedMerge = async (
  hub: Hub,
  fix: Extract<FixRequest, { kind: 'conflict' }>,
): Promise<StartingPoint> => {
  const { tree, conflicts } = await mergeTrees(hub, fix.onto, fix.commit);
  return {
    kind: 'ready',
    commit: fix.onto,
    merge: {
      commit: fix.commit,
      message: `Merge task ${fix.taskId}\n`,
      tree,
      entries: conflicts,
    },
  };
};

const latestDate = async (hub: Hub, commits: readonly string[]): Promise<number> =>
  Math.max(...[...(await factsOf(hub, commits)).values()].map((facts) => facts.date));
