/** A merge train over branches that exist in name only, with a verifier that the test decides. */
import type { BranchTip, MergeResult, VerifyResult } from '../../domain/train/integration.ts';
import {
  baseVerified,
  landed,
  merged,
  nextStep,
  verified,
  verifiedTogether,
  type MergeTrain,
  type TrainStep,
} from '../../domain/train/train.ts';
import { heldTasks, unresolved } from '../../domain/train/gates.ts';

export const branch = (taskId: string, dependsOn: readonly string[] = []): BranchTip => ({
  taskId,
  commit: `commit-${taskId}`,
  priority: 2,
  dependsOn,
});

export const GREEN: VerifyResult = { ok: true, tree: 't', seconds: 1, cached: false };
export const red = (step: 'setup' | 'build' | 'test' = 'test'): VerifyResult => ({
  ok: false,
  tree: 't',
  seconds: 1,
  cached: false,
  step,
  command: `run ${step}`,
  exitCode: 1,
  timedOut: false,
  output: 'it is red',
  logPath: '/log',
});

/** A merge commit is named by what it holds: `base+a+b`. */
export const mergeAll = (
  tip: string,
  branches: readonly BranchTip[],
  conflicts: readonly string[] = [],
): MergeResult => {
  let at = tip;
  const done = branches
    .filter(({ taskId }) => !conflicts.includes(taskId))
    .map(({ taskId }) => {
      at = `${at}+${taskId}`;
      return { taskId, mergeCommit: at, reason: '' };
    });
  return {
    tip: at,
    merged: done,
    conflicts: branches
      .filter(({ taskId }) => conflicts.includes(taskId))
      .map(({ taskId, commit }) => ({
        taskId,
        commit,
        paths: ['file'],
        withTasks: ['x'],
        after: branches
          .slice(
            0,
            branches.findIndex((one) => one.taskId === taskId),
          )
          .filter(({ taskId: id }) => !conflicts.includes(id)).length,
      })),
    matrixKey: 'm',
  };
};

export interface World {
  /** Is a tree with the work of these branches red? */
  readonly isRed: (work: ReadonlySet<string>) => boolean;
  /** Does the branch not merge into what holds the work of these? */
  readonly conflicts?: (taskId: string, work: ReadonlySet<string>) => boolean;
  /** Runs that are red though the tree is good, by number from 0. */
  readonly flaky?: readonly number[];
}

export const workOf = (commit: string): ReadonlySet<string> =>
  new Set(commit.split('+').map((name) => name.replace(/^commit-/, '')));

/** Runs the train until it waits or is done. */
export const run = (
  start: MergeTrain,
  branches: readonly BranchTip[],
  { isRed, conflicts = () => false, flaky = [] }: World,
): { train: MergeTrain; steps: TrainStep[]; landings: string[]; verifications: number; tips: string[] } => {
  let train = start;
  let verifications = 0;
  const steps: TrainStep[] = [];
  const landings: string[] = [];
  const tips: string[] = [];
  const verify = (commit: string): VerifyResult => {
    const isFlaky = flaky.includes(verifications);
    verifications += 1;
    return isFlaky || isRed(workOf(commit)) ? red() : GREEN;
  };
  const merge = (tip: string, list: readonly BranchTip[]): MergeResult => {
    let at = tip;
    const done: string[] = [];
    for (const { taskId, dependsOn } of list)
      if (
        !conflicts(taskId, workOf(at)) &&
        dependsOn.every((id) => done.includes(id) || !list.some((one) => one.taskId === id))
      ) {
        at = `${at}+${taskId}`;
        done.push(taskId);
      }
    return mergeAll(
      tip,
      list,
      list.map(({ taskId }) => taskId).filter((id) => !done.includes(id)),
    );
  };
  for (;;) {
    const held = heldTasks(train);
    const ready: BranchTip[] = [];
    const clear = new Set(landings);
    for (const one of branches)
      if (!held.has(one.taskId) && !clear.has(one.taskId) && one.dependsOn.every((id) => clear.has(id))) {
        clear.add(one.taskId);
        ready.push({ ...one, dependsOn: one.dependsOn.filter((id) => !landings.includes(id)) });
      }
    const step = nextStep(train, ready);
    steps.push(step);
    if (steps.length > 1_000) throw new Error('the train does not end');
    switch (step.kind) {
      case 'merge':
        train = merged(train, step.branches, merge(train.tip, step.branches));
        break;
      case 'verify':
        train = verified(
          train,
          step.probes.map((probe) => verify(probe.commit)),
        );
        break;
      case 'verifyBase':
        train = baseVerified(train, verify(step.commit));
        break;
      case 'together': {
        const { merged: done, tip } = merge(step.tip, [step.branch]);
        train = verifiedTogether(train, done.length === 0 ? undefined : verify(tip));
        break;
      }
      case 'resolve':
        train = unresolved(train, step.branch.taskId, '');
        break;
      case 'land':
        landings.push(...step.merged.map((one) => one.taskId));
        tips.push(step.to);
        train = landed(train);
        break;
      default:
        return { train, steps, landings, verifications, tips };
    }
  }
};

/** Merging and testing one by one, in this order. */
export const oneByOne = (
  order: readonly BranchTip[],
  { isRed, conflicts = () => false }: World,
): string[] => {
  const landed = ['base'];
  for (const { taskId, dependsOn } of order)
    if (
      dependsOn.every((id) => landed.includes(id)) &&
      !conflicts(taskId, new Set(landed)) &&
      !isRed(new Set([...landed, taskId]))
    )
      landed.push(taskId);
  return landed.slice(1);
};
