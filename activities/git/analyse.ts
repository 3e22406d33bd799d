/**
 * What finished branches have in common, found on objects in the hub before anything is merged. Only pairs that
 * could meet (a path in common, a file where the other has a directory, a moved directory that the other adds to)
 * are tried; all of these in one process.
 */
import type { BranchTip, MergeMatrix, PairFacts } from '../../domain/integration.ts';
import { changesSince, overlappingHunks, type FileChange } from './changes.ts';
import { git, gitText } from './git.ts';

const PATHS_SHOWN = 20;

/** The matrix, and which paths each branch changes. */
export interface Analysis {
  readonly matrix: MergeMatrix;
  readonly paths: ReadonlyMap<string, ReadonlySet<string>>;
}

export const analyse = async (
  hub: string,
  tip: string,
  branches: readonly BranchTip[],
  signal?: AbortSignal,
): Promise<Analysis> => {
  const commits = branches.map((branch) => branch.commit);
  const options = { cwd: hub, ...(signal === undefined ? {} : { signal }) };
  const base = await gitText('merge-base', ['--octopus', tip, ...commits], options);
  const changes = await changesSince(hub, base, commits, signal);
  const changesOf = (branch: BranchTip): readonly FileChange[] => changes.get(branch.commit) ?? [];
  const pairs = candidatePairs(branches, changesOf);
  const conflicts = await conflictsOf(hub, pairs, signal);
  return {
    paths: new Map(
      branches.map((branch) => [branch.taskId, new Set(changesOf(branch).map((change) => change.path))]),
    ),
    matrix: {
      base,
      branches: branches.map((branch) => ({
        taskId: branch.taskId,
        commit: branch.commit,
        files: changesOf(branch).length,
        insertions: sum(changesOf(branch), (change) => change.insertions),
        deletions: sum(changesOf(branch), (change) => change.deletions),
      })),
      pairs: pairs.map(([a, b], index) => pairFacts(a, b, changesOf, conflicts[index] ?? [])),
    },
  };
};

type Pair = readonly [BranchTip, BranchTip];

const candidatePairs = (
  branches: readonly BranchTip[],
  changesOf: (branch: BranchTip) => readonly FileChange[],
): readonly Pair[] => {
  const ancestors = ancestry(branches);
  const tips = branches.map((branch) => ({ branch, meets: meetingPoints(changesOf(branch)) }));
  const pairs: Pair[] = [];
  tips.forEach((a, index) => {
    for (const b of tips.slice(index + 1)) {
      // A branch contains what it builds on; the two cannot conflict.
      const related = ancestors(a.branch).has(b.branch.taskId) || ancestors(b.branch).has(a.branch.taskId);
      if (!related && canMeet(a.meets, b.meets)) pairs.push([a.branch, b.branch]);
    }
  });
  return pairs;
};

/** Ids of all branches that a branch builds on, directly or not. */
const ancestry = (branches: readonly BranchTip[]): ((branch: BranchTip) => ReadonlySet<string>) => {
  const byId = new Map(branches.map((branch) => [branch.taskId, branch]));
  const known = new Map<string, ReadonlySet<string>>();
  return (branch) => {
    const before = known.get(branch.taskId);
    if (before !== undefined) return before;
    const found = new Set<string>();
    const open = [...branch.dependsOn];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (found.has(id)) continue;
      found.add(id);
      open.push(...(byId.get(id)?.dependsOn ?? []));
    }
    known.set(branch.taskId, found);
    return found;
  };
};

interface MeetingPoints {
  readonly paths: ReadonlySet<string>;
  /** Directories above added files: a file of that name elsewhere is a conflict. */
  readonly addedBelow: ReadonlySet<string>;
  /** Directories that files were moved out of: git moves what the other side adds there. */
  readonly movedFrom: ReadonlySet<string>;
}

const meetingPoints = (changes: readonly FileChange[]): MeetingPoints => {
  const added = changes.filter((change) => change.kind === 'added');
  const deleted = changes.filter((change) => change.kind === 'deleted');
  return {
    paths: new Set(changes.map((change) => change.path)),
    addedBelow: new Set(added.flatMap((change) => directoriesAbove(change.path))),
    movedFrom: new Set(added.length === 0 ? [] : deleted.flatMap((change) => directoriesAbove(change.path))),
  };
};

const directoriesAbove = (path: string): readonly string[] => {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
};

const canMeet = (a: MeetingPoints, b: MeetingPoints): boolean =>
  !a.paths.isDisjointFrom(b.paths) ||
  !a.paths.isDisjointFrom(b.addedBelow) ||
  !a.addedBelow.isDisjointFrom(b.paths) ||
  !a.movedFrom.isDisjointFrom(b.addedBelow) ||
  !a.addedBelow.isDisjointFrom(b.movedFrom);

/** The paths that git could not merge, for each pair. */
const conflictsOf = async (
  hub: string,
  pairs: readonly Pair[],
  signal?: AbortSignal,
): Promise<readonly (readonly string[])[]> => {
  if (pairs.length === 0) return [];
  const { stdout } = await git(
    'merge-tree',
    ['--write-tree', '--stdin', '--name-only', '--no-messages', '-z'],
    {
      cwd: hub,
      input: pairs.map(([a, b]) => `${a.commit} ${b.commit}\n`).join(''),
      ...(signal === undefined ? {} : { signal }),
    },
  );
  return parseMerges(stdout.toString('utf8'));
};

/** `<1 when clean>\0<tree>\0<path>\0…\0`, once for each line of input. */
const parseMerges = (text: string): readonly (readonly string[])[] => {
  const fields = text.split('\0');
  const merges: string[][] = [];
  let index = 0;
  while (index + 2 < fields.length) {
    const clean = fields[index] === '1';
    index += 2;
    const paths = new Set<string>();
    for (; index < fields.length && fields[index] !== ''; index += 1) paths.add(fields[index] ?? '');
    index += 1;
    merges.push(clean ? [] : [...paths]);
  }
  return merges;
};

const pairFacts = (
  a: BranchTip,
  b: BranchTip,
  changesOf: (branch: BranchTip) => readonly FileChange[],
  conflictPaths: readonly string[],
): PairFacts => {
  const others = new Map(changesOf(b).map((change) => [change.path, change]));
  const shared = changesOf(a).flatMap((mine) => {
    const theirs = others.get(mine.path);
    return theirs === undefined
      ? []
      : [{ path: mine.path, hunks: overlappingHunks(mine.hunks, theirs.hunks) }];
  });
  return {
    a: a.taskId,
    b: b.taskId,
    sharedPaths: shared.slice(0, PATHS_SHOWN).map(({ path }) => path),
    overlappingHunks: sum(shared, ({ hunks }) => hunks),
    conflictPaths: conflictPaths.slice(0, PATHS_SHOWN),
  };
};

const sum = <T>(items: readonly T[], value: (item: T) => number): number =>
  items.reduce((total, item) => total + value(item), 0);
