/**
 * What finished branches have in common, found on objects in the hub before anything is merged. Pairs that cannot
 * meet are not looked at; pairs whose hunks keep apart merge cleanly by the rules of git's merge; all the others
 * are tried, in one process.
 */
import { transitiveDependents } from '../../domain/plan/graph.ts';
import type { BranchTip, MergeMatrix, PairFacts } from '../../domain/train/integration.ts';
import { changesSince, hunksOf, overlappingHunks, type FileChange, type Hunk } from './changes.ts';
import { gitText } from './git.ts';
import { meetByName, meetingPoints, type MeetingPoints } from './meeting-points.ts';
import { shownPath, tryMerges, type Hub } from './merge-objects.ts';

const PATHS_SHOWN = 20;
/** Of the matrix that is kept; those that matter most come first. */
const PAIRS_KEPT = 5_000;
/** Some ten seconds. Beyond, the pairs with the least overlap are taken to be clean; the merge itself finds out. */
const PAIRS_TRIED = 3_000;

/** All pairs, and of these the matrix as it is kept. */
export interface Analysis {
  readonly matrix: MergeMatrix;
  readonly pairs: readonly PairFacts[];
}

export const analyse = async (hub: Hub, tip: string, branches: readonly BranchTip[]): Promise<Analysis> => {
  const commits = branches.map((branch) => branch.commit);
  const base = await gitText('merge-base', ['--octopus', tip, ...new Set(commits)], hub);
  const changes = await changesSince(hub, base, commits);
  const changesOf = (branch: BranchTip): readonly FileChange[] => changes.get(branch.commit) ?? [];
  const met = meetings(branches, changesOf);
  const contested = new Set(met.flatMap(({ shared }) => shared.flatMap(([a, b]) => contestedPath(a, b))));
  const hunks = contested.size === 0 ? new Map() : await hunksOf(hub, base, commits, [...contested]);
  const pairs = await findConflicts(hub, met, hunks);
  const kept = pairs.toSorted(
    (x, y) => y.conflictPaths.length - x.conflictPaths.length || y.overlappingHunks - x.overlappingHunks,
  );
  return {
    pairs,
    matrix: {
      base,
      branches: branches.map((branch) => ({
        taskId: branch.taskId,
        commit: branch.commit,
        files: changesOf(branch).length,
        insertions: sum(changesOf(branch), (change) => change.insertions),
        deletions: sum(changesOf(branch), (change) => change.deletions),
      })),
      pairs: kept.slice(0, PAIRS_KEPT),
    },
  };
};

interface Meeting {
  readonly a: BranchTip;
  readonly b: BranchTip;
  readonly shared: readonly (readonly [FileChange, FileChange])[];
  readonly byName: boolean;
}

const meetings = (
  branches: readonly BranchTip[],
  changesOf: (branch: BranchTip) => readonly FileChange[],
): readonly Meeting[] => {
  const nodes = branches.map(({ taskId, dependsOn }) => ({ id: taskId, dependsOn }));
  const tips = branches.map((branch) => ({
    branch,
    points: meetingPoints(changesOf(branch)),
    // A branch contains what it builds on; the two cannot conflict.
    dependents: transitiveDependents(nodes, [branch.taskId]),
  }));
  const found: Meeting[] = [];
  tips.forEach((a, index) => {
    for (const b of tips.slice(index + 1)) {
      if (a.dependents.has(b.branch.taskId) || b.dependents.has(a.branch.taskId)) continue;
      const shared = sharedChanges(a.points, b.points);
      const byName = meetByName(a.points, b.points);
      if (shared.length > 0 || byName) found.push({ a: a.branch, b: b.branch, shared, byName });
    }
  });
  return found;
};

const sharedChanges = (
  a: MeetingPoints,
  b: MeetingPoints,
): readonly (readonly [FileChange, FileChange])[] => {
  const [few, many, swapped] = a.changes.size <= b.changes.size ? [a, b, false] : [b, a, true];
  const shared: (readonly [FileChange, FileChange])[] = [];
  for (const [path, one] of few.changes) {
    const other = many.changes.get(path);
    if (other !== undefined) shared.push(swapped ? [other, one] : [one, other]);
  }
  return shared;
};

const contestedPath = (a: FileChange, b: FileChange): readonly string[] =>
  a.plain && b.plain && a.content !== b.content ? [a.path] : [];

/** Overlapping hunks; undefined when that is no matter of hunks, as for what is not text or was deleted. */
const overlapOf = (
  [a, b]: readonly [FileChange, FileChange],
  hunks: ReadonlyMap<string, readonly Hunk[]>,
): number | undefined => {
  if (a.content === b.content) return 0;
  const [ofA, ofB] = [hunks.get(a.content), hunks.get(b.content)];
  return a.plain && b.plain && ofA !== undefined && ofB !== undefined
    ? overlappingHunks(ofA, ofB)
    : undefined;
};

const findConflicts = async (
  hub: Hub,
  met: readonly Meeting[],
  hunks: ReadonlyMap<string, readonly Hunk[]>,
): Promise<readonly PairFacts[]> => {
  const weighed = met.map((meeting) => {
    const overlaps = meeting.shared.map((pair) => overlapOf(pair, hunks));
    const unclear = meeting.byName || overlaps.some((overlap) => overlap !== 0);
    return { meeting, unclear, overlap: sum(overlaps, (overlap) => overlap ?? 1) };
  });
  const tried = weighed
    .filter(({ unclear }) => unclear)
    .toSorted((x, y) => y.overlap - x.overlap)
    .slice(0, PAIRS_TRIED);
  const results = await tryMerges(
    hub,
    tried.map(({ meeting }) => [meeting.a.commit, meeting.b.commit]),
  );
  const conflicts = new Map(tried.map(({ meeting }, index) => [meeting, results[index]]));
  return weighed.map(({ meeting, overlap }) => ({
    a: meeting.a.taskId,
    b: meeting.b.taskId,
    sharedPaths: meeting.shared.slice(0, PATHS_SHOWN).map(([{ path }]) => shownPath(path)),
    overlappingHunks: overlap,
    conflictPaths: conflictPaths(meeting, conflicts.get(meeting)).slice(0, PATHS_SHOWN),
  }));
};

/** A conflict always has a path, if only one that both change. */
const conflictPaths = (meeting: Meeting, found: readonly string[] | undefined): readonly string[] => {
  if (found === undefined || found.length > 0) return found ?? [];
  return meeting.shared.slice(0, 1).map(([{ path }]) => shownPath(path));
};

const sum = <T>(items: readonly T[], value: (item: T) => number): number =>
  items.reduce((total, item) => total + value(item), 0);
