/**
 * What the merge train does next. Ready branches are merged in one go and verified once; a red result is taken
 * apart branch by branch from the last green tip, and what is to blame waits at its gate while the rest lands.
 * Pure: the workflow does each step, tells its result, and asks again. Another way to take a red batch apart
 * (bisecting) changes `verified` alone.
 */
import type { FixRequest } from './agent.ts';
import type { BranchTip, MergeResult, VerifyResult, VerifyStep } from './integration.ts';
import type { Landing } from './swarm.ts';

/** Why a branch did not land. */
type Trouble =
  | { readonly kind: 'conflict'; readonly paths: readonly string[]; readonly withTasks: readonly string[] }
  | {
      readonly kind: 'build' | 'test';
      /** The merge that is red. */
      readonly onto: string;
      readonly command: string;
      readonly output: string;
      /** The swarm's base fails in the same step, so that the branch may not be to blame. */
      readonly baseIsRed: boolean;
    };

/** A branch that waits for an answer at its gate. */
export interface Parked {
  readonly branch: BranchTip;
  readonly trouble: Trouble;
  /** Fixing agents that have tried. */
  readonly fixes: number;
  /** What became of the last one. */
  readonly note: string;
  readonly decisionId?: string;
}

interface Batch {
  readonly branches: readonly BranchTip[];
  readonly merged: readonly Landing[];
  readonly tip: string;
  /** Position of the branch that is verified by itself; absent while the batch is verified as a whole. */
  readonly at?: number;
  /** What is verified may land. */
  readonly green: boolean;
  /** What is verified is red, and it is not known yet whether the base is. */
  readonly red?: RedResult;
}

/** An approved gate: the branch is tried again on the present tip, then fixed, then tried a last time. */
interface Repair extends Parked {
  /** What the person who approved it said. */
  readonly feedback?: string;
  readonly next: 'merge' | 'fix';
  readonly fixed: boolean;
}

/** Plain JSON. */
export interface MergeTrain {
  /** Where the swarm started. */
  readonly base: string;
  /** The last green tip. */
  readonly tip: string;
  /** Are there commands to verify with? */
  readonly verifies: boolean;
  readonly baseResult?: 'green' | VerifyStep;
  readonly batch?: Batch;
  readonly repair?: Repair;
  readonly parked: readonly Parked[];
}

type RedResult = Extract<VerifyResult, { ok: false }>;

export type TrainStep =
  | { readonly kind: 'merge'; readonly branches: readonly BranchTip[] }
  | { readonly kind: 'verify'; readonly commit: string; readonly taskIds: readonly string[] }
  | { readonly kind: 'verifyBase'; readonly commit: string }
  | { readonly kind: 'land'; readonly to: string; readonly merged: readonly Landing[] }
  | { readonly kind: 'fix'; readonly taskId: string; readonly request: FixRequest }
  /** Nothing is left but branches at their gates. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'done' };

export const newMergeTrain = (base: string, verifies: boolean): MergeTrain => ({
  base,
  tip: base,
  verifies,
  parked: [],
});

/** Branches that are neither landed nor to be offered to `nextStep` as ready. */
export const heldTasks = (train: MergeTrain): ReadonlySet<string> =>
  new Set([...train.parked, ...(train.repair === undefined ? [] : [train.repair])].map(taskOf));

const taskOf = (parked: Parked): string => parked.branch.taskId;

const fixRequest = (repair: Repair, tip: string): FixRequest => {
  const { branch, trouble } = repair;
  return trouble.kind === 'conflict'
    ? {
        kind: 'conflict',
        taskId: branch.taskId,
        commit: branch.commit,
        onto: tip,
        paths: trouble.paths,
        withTasks: trouble.withTasks,
      }
    : {
        kind: trouble.kind,
        onto: trouble.onto,
        command: trouble.command,
        output: trouble.output,
        taskIds: [branch.taskId],
      };
};

/** What of the batch is being verified or may land. */
const inQuestion = (batch: Batch): { merged: readonly Landing[]; tip: string } => {
  const single = batch.at === undefined ? undefined : batch.merged[batch.at];
  return single === undefined ? batch : { merged: [single], tip: single.mergeCommit };
};

/** @param ready branches whose dependencies have landed or are ready too, none of them held */
export const nextStep = (train: MergeTrain, ready: readonly BranchTip[]): TrainStep => {
  const { batch, repair } = train;
  if (batch !== undefined) {
    const { merged, tip } = inQuestion(batch);
    if (batch.green) return { kind: 'land', to: tip, merged };
    if (batch.red !== undefined) return { kind: 'verifyBase', commit: train.base };
    return { kind: 'verify', commit: tip, taskIds: merged.map((branch) => branch.taskId) };
  }
  if (repair !== undefined)
    return repair.next === 'merge'
      ? { kind: 'merge', branches: [repair.branch] }
      : { kind: 'fix', taskId: repair.branch.taskId, request: fixRequest(repair, train.tip) };
  if (ready.length > 0) return { kind: 'merge', branches: ready };
  return train.parked.length > 0 ? { kind: 'wait' } : { kind: 'done' };
};

const without = <K extends keyof MergeTrain>(train: MergeTrain, ...keys: readonly K[]): Omit<MergeTrain, K> =>
  Object.fromEntries(Object.entries(train).filter(([key]) => !keys.includes(key as K))) as Omit<
    MergeTrain,
    K
  >;

