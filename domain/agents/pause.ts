/** How long an agent that was interrupted waits before it goes on, if it does. */
import type { AgentOutcome } from './agent.ts';
import { clip } from '../text.ts';

export interface Pause {
  readonly seconds: number;
  /** For people. */
  readonly reason: string;
}

interface Interrupted {
  readonly outcome: AgentOutcome;
  readonly summary: string;
  readonly resumable?: boolean;
}

/** Without a word from the model: a minute, then twice as long each time, up to half an hour. */
const FIRST_SECONDS = 60;
const MOST_SECONDS = 1_800;
const LEAST_SECONDS = 5;
const WEEK_SECONDS = 7 * 86_400;
/** Runs of one agent. Some weeks of waiting, or a model that never comes back. */
const MAX_LEGS = 200;
/** A process that dies this often has a reason that goes on with it. */
const MAX_LOST_LEGS = 4;
const AFTER_LOSS_SECONDS = 5;
const REASON_LENGTH = 400;

/**
 * @param leg number of the run that has ended, from 1 on
 * @param asked seconds that the model wants to be left alone; undefined when it did not say
 * @returns undefined when the agent has ended for good
 */
export const pauseAfter = (report: Interrupted, leg: number, asked?: number): Pause | undefined => {
  if (report.outcome === 'lost')
    return report.resumable === true && leg <= MAX_LOST_LEGS
      ? { seconds: AFTER_LOSS_SECONDS * leg, reason: 'its process died; it goes on where it was' }
      : undefined;
  if (report.outcome !== 'model_unavailable' || leg > MAX_LEGS) return undefined;
  const seconds =
    asked === undefined || !Number.isFinite(asked)
      ? Math.min(FIRST_SECONDS * 2 ** Math.min(leg - 1, 10), MOST_SECONDS)
      : Math.min(Math.max(Math.ceil(asked), LEAST_SECONDS), WEEK_SECONDS);
  return { seconds, reason: clip(report.summary, REASON_LENGTH) };
};
