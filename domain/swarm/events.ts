/**
 * What happens in a swarm, told one event at a time: to the store, to clients that follow a swarm live, to webhooks.
 * The names that other tools know (`phase_change`, `merge_conflict`, `decision_required`…) are kept.
 */

export const EVENT_TYPES = [
  'project_started',
  'phase_change',
  'plan_proposed',
  'plan_approved',
  'plan_rejected',
  'task_started',
  'task_attempt',
  'task_ended',
  'merge_started',
  'merge_conflict',
  'merged',
  'verified',
  'decision_required',
  'decision_resolved',
  'paused',
  'resumed',
  'parallelism_changed',
  'message_sent',
  'budget_warning',
  'project_completed',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export interface SwarmEvent {
  readonly swarmId: string;
  /** Rises within the swarm, with gaps; where a client goes on reading. */
  readonly sequence: number;
  /** ISO 8601. */
  readonly at: string;
  readonly type: EventType;
  /** Depends on the type; see docs/api.md. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** Events that one event of the history can become at most, times ten. */
const PER_HISTORY_EVENT = 100;
/** A run ends long before it has so many events: the server allows 51,200. */
const PER_RUN = 100_000 * PER_HISTORY_EVENT;

/** @param runIndex 0 for the first run of the workflow @param part which of the events that come of one history event */
export const eventSequence = (runIndex: number, historyEventId: number, part: number): number =>
  runIndex * PER_RUN + historyEventId * PER_HISTORY_EVENT + Math.min(part, PER_HISTORY_EVENT - 1);
