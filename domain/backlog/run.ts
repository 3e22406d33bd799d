/** A run through the feature backlog of a repository: what it starts with, and how far it is. */
import type { StoredStart } from '../swarm/start.ts';

/** What the definitions of runs are stored under. */
export const BACKLOG_DEFINITIONS = 'backlog';

/** Input of the `backlog` workflow. */
export interface BacklogInput {
  /** Absolute path. */
  readonly repository: string;
  /** What the ids of its swarms begin with. */
  readonly name: string;
  /** Key of what its swarms are started with, in the store. */
  readonly definition: string;
}

/** How the features of one swarm ended. Those that are neither are open again. */
export interface RoundEnd {
  readonly passing: number;
  readonly failed: number;
  readonly costUsd: number;
  /** What a person has added to the money while it ran. */
  readonly raisedUsd?: number;
  /** Why there is no further swarm: the money is used up, and nobody gives more. */
  readonly over?: string;
}

/** Answer of the `backlog` query, and result of the workflow. */
export interface BacklogView {
  readonly repository: string;
  readonly state: 'working' | 'ended';
  /** Swarms that were started. */
  readonly rounds: number;
  /** The swarm at work. */
  readonly current?: string;
  /** Over all rounds; a feature that fails twice counts twice. */
  readonly passing: number;
  readonly failed: number;
  readonly costUsd: number;
  /** What people have added to the budget meanwhile. */
  readonly raisedUsd?: number;
  /** The newest last, at most 20. */
  readonly recent: readonly (Omit<RoundEnd, 'over' | 'raisedUsd'> & {
    readonly swarmId: string;
    readonly features: number;
  })[];
  /** Of the newest swarm that left one; the next builds on it. */
  readonly result?: { readonly branch: string; readonly commit: string };
  /** Why it ended. */
  readonly reason?: string;
}

export type NextRound =
  | ({ readonly kind: 'round'; readonly features: number } & StoredStart)
  /** There is nothing to do, or no money to do it. */
  | { readonly kind: 'end'; readonly reason: string };
