/**
 * What a swarm looks like at one moment, and watching it change. Asks adaptively: often while things change,
 * once a second while they do not. Survives the death of worker and server: it says so and goes on asking.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { hasEnded } from '../../api/swarm-actions.ts';
import type { SwarmHandle } from '../../api/swarm-handle.ts';
import { agentReader, type AgentRecord } from '../../api/agent-records.ts';
import { isPassing } from '../../api/temporal-errors.ts';
import { DroverFailure } from '../../domain/failures.ts';
import type { Decision, SwarmOutcome, SwarmView, TaskView } from '../../domain/swarm.ts';

export interface Snapshot {
  readonly view: SwarmView;
  /** All tasks, in the order of the plan. */
  readonly tasks: readonly TaskView[];
  readonly decisions: readonly Decision[];
  /** Agents at work on a conflict or a red build, beside the tasks' own. */
  readonly fixers: readonly AgentRecord[];
}

/** @returns looks at the swarm; asks for its tasks and decisions only when the state says that they could differ */
export const snapshotReader = (swarm: SwarmHandle): (() => Promise<Snapshot>) => {
  const readAgents = agentReader(swarm.directory);
  let before: Snapshot | undefined;
  return async () => {
    const view = await swarm.state();
    const moving = view.counts.assigned + view.counts.in_progress > 0 || view.phase === 'integrating';
    if (before === undefined || moving || JSON.stringify(before.view) !== JSON.stringify(view)) {
      const agents = view.phase === 'integrating' ? await readAgents() : [];
      before = {
        view,
        tasks: await swarm.tasks(),
        decisions: await swarm.decisions(),
        fixers: agents.filter((agent) => agent.fixes !== undefined && agent.outcome === undefined),
      };
    }
    return before;
  };
};

export interface Watch {
  /** Called on every look, changed or not, one call at a time. */
  onSnapshot(snapshot: Snapshot): Promise<void> | void;
  /** The server or the worker does not answer at the moment. */
  onReconnecting(reason: string): void;
}

const FAST_MS = 200;
const SLOW_MS = 1_000;

const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    // Woken up early: the caller looks at the signal.
  }
};

/**
 * Watches until the swarm has ended or `signal` says to stop.
 * @returns the outcome, or undefined when stopped
 */
export const watchSwarm = async (
  swarm: SwarmHandle,
  watch: Watch,
  signal: AbortSignal,
): Promise<SwarmOutcome | undefined> => {
  const ended = new AbortController();
  const stop = AbortSignal.any([signal, ended.signal]);
  let outcome: SwarmOutcome | undefined;
  const waiting = swarm
    .outcome(stop)
    .then((end) => {
      outcome = end;
    })
    .catch(() => {
      // Stopped, or the connection is gone for good: the queries below meet the same error and report it.
    })
    .finally(() => ended.abort());
  const look = snapshotReader(swarm);
  let before: Snapshot | undefined;
  let interval = FAST_MS;
  try {
    while (!signal.aborted) {
      try {
        const snapshot = await look();
        const same = JSON.stringify(before) === JSON.stringify(snapshot);
        interval = same ? Math.min(SLOW_MS, interval * 1.5) : FAST_MS;
        before = snapshot;
        await watch.onSnapshot(snapshot);
        if (outcome !== undefined) return outcome;
        if (hasEnded(snapshot.view)) await waiting;
      } catch (error) {
        if (outcome !== undefined) return outcome;
        if (!isPassing(error)) throw error;
        watch.onReconnecting(error instanceof DroverFailure ? error.message : 'the connection is gone');
        interval = SLOW_MS;
      }
      if (outcome === undefined) await pause(interval, stop);
    }
    return outcome;
  } finally {
    ended.abort();
    await waiting;
  }
};
