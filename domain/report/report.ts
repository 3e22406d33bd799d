/** The report of a swarm: what it was asked, what it did, what landed and what it cost. */
import type { MergeMatrix, VerifyResult } from '../train/integration.ts';
import type { Comparison } from '../swarm/comparison.ts';
import type { PlanVersion } from '../plan/plan.ts';
import type { Decision, Landing, TaskView } from '../swarm/swarm.ts';
import type { Usage } from '../models/usage.ts';

export interface Report {
  readonly swarmId: string;
  readonly outcome: 'completed' | 'failed' | 'cancelled';
  readonly reason?: string;
  readonly goal: string;
  readonly repository: string;
  readonly baseBranch: string;
  readonly baseCommit: string;
  readonly result?: { readonly branch: string; readonly commit: string };
  readonly planVersions: readonly PlanVersion[];
  readonly tasks: readonly TaskView[];
  readonly landings: readonly Landing[];
  readonly matrices: readonly MergeMatrix[];
  readonly verifications: readonly VerificationRecord[];
  readonly decisions: readonly Decision[];
  /** Of independent mode. */
  readonly comparison?: Comparison;
  readonly semanticConflicts?: readonly SemanticConflict[];
  readonly disk?: DiskFigures;
  readonly usage: Usage;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly warnings: readonly string[];
  /** What a model makes of the facts, as plain paragraphs. */
  readonly narrative?: string;
}

/** In bytes, when the report was written: the workspaces were gone by then, the swarm's own caches go with it. */
export interface DiskFigures {
  readonly hub: number;
  /** Run directories: logs and bundles. */
  readonly agents: number;
  readonly verifications: number;
  readonly caches: number;
  /** Left on the disk of the swarm's directory. */
  readonly free: number;
}

export interface VerificationRecord {
  readonly commit: string;
  readonly taskIds: readonly string[];
  readonly result: VerifyResult;
  /** `alone`: the branch as its agent left it. `together`: it and what landed up to the other task. */
  readonly how?: 'alone' | 'together';
}

/** A branch that is green by itself and red together with what landed before. */
export interface SemanticConflict {
  readonly taskId: string;
  /** The first landed task that it is red with; absent when that was not found. */
  readonly withTask?: string;
  readonly step: 'build' | 'test';
  /** The command is this task's acceptance. */
  readonly acceptanceOf?: string;
  /** What is red on which merge; absent in reports of older swarms. */
  readonly command?: string;
  readonly commit?: string;
}