/** A branch in trouble goes to its gate; one that is being repaired gets its fixing agent first, once. */
const inTrouble = (train: MergeTrain, branch: BranchTip, trouble: Trouble): MergeTrain => {
  const { repair } = train;
  if (repair === undefined)
    return { ...train, parked: [...train.parked, { branch, trouble, fixes: 0, note: '' }] };
  if (!repair.fixed) return { ...train, repair: { ...repair, trouble, next: 'fix' } };
  return {
    ...without(train, 'repair'),
    parked: [
      ...train.parked,
      {
        branch,
        trouble,
        fixes: repair.fixes,
        note: 'A fixing agent changed the branch, but it is not good yet.',
      },
    ],
  };
};

/** The `merge` step of `branches` is done. */
export const merged = (
  train: MergeTrain,
  branches: readonly BranchTip[],
  result: MergeResult,
): MergeTrain => {
  const byTask = new Map(branches.map((branch) => [branch.taskId, branch]));
  const conflicts = new Map(result.conflicts.map((conflict) => [conflict.taskId, conflict]));
  const nothing = result.merged.length === 0 && result.conflicts.length === 0;
  // What builds on a branch in conflict contains it; it is tried again after that one has landed or was skipped.
  const first = branches.filter(
    (branch) =>
      nothing ||
      (conflicts.has(branch.taskId) && !branch.dependsOn.some((dependency) => conflicts.has(dependency))),
  );
  const parked = first.reduce(
    (next, branch) =>
      inTrouble(next, branch, {
        kind: 'conflict',
        paths: conflicts.get(branch.taskId)?.paths ?? [],
        withTasks: conflicts.get(branch.taskId)?.withTasks ?? [],
      }),
    train,
  );
  if (result.merged.length === 0) return parked;
  return {
    ...parked,
    batch: {
      branches,
      merged: result.merged.map((one) => ({ ...one, commit: byTask.get(one.taskId)?.commit ?? '' })),
      tip: result.tip,
      green: !train.verifies,
    },
  };
};

const blame = (train: MergeTrain, batch: Batch, red: RedResult): MergeTrain => {
  const guilty = inQuestion(batch).merged[0];
  const branch = batch.branches.find((one) => one.taskId === guilty?.taskId);
  // What comes after it in the batch is ready again and merged without it.
  const rest = without(train, 'batch');
  if (guilty === undefined || branch === undefined) return rest;
  return inTrouble(rest, branch, {
    kind: red.step === 'test' ? 'test' : 'build',
    onto: guilty.mergeCommit,
    command: red.command,
    output: red.output,
    baseIsRed: train.baseResult === red.step,
  });
};

/** The `verify` step is done. */
export const verified = (train: MergeTrain, result: VerifyResult): MergeTrain => {
  const { batch } = train;
  if (batch === undefined) return train;
  if (result.ok) return { ...train, batch: { ...batch, green: true } };
  if (batch.at === undefined && batch.merged.length > 1) return { ...train, batch: { ...batch, at: 0 } };
  return train.baseResult === undefined
    ? { ...train, batch: { ...batch, red: result } }
    : blame(train, batch, result);
};

/** The `verifyBase` step is done. */
export const baseVerified = (train: MergeTrain, result: VerifyResult): MergeTrain => {
  const next: MergeTrain = { ...train, baseResult: result.ok ? 'green' : result.step };
  return next.batch?.red === undefined ? next : blame(next, next.batch, next.batch.red);
};

/** The `land` step is done. */
export const landed = (train: MergeTrain): MergeTrain => {
  const { batch } = train;
  if (batch === undefined) return train;
  const { tip } = inQuestion(batch);
  const at = (batch.at ?? batch.merged.length) + 1;
  const next = { ...without(train, 'batch', 'repair'), tip };
  return at < batch.merged.length ? { ...next, batch: { ...batch, at, green: false } } : next;
};

/** The gate of a parked branch has this decision. */
export const asked = (train: MergeTrain, taskId: string, decisionId: string): MergeTrain => ({
  ...train,
  parked: train.parked.map((parked) => (taskOf(parked) === taskId ? { ...parked, decisionId } : parked)),
});

/** The gate was answered by approval: the branch is repaired. */
export const approved = (train: MergeTrain, taskId: string, feedback?: string): MergeTrain => {
  const chosen = train.parked.find((parked) => taskOf(parked) === taskId);
  return chosen === undefined
    ? train
    : {
        ...rejected(train, taskId),
        repair: {
          ...chosen,
          next: 'merge',
          fixed: false,
          ...(feedback === undefined ? {} : { feedback }),
        },
      };
};

/** The gate was answered by rejection: the branch is left out. */
export const rejected = (train: MergeTrain, taskId: string): MergeTrain => ({
  ...train,
  parked: train.parked.filter((parked) => taskOf(parked) !== taskId),
});

/** The `fix` step ended with a commit. */
export const fixed = (train: MergeTrain, commit: string): MergeTrain => {
  const { repair } = train;
  if (repair === undefined) return train;
  return {
    ...train,
    repair: {
      ...repair,
      branch: { ...repair.branch, commit },
      fixes: repair.fixes + 1,
      fixed: true,
      next: 'merge',
    },
  };
};

/** The `fix` step ended without one. */
export const notFixed = (train: MergeTrain, reason: string): MergeTrain => {
  const { repair } = train;
  if (repair === undefined) return train;
  const { branch, trouble, fixes } = repair;
  return {
    ...without(train, 'repair'),
    parked: [
      ...train.parked,
      { branch, trouble, fixes: fixes + 1, note: `The fixing agent failed: ${reason}` },
    ],
  };
};
