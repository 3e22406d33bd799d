/**
 * What happens on the workflow task queue, before a host is known. As in all of this folder: types only, the
 * activities as workflows see them, each interface made by one `createXActivities(deps)`; and every activity can be
 * repeated, since it finds out what an earlier try did before it acts.
 */
import type { NextRound, RoundEnd } from '../../domain/backlog/run.ts';
import type { ScheduledInput } from '../../domain/protocol.ts';
import type { SwarmSettings } from '../../domain/swarm/settings.ts';
import type { StoredStart } from '../../domain/swarm/start.ts';

/** Runs on the workflow task queue; all the others run on the host that it names. */
export interface HostActivities {
  /** Checks the user's repository, makes the run directory and the hub. */
  openSwarm(input: {
    readonly swarmId: string;
    readonly repository: string;
    readonly base?: string;
    readonly settingsKey: string;
  }): Promise<OpenedSwarm>;
}

/** On the workflow task queue, too. */
export interface ScheduleActivities {
  /** Stores in the directory of a swarm what its schedule starts swarms with. */
  prepareScheduled(input: ScheduledInput & { readonly swarmId: string }): Promise<StoredStart>;
}

/** On the workflow task queue, too. */
export interface BacklogActivities {
  /** Claims features for the swarm, and stores what it starts with. */
  nextRound(input: {
    readonly repository: string;
    readonly definition: string;
    readonly swarmId: string;
    /** From 1. */
    readonly number: number;
    readonly spentUsd: number;
    /** Added to the budget by people. @default 0 */
    readonly raisedUsd?: number;
    /** What the last swarm left; the definition's own base when absent. */
    readonly base?: string;
  }): Promise<NextRound>;
  /** Ends the claims of the swarm by what its report says. */
  endRound(input: {
    readonly repository: string;
    /** Of the run; absent in those that an earlier Drover began. */
    readonly definition?: string;
    readonly swarmId: string;
    readonly outcome: 'completed' | 'failed' | 'cancelled';
    readonly reason: string;
    /** As the swarm began; absent in runs that an earlier Drover is at. */
    readonly spentUsd?: number;
    readonly raisedUsd?: number;
  }): Promise<RoundEnd>;
}

export interface OpenedSwarm {
  /** Host id; its task queue is `hostTaskQueue(host)`. */
  readonly host: string;
  readonly directory: string;
  readonly baseBranch: string;
  readonly baseCommit: string;
  readonly warnings: readonly string[];
  readonly settings: SwarmSettings;
  /** Cores of the host. */
  readonly cores?: number;
}
