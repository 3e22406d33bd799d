/**
 * How many branches the next batch has: all that are ready while culprits are rare, few where there are many, down
 * to one by one.
 */
import type { BranchTip } from './integration.ts';
import type { Batch, MergeTrain } from './state.ts';

type Caution = NonNullable<MergeTrain['caution']>;

/** One culprit is an accident; the second one tells how frequent they are. */
const ACCIDENT = 1;

/** Is there most likely a culprit in a red batch? */
export const isSuspicious = ({ caution }: MergeTrain): boolean => (caution?.culprits ?? 0) > ACCIDENT;

/** Half of the distance between culprits so far: in simulations the fewest verifications, from few bad to all bad. */
const limitOf = (train: MergeTrain): number => {
  const { base, tip, bisects, baseResult, caution } = train;
  // On a red base nothing can be told of more than one branch.
  if (bisects !== undefined && tip === base && baseResult !== undefined && baseResult !== 'green') return 1;
  if (caution === undefined || caution.culprits <= ACCIDENT) return Infinity;
  return Math.max(1, Math.round(caution.decided / caution.culprits / 2));
};

/**
 * A part of what is ready is the beginning of the last known order: there as in `ready`, what builds on others
 * comes after them, so that none is cut off from what it needs.
 */
export const nextBatch = (train: MergeTrain, ready: readonly BranchTip[]): readonly BranchTip[] => {
  const limit = limitOf(train);
  if (limit >= ready.length) return ready;
  const place = new Map((train.caution?.order ?? []).map((taskId, index) => [taskId, index]));
  const placeOf = ({ taskId }: BranchTip): number => place.get(taskId) ?? place.size;
  return ready.toSorted((a, b) => placeOf(a) - placeOf(b)).slice(0, limit);
};

/** The branch at this place of the chain was to blame. */
export const afterCulprit = (train: MergeTrain, batch: Batch, at: number): Caution =>
  after(train, batch, at + 1, 1);

/** All of the chain has landed. */
export const afterGreen = (train: MergeTrain, batch: Batch): Caution =>
  after(train, batch, batch.merged.length, 0);

const after = ({ caution }: MergeTrain, batch: Batch, decided: number, culprits: number): Caution => {
  const conflicts = batch.conflicts ?? [];
  const conflictsAfter = (count: number): string[] =>
    conflicts.filter(({ after = 0 }) => after === count).map(({ branch }) => branch.taskId);
  const order = [
    ...conflictsAfter(0),
    ...batch.merged.flatMap(({ taskId }, index) => [taskId, ...conflictsAfter(index + 1)]),
  ];
  const known = new Set(order);
  return {
    culprits: (caution?.culprits ?? 0) + culprits,
    decided: (caution?.decided ?? 0) + decided,
    order: [...order, ...(caution?.order ?? []).filter((taskId) => !known.has(taskId))],
  };
};
