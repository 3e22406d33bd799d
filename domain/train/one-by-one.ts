/**
 * How a red batch was taken apart before there was bisection: branch by branch from the last green tip. Kept for
 * swarms that began then; their histories replay with it. Nothing here may change.
 */
import type { VerifyResult } from './integration.ts';
import type { Landing } from '../swarm/swarm.ts';
import { inTrouble, redTrouble, without, type Batch, type MergeTrain, type TrainStep } from './state.ts';
import type { RedResult } from './bisection.ts';

/** What of the batch is being verified or may land. */
const inQuestion = (batch: Batch): { merged: readonly Landing[]; tip: string } => {
  const single = batch.at === undefined ? undefined : batch.merged[batch.at];
  return single === undefined ? batch : { merged: [single], tip: single.mergeCommit };
};

export const stepOneByOne = (train: MergeTrain, batch: Batch): TrainStep => {
  const { merged, tip } = inQuestion(batch);
  if (batch.green) return { kind: 'land', to: tip, merged };
  if (batch.red !== undefined) return { kind: 'verifyBase', commit: train.base };
  return { kind: 'verify', probes: [{ commit: tip, taskIds: merged.map((branch) => branch.taskId) }] };
};

const blame = (train: MergeTrain, batch: Batch, red: RedResult): MergeTrain => {
  const guilty = inQuestion(batch).merged[0];
  const branch = batch.branches.find((one) => one.taskId === guilty?.taskId);
  // What comes after it in the batch is ready again and merged without it.
  const rest = without(train, 'batch');
  if (guilty === undefined || branch === undefined) return rest;
  return inTrouble(rest, branch, redTrouble(train, red, guilty.mergeCommit));
};

export const verifiedOneByOne = (train: MergeTrain, batch: Batch, result: VerifyResult): MergeTrain => {
  if (result.ok) return { ...train, batch: { ...batch, green: true } };
  if (batch.at === undefined && batch.merged.length > 1) return { ...train, batch: { ...batch, at: 0 } };
  return train.baseResult === undefined
    ? { ...train, batch: { ...batch, red: result } }
    : blame(train, batch, result);
};

export const baseVerifiedOneByOne = (train: MergeTrain, batch: Batch): MergeTrain =>
  batch.red === undefined ? train : blame(train, batch, batch.red);

export const landedOneByOne = (train: MergeTrain, batch: Batch): MergeTrain => {
  const { tip } = inQuestion(batch);
  const at = (batch.at ?? batch.merged.length) + 1;
  const next = { ...without(train, 'batch', 'repair'), tip };
  return at < batch.merged.length ? { ...next, batch: { ...batch, at, green: false } } : next;
};
