/** What the merge train knows, and the steps it asks for. Who changes it: `train.ts`, `gates.ts`. */
import type { FixRequest } from '../agents/agent.ts';
import { failureFingerprint } from './failure-fingerprint.ts';
import type { Bisection, RedResult } from './bisection.ts';
import type { BranchTip, VerifyStep } from './integration.ts';
import type { VerificationRecord } from '../report/report.ts';
import type { Landing } from '../swarm/swarm.ts';

/** Why a branch did not land. */
export type Trouble =
  | { readonly kind: 'conflict'; readonly paths: readonly string[]; readonly withTasks: readonly string[] }
  | {
      readonly kind: 'build' | 'test';
      /** The merge that is red. */
      readonly onto: string;
      readonly command: string;
      readonly output: string;
      /** The swarm's base fails in the same step, so that the branch may not be to blame. */
      readonly baseIsRed: boolean;
      /** The command is this task's own. */
      readonly acceptanceOf?: string;
      /** Green by itself, red with what landed before: with this task, if it was found, or with several. */
      readonly together?: { readonly withTask?: string };
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
  /** Fingerprints of what was wrong before and after each of them. */
  readonly failures?: readonly string[];
  /** The last of them met a failure that was there before: another one would, too. */
  readonly stuck?: boolean;
  /** By all of them, as far as it is known. */
  readonly used?: FixUsage;
}

export interface FixUsage {
  /** In and out, cache reads not counted. */
  readonly tokens: number;
  readonly costUsd: number;
}

/** A branch that did not merge with what has landed. */
export interface Conflict {
  readonly branch: BranchTip;
  readonly paths: readonly string[];
  /** Tasks in the train that touch the same paths. */
  readonly withTasks: readonly string[];
  /** Branches of its batch that came before it. */
  readonly after?: number;
}

export interface Batch {
  readonly branches: readonly BranchTip[];
  /** A chain: each was merged into the one before. */
  readonly merged: readonly Landing[];
  readonly tip: string;
  /** What is verified may land. */
  readonly green: boolean;
  /** They did not merge into the chain. It is theirs to land without if all of the chain does. */
  readonly conflicts?: readonly Conflict[];
  readonly search?: Bisection;
  /** One by one (`one-by-one.ts`): position of the branch that is verified by itself. */
  readonly at?: number;
  /** One by one: what is verified is red, and it is not known yet whether the base is. */
  readonly red?: RedResult;
}

/** An approved gate: the branch is tried again on the present tip, then fixed, then tried a last time. */
export interface Repair extends Parked {
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
  /** How a red batch is taken apart; absent in swarms that began when that was done one by one. */
  readonly bisects?: { readonly parallel: number };
  /** Conflicts that nobody has looked at yet. */
  readonly conflicts?: readonly Conflict[];
  /** Conflicts that are resolved, by task, until the branch has landed. */
  readonly resolutions?: Readonly<Record<string, Resolution>>;
  /** The newest landings, and whether these are all. */
  readonly recent?: { readonly tips: readonly Tip[]; readonly all: boolean };
  /** Once there was a culprit: how many, among how many branches, and in which order branches are taken. */
  readonly caution?: {
    readonly culprits: number;
    readonly decided: number;
    readonly order: readonly string[];
  };
}

interface Tip {
  readonly taskId: string;
  readonly mergeCommit: string;
}

interface Resolution {
  /** Stands in for the branch's own. */
  readonly commit: string;
  /** In words, such as "the lock file was made anew". */
  readonly how: string;
  /** How often the branch has needed one. */
  readonly times: number;
}

/** A commit that is to be verified, and the tasks that it is about. */
export interface Probe {
  readonly commit: string;
  readonly taskIds: readonly string[];
  readonly how?: VerificationRecord['how'];
}

export type TrainStep =
  | { readonly kind: 'merge'; readonly branches: readonly BranchTip[] }
  /** All of them, at the same time. */
  | { readonly kind: 'verify'; readonly probes: readonly Probe[] }
  | { readonly kind: 'verifyBase'; readonly commit: string }
  /** Merges the branch into an earlier tip and verifies that, to find out with what it is red. */
  | { readonly kind: 'together'; readonly tip: string; readonly withTask: string; readonly branch: BranchTip }
  | { readonly kind: 'land'; readonly to: string; readonly merged: readonly Landing[] }
  | ({ readonly kind: 'resolve' } & Conflict)
  | { readonly kind: 'fix'; readonly taskId: string; readonly request: FixRequest }
  /** Nothing is left but branches at their gates. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'done' };

export const without = <K extends keyof MergeTrain>(
  train: MergeTrain,
  ...keys: readonly K[]
): Omit<MergeTrain, K> =>
  Object.fromEntries(Object.entries(train).filter(([key]) => !keys.includes(key as K))) as Omit<
    MergeTrain,
    K
  >;

/** A branch in trouble goes to its gate; one that is being repaired gets its fixing agent first, once. */
export const inTrouble = (
  train: MergeTrain,
  branch: BranchTip,
  trouble: Trouble,
  note: string = '',
): MergeTrain => {
  const { repair } = train;
  if (repair === undefined)
    return { ...train, parked: [...train.parked, { branch, trouble, fixes: 0, note }] };
  if (!repair.fixed) return { ...train, repair: { ...repair, trouble, next: 'fix' } };
  return {
    ...without(train, 'repair'),
    parked: [
      ...train.parked,
      {
        branch,
        trouble,
        fixes: repair.fixes,
        ...afterFix(repair, fingerprintOf(trouble)),
        note: 'A fixing agent changed the branch, but it is not good yet.',
      },
    ],
  };
};

const fingerprintOf = (trouble: Trouble): string =>
  trouble.kind === 'conflict'
    ? failureFingerprint('conflict', ...trouble.paths)
    : failureFingerprint(trouble.kind, trouble.command, trouble.output);

/** What is known of the attempts once another one has met the failure `met`. */
export const afterFix = (
  { trouble, failures = [], used }: Repair,
  met: string,
): Pick<Parked, 'failures' | 'stuck' | 'used'> => {
  const seen = new Set([...failures, fingerprintOf(trouble)]);
  return {
    failures: [...seen, met],
    ...(seen.has(met) ? { stuck: true } : {}),
    ...(used === undefined ? {} : { used }),
  };
};

/** What a red result says of the branch that is to blame for it. */
export const redTrouble = (
  train: MergeTrain,
  red: RedResult,
  onto: string,
): Extract<Trouble, { onto: string }> => ({
  kind: red.step === 'test' || red.step === 'accept' ? 'test' : 'build',
  ...(red.taskId === undefined ? {} : { acceptanceOf: red.taskId }),
  onto,
  command: red.command,
  output: red.output,
  baseIsRed: train.baseResult === red.step,
});
