/** What becomes of branches that wait at their gates or whose conflict was looked at. Pure, like the train itself. */
import type { FixBudget, FixRequest } from '../agents/agent.ts';
import { failureFingerprint } from './failure-fingerprint.ts';
import {
  afterFix,
  inTrouble,
  without,
  type FixUsage,
  type MergeTrain,
  type Parked,
  type Repair,
} from './state.ts';

const taskOf = (parked: Pick<Parked, 'branch'>): string => parked.branch.taskId;

/** Branches that are neither landed nor to be offered to `nextStep` as ready. */
export const heldTasks = (train: MergeTrain): ReadonlySet<string> =>
  new Set(
    [...train.parked, ...(train.conflicts ?? []), ...(train.repair === undefined ? [] : [train.repair])].map(
      taskOf,
    ),
  );

export const fixRequest = (repair: Repair, tip: string): FixRequest => {
  const { branch, trouble } = repair;
  if (trouble.kind === 'conflict')
    return {
      kind: 'conflict',
      taskId: branch.taskId,
      commit: branch.commit,
      onto: tip,
      paths: trouble.paths,
      withTasks: trouble.withTasks,
    };
  const partner = trouble.together?.withTask;
  return {
    kind: trouble.kind,
    onto: trouble.onto,
    command: trouble.command,
    ...(trouble.acceptanceOf === undefined ? {} : { acceptanceOf: trouble.acceptanceOf }),
    output: trouble.output,
    taskIds: [branch.taskId, ...(partner === undefined ? [] : [partner])],
  };
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
export const fixed = (train: MergeTrain, commit: string, used?: FixUsage): MergeTrain => {
  const { repair } = train;
  if (repair === undefined) return train;
  return {
    ...train,
    repair: {
      ...withUsage(repair, used),
      branch: { ...repair.branch, commit },
      fixes: repair.fixes + 1,
      fixed: true,
      next: 'merge',
    },
  };
};

/** The `fix` step ended without one. */
export const notFixed = (train: MergeTrain, reason: string, used?: FixUsage): MergeTrain => {
  const { repair } = train;
  if (repair === undefined) return train;
  const { branch, trouble, fixes } = repair;
  const known = afterFix(withUsage(repair, used), failureFingerprint('agent', reason));
  return {
    ...without(train, 'repair'),
    parked: [
      ...train.parked,
      { branch, trouble, fixes: fixes + 1, ...known, note: `The fixing agent failed: ${reason}` },
    ],
  };
};

const withUsage = (repair: Repair, more: FixUsage | undefined): Repair => {
  if (more === undefined) return repair;
  const { tokens = 0, costUsd = 0 } = repair.used ?? {};
  return { ...repair, used: { tokens: tokens + more.tokens, costUsd: costUsd + more.costUsd } };
};

/**
 * What is left of a budget. Where nothing is left a person has said that it goes on all the same, so that all of it
 * may be used again.
 */
export const budgetLeft = (budget: FixBudget, used: FixUsage | undefined): FixBudget => {
  const left = (limit: number | undefined, spent = 0): number | undefined =>
    limit === undefined ? undefined : spent >= limit ? limit : limit - spent;
  const [tokens, costUsd] = [left(budget.tokens, used?.tokens), left(budget.costUsd, used?.costUsd)];
  return { ...(tokens === undefined ? {} : { tokens }), ...(costUsd === undefined ? {} : { costUsd }) };
};

/** Why no further fixing agent starts without a person; undefined while one may. */
export const whyNoFurtherFix = (
  { stuck, used, fixes }: Parked,
  { tokens = Infinity, costUsd = Infinity }: FixBudget,
): string | undefined => {
  if (stuck === true && fixes > 0)
    return 'The same failure has come twice, so that another agent starts only when you say so.';
  if (used === undefined) return undefined;
  if (used.tokens >= tokens)
    return `The fixing agents have used ${used.tokens} of ${tokens} tokens that they may use here.`;
  if (used.costUsd >= costUsd)
    return `The fixing agents have used ${used.costUsd.toFixed(2)} of ${costUsd.toFixed(2)} dollars that they may use here.`;
  return undefined;
};

/** The `resolve` step ended with a commit that merges: the branch is ready again, with it. */
export const resolved = (train: MergeTrain, taskId: string, commit: string, how: string): MergeTrain => {
  const times = (train.resolutions?.[taskId]?.times ?? 0) + 1;
  return {
    ...withoutConflict(train, taskId),
    resolutions: { ...train.resolutions, [taskId]: { commit, how, times } },
  };
};

/** The `resolve` step ended without one: the branch goes to its gate. @param why in words, may be empty */
export const unresolved = (train: MergeTrain, taskId: string, why: string): MergeTrain => {
  const conflict = train.conflicts?.find((one) => taskOf(one) === taskId);
  if (conflict === undefined) return train;
  const { branch, paths, withTasks } = conflict;
  return inTrouble(withoutConflict(train, taskId), branch, { kind: 'conflict', paths, withTasks }, why);
};

const withoutConflict = (train: MergeTrain, taskId: string): MergeTrain => ({
  ...train,
  conflicts: (train.conflicts ?? []).filter((one) => taskOf(one) !== taskId),
});
