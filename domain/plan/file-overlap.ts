/**
 * Which tasks that may run at the same time expect to change the same files. Works on what plans say (`files`:
 * paths, directories and globs), before any agent has run; what branches really share is the merge matrix.
 */
import { orderedPairs, topologicalOrder } from './graph.ts';
import type { Task } from './plan.ts';

/** Comparisons of one pattern with another; a plan of 10,000 tasks that own one path each needs few. */
const COMPARISONS = 500_000;

export interface FileOverlap {
  /** Two tasks or more, in the plan's order, some of which may run at the same time. */
  readonly taskIds: readonly string[];
  readonly paths: readonly string[];
}

const hasWildcard = (text: string): boolean => /[*?[{]/.test(text);

const normalised = (path: string): string => {
  const plain = path.replace(/^(\.\/)+/, '').replace(/\/{2,}/g, '/');
  return plain.endsWith('/') ? plain.slice(0, -1) : plain;
};

/** Could one name match both? Classes and alternatives are taken as "any text", so the answer errs to yes. */
const namesMeet = (a: string, b: string): boolean => {
  if (!hasWildcard(a) && !hasWildcard(b)) return a === b;
  const loose = (text: string): string => text.replace(/\[[^\]]*\]?|\{[^}]*\}?/g, '*').replace(/\*+/g, '*');
  const [left, right] = [loose(a), loose(b)];
  // Row by row: can the first i characters of `left` meet the first j of `right`?
  let row = Array.from({ length: right.length + 1 }, (_, j) => j === 0 || /^\*+$/.test(right.slice(0, j)));
  for (let i = 1; i <= left.length; i += 1) {
    const star = left[i - 1] === '*';
    const next = [star && row[0] === true];
    for (let j = 1; j <= right.length; j += 1) {
      const same = left[i - 1] === right[j - 1] || left[i - 1] === '?' || right[j - 1] === '?';
      next.push(
        star || right[j - 1] === '*' ? row[j] === true || next[j - 1] === true : same && row[j - 1] === true,
      );
    }
    row = next;
  }
  return row[right.length] === true;
};

/** Is it a directory rather than a file? Without a look at the repository, the name must tell. */
const isDirectory = (pattern: string): boolean => {
  const name = pattern.split('/').findLast((part) => part !== '') ?? '';
  return pattern.endsWith('/') || (!hasWildcard(name) && !name.slice(1).includes('.'));
};

/** A directory stands for all below it. */
const segmentsOf = (pattern: string): readonly string[] => {
  const parts = normalised(pattern).split('/');
  return isDirectory(pattern) ? [...parts, '**'] : parts;
};

/** Do the names that both begin with differ? Tells most pairs apart without a closer look. */
const beginDifferently = (left: readonly string[], right: readonly string[]): boolean => {
  for (let i = 0; i < Math.min(left.length, right.length); i += 1) {
    const [a = '', b = ''] = [left[i], right[i]];
    if (a === b) continue;
    return !hasWildcard(a) && !hasWildcard(b);
  }
  return false;
};

const segmentsMeet = (left: readonly string[], right: readonly string[]): boolean => {
  if (beginDifferently(left, right)) return false;
  const anyDepth = (part: string | undefined): boolean => part === '**';
  let row = Array.from({ length: right.length + 1 }, (_, j) => right.slice(0, j).every(anyDepth));
  for (let i = 1; i <= left.length; i += 1) {
    const deep = anyDepth(left[i - 1]);
    const next = [deep && row[0] === true];
    for (let j = 1; j <= right.length; j += 1)
      next.push(
        deep || anyDepth(right[j - 1])
          ? row[j] === true || next[j - 1] === true
          : row[j - 1] === true && namesMeet(left[i - 1] ?? '', right[j - 1] ?? ''),
      );
    row = next;
  }
  return row[right.length] === true;
};

/** Could one file match both? */
export const patternsMeet = (a: string, b: string): boolean => segmentsMeet(segmentsOf(a), segmentsOf(b));

/** The directories above `path`, nearest first. */
const directoriesAbove = (path: string): string[] => {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, parts.length - 1 - index).join('/'));
};

interface Group {
  readonly segments: readonly string[];
  /** Places in the plan of the tasks that name the pattern. */
  readonly owners: Set<number>;
  /** Places of those that name something that it meets. */
  readonly others: Set<number>;
}

const groupByPattern = (
  tasks: readonly Task[],
): { readonly groups: ReadonlyMap<string, Group>; readonly complete: boolean } => {
  const groups = new Map<string, Group>();
  for (const [index, task] of tasks.entries())
    for (const path of task.files) {
      const pattern = normalised(path);
      const group = groups.get(pattern) ?? {
        segments: segmentsOf(path),
        owners: new Set(),
        others: new Set(),
      };
      group.owners.add(index);
      groups.set(pattern, group);
    }
  const meet = (group: Group, other: Group): void => {
    for (const index of other.owners) if (!group.owners.has(index)) group.others.add(index);
  };
  const globs = [...groups].filter(([pattern]) => hasWildcard(pattern));
  const placeOfGlob = new Map(globs.map(([pattern], place) => [pattern, place]));
  for (const [pattern, group] of groups) {
    if (hasWildcard(pattern)) continue;
    for (const directory of directoriesAbove(pattern)) {
      const above = groups.get(directory);
      if (above !== undefined) meet(above, group);
    }
  }
  let left = COMPARISONS;
  for (const [place, [, group]] of globs.entries()) {
    for (const [pattern, other] of groups) {
      // A pair of globs is looked at once, from the earlier of the two.
      if ((placeOfGlob.get(pattern) ?? Infinity) <= place) continue;
      if (left === 0) return { groups, complete: false };
      left -= 1;
      if (segmentsMeet(group.segments, other.segments)) meet(group, other);
    }
  }
  return { groups, complete: true };
};

/**
 * Overlaps between tasks of which neither waits for the other.
 * @returns `complete: false` when there were too many globs to compare them all
 */
export const fileOverlaps = (
  tasks: readonly Task[],
): { readonly overlaps: readonly FileOverlap[]; readonly complete: boolean } => {
  const { groups, complete } = groupByPattern(tasks);
  const shared = [...groups].filter(([, group]) => group.owners.size + group.others.size > 1);
  if (shared.length === 0) return { overlaps: [], complete };
  const ordered = orderedPairs(tasks);
  const turn = new Map(topologicalOrder(tasks).map((id, place) => [id, place]));
  const idAt = (index: number): string => tasks[index]?.id ?? '';
  const byTasks = new Map<string, { readonly taskIds: readonly string[]; readonly paths: string[] }>();
  for (const [pattern, group] of shared) {
    const parallel = new Set<number>();
    const compare = (a: number, b: number): void => {
      if (!ordered(idAt(a), idAt(b))) parallel.add(a).add(b);
    };
    // Tasks that all name one path are in sequence exactly when each is in sequence with the next one.
    const inSequence = [...group.owners].sort((a, b) => (turn.get(idAt(a)) ?? 0) - (turn.get(idAt(b)) ?? 0));
    for (const [at, owner] of inSequence.entries()) {
      const next = inSequence[at + 1];
      if (next !== undefined) compare(owner, next);
      for (const other of [...group.others].slice(0, 1_000)) compare(owner, other);
    }
    if (parallel.size === 0) continue;
    const taskIds = [...parallel].sort((a, b) => a - b).map(idAt);
    const key = taskIds.join(' ');
    const known = byTasks.get(key) ?? { taskIds, paths: [] };
    known.paths.push(pattern);
    byTasks.set(key, known);
  }
  return { overlaps: [...byTasks.values()], complete };
};
