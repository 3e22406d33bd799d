/**
 * The order in which finished branches are merged. Facts in, order with reasons out; what the facts are and how
 * they are found is `activities/git/analyse.ts`.
 *
 * Dependencies come first. Among the branches that are free to land, the one with the fewest real conflicts with
 * what is still to come goes next, then least overlap of hunks, then of files, then the more urgent, then by name.
 * After each pick the rest is counted anew. A branch that conflicts with one that has already been picked cannot
 * land cleanly any more, so it goes to the end and no longer counts against the others: that is what makes many
 * branches land, instead of few unlucky ones blocking them.
 */
import type { BranchTip, MergeMatrix, OrderedBranch, PairFacts } from './integration.ts';

interface Candidate {
  readonly tip: BranchTip;
  readonly pairs: Map<string, PairFacts>;
  /** Ids of branches of this call that must come before and are not placed yet. */
  readonly waitsFor: Set<string>;
  /** A branch that is already placed and conflicts with this one. */
  blockedBy: string | undefined;
}

interface Counts {
  readonly conflicts: number;
  readonly hunks: number;
  readonly files: number;
}

export const mergeOrder = (
  branches: readonly BranchTip[],
  matrix: Pick<MergeMatrix, 'pairs'>,
): readonly OrderedBranch[] => {
  const open = candidates(branches, matrix);
  const order: OrderedBranch[] = [];
  while (open.size > 0) {
    const next = pick(open);
    open.delete(next.candidate.tip.taskId);
    order.push({ taskId: next.candidate.tip.taskId, reason: reasonFor(next.candidate, next.counts) });
    settle(open, next.candidate);
  }
  return order;
};

const candidates = (
  branches: readonly BranchTip[],
  matrix: Pick<MergeMatrix, 'pairs'>,
): Map<string, Candidate> => {
  const ids = new Set(branches.map((branch) => branch.taskId));
  const open = new Map<string, Candidate>(
    branches
      .toSorted((a, b) => compareText(a.taskId, b.taskId))
      .map((tip) => [
        tip.taskId,
        {
          tip,
          pairs: new Map<string, PairFacts>(),
          waitsFor: new Set(tip.dependsOn.filter((id) => id !== tip.taskId && ids.has(id))),
          blockedBy: undefined,
        },
      ]),
  );
  for (const pair of matrix.pairs) {
    if (pair.a === pair.b) continue;
    open.get(pair.a)?.pairs.set(pair.b, pair);
    open.get(pair.b)?.pairs.set(pair.a, pair);
  }
  return open;
};

/** The best of those that wait for nothing. In a cycle (a plan has none) the best of all, so that none is lost. */
const pick = (open: ReadonlyMap<string, Candidate>): { candidate: Candidate; counts: Counts } => {
  const all = [...open.values()];
  const free = all.filter((candidate) => candidate.waitsFor.size === 0);
  const [first, ...rest] = (free.length > 0 ? free : all).map((candidate) => ({
    candidate,
    counts: count(candidate, open),
  }));
  if (first === undefined) throw new Error('There is nothing left to pick');
  return rest.reduce((best, other) => (compare(other, best) < 0 ? other : best), first);
};

const count = (candidate: Candidate, open: ReadonlyMap<string, Candidate>): Counts => {
  let conflicts = 0;
  let hunks = 0;
  let files = 0;
  for (const [id, pair] of candidate.pairs) {
    const other = open.get(id);
    if (other === undefined || other.blockedBy !== undefined) continue;
    if (pair.conflictPaths.length > 0) conflicts += 1;
    hunks += pair.overlappingHunks;
    files += pair.sharedPaths.length;
  }
  return { conflicts, hunks, files };
};

type Counted = { readonly candidate: Candidate; readonly counts: Counts };

const compare = (a: Counted, b: Counted): number =>
  Number(a.candidate.blockedBy !== undefined) - Number(b.candidate.blockedBy !== undefined) ||
  a.counts.conflicts - b.counts.conflicts ||
  a.counts.hunks - b.counts.hunks ||
  a.counts.files - b.counts.files ||
  a.candidate.tip.priority - b.candidate.tip.priority ||
  compareText(a.candidate.tip.taskId, b.candidate.tip.taskId);

const settle = (open: ReadonlyMap<string, Candidate>, placed: Candidate): void => {
  const id = placed.tip.taskId;
  for (const other of open.values()) {
    other.waitsFor.delete(id);
    // What was itself pushed to the end may never land, so it pushes nothing.
    if (placed.blockedBy === undefined && (other.pairs.get(id)?.conflictPaths.length ?? 0) > 0)
      other.blockedBy ??= id;
  }
};

const reasonFor = (candidate: Candidate, counts: Counts): string => {
  const after =
    candidate.tip.dependsOn.length > 0 ? `after what it builds on (${list(candidate.tip.dependsOn)}); ` : '';
  if (candidate.blockedBy !== undefined)
    return `${after}last, because it conflicts with ${candidate.blockedBy}`;
  if (counts.conflicts > 0)
    return `${after}conflicts with ${counts.conflicts} still to come, no other with fewer`;
  if (counts.hunks > 0) return `${after}no conflict, ${counts.hunks} overlapping hunks with those to come`;
  if (counts.files > 0) return `${after}no conflict, ${counts.files} paths in common with those to come`;
  return `${after}nothing in common with those to come`;
};

const list = (ids: readonly string[]): string =>
  ids.length <= 5 ? ids.join(', ') : `${ids.slice(0, 5).join(', ')} and ${ids.length - 5} more`;

/** By code unit, so that the order is the same on every machine. */
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
