/** Facts and results of merging and verifying. Algorithms over them: `merge-order.ts`, `train.ts`. */

/** A finished task's branch, by commit: a ref could have moved, a commit cannot. */
export interface BranchTip {
  readonly taskId: string;
  readonly commit: string;
  readonly priority: number;
  /** Tasks that must land first, among those in the same call. */
  readonly dependsOn: readonly string[];
}

/** What two branches have in common. Paths are capped at 20 a pair. */
export interface PairFacts {
  readonly a: string;
  readonly b: string;
  readonly sharedPaths: readonly string[];
  /** Hunks of `a` and `b` that touch the same lines of the base. */
  readonly overlappingHunks: number;
  /** Paths that git could not merge; empty when the pair merges cleanly. */
  readonly conflictPaths: readonly string[];
}

interface BranchFacts {
  readonly taskId: string;
  readonly commit: string;
  readonly files: number;
  readonly insertions: number;
  readonly deletions: number;
}

/** The artifact behind the `mergeMatrix` query and the report. Only pairs that share a path are listed. */
export interface MergeMatrix {
  readonly base: string;
  readonly branches: readonly BranchFacts[];
  readonly pairs: readonly PairFacts[];
}

/** A place in the order, with the reason in words. */
export interface OrderedBranch {
  readonly taskId: string;
  readonly reason: string;
  /** Nothing that is known speaks against it. */
  readonly lands: boolean;
}

/** Of the branch that was given; its commit is not repeated, because each result is in the swarm's history. */
export interface MergedBranch {
  readonly taskId: string;
  readonly mergeCommit: string;
  readonly reason: string;
}

export interface MergeConflict {
  readonly taskId: string;
  readonly commit: string;
  /** At most 50. */
  readonly paths: readonly string[];
  /** Tasks already in the train that touch the same paths. */
  readonly withTasks: readonly string[];
  /** Branches of the same call that were merged before it was its turn. */
  readonly after?: number;
}

/** A conflict is a value, never an exception. */
export interface MergeResult {
  /** Tip after all that merged cleanly. */
  readonly tip: string;
  readonly merged: readonly MergedBranch[];
  readonly conflicts: readonly MergeConflict[];
  /** Artifact key of the `MergeMatrix`. */
  readonly matrixKey: string;
}

/** `accept`: the acceptance command of a task, in the tree that holds its work. */
export type VerifyStep = 'setup' | 'build' | 'test' | 'accept';

/** A red build or test is a value, never an exception. */
export type VerifyResult =
  | { readonly ok: true; readonly tree: string; readonly seconds: number; readonly cached: boolean }
  | {
      readonly ok: false;
      readonly tree: string;
      readonly seconds: number;
      readonly cached: boolean;
      readonly step: VerifyStep;
      /** Whose acceptance command it is. */
      readonly taskId?: string;
      readonly command: string;
      readonly exitCode: number;
      readonly timedOut: boolean;
      /** Both ends, at most 8,000 characters. */
      readonly output: string;
      /** Absolute path on the host of the whole output. */
      readonly logPath: string;
    };
