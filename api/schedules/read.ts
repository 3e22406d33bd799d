/** What there is of schedules: when they start swarms, and what came of it. */
import {
  ScheduleNotFoundError,
  type ScheduleDescription,
  type ScheduleOverlapPolicy,
} from '@temporalio/client';
import { scheduledSwarmId } from '../../domain/names.ts';
import {
  OVERLAPS,
  recurrenceOf,
  recurrenceWords,
  type Overlap,
  type Recurrence,
} from '../../domain/swarm/recurrence.ts';
import type { SwarmStart } from '../../domain/swarm/start.ts';
import type { Store } from '../../store/database.ts';
import { getDefinition } from '../../store/schedule-definitions.ts';
import type { DroverClient } from '../client.ts';
import { calling, described, handleOf, inputOf, isOurs } from './calls.ts';

/** A run of a schedule, which is one swarm. */
interface ScheduledRun {
  readonly swarmId: string;
  /** ISO 8601: when it was due, and when it began. */
  readonly dueAt: string;
  readonly startedAt: string;
}

export interface ScheduleView {
  readonly name: string;
  readonly goal: string;
  readonly repository: string;
  /** In words. */
  readonly when: string;
  /** IANA name; UTC when absent. */
  readonly timezone?: string;
  readonly paused: boolean;
  /** Why it is paused or was resumed. */
  readonly note: string;
  /** ISO 8601, the nearest first. */
  readonly next: readonly string[];
  /** The newest last. */
  readonly recent: readonly ScheduledRun[];
}

export interface ScheduleDetails extends ScheduleView, Recurrence {
  readonly overlap: Overlap;
  readonly catchUpSeconds: number;
  readonly pauseOnFailure: boolean;
  readonly taken: number;
  readonly missed: number;
  readonly skipped: number;
  /** What its swarms are started with; absent when the store does not have it. */
  readonly start?: SwarmStart;
}

/** Of schedules that older versions made. */
interface Memo {
  readonly goal: string;
  readonly repository: string;
  readonly when: string;
}

/** As Temporal calls it. */
export const policyOf = (overlap: Overlap): ScheduleOverlapPolicy =>
  overlap.toUpperCase().replaceAll('-', '_') as ScheduleOverlapPolicy;

const overlapOf = (policy: ScheduleOverlapPolicy): Overlap =>
  OVERLAPS.find((overlap) => policyOf(overlap) === policy) ?? 'skip';

const wordsOf = (description: ScheduleDescription): Memo => {
  const shown = inputOf(description)?.shown;
  if (shown !== undefined)
    return { goal: shown.goal, repository: shown.repository, when: recurrenceWords(shown) };
  const { goal = '', repository = '', when = '' } = (description.memo ?? {}) as Partial<Memo>;
  return { goal, repository, when };
};

const viewOf = (description: ScheduleDescription): ScheduleView => {
  const { scheduleId, state, info } = description;
  const timezone = inputOf(description)?.shown?.timezone;
  return {
    name: scheduleId,
    ...wordsOf(description),
    ...(timezone === undefined ? {} : { timezone }),
    paused: state.paused,
    note: state.note ?? '',
    next: info.nextActionTimes.map((time) => time.toISOString()),
    recent: info.recentActions.map(({ scheduledAt, takenAt, action }) => ({
      swarmId: scheduledSwarmId(action.workflow.workflowId),
      dueAt: scheduledAt.toISOString(),
      startedAt: takenAt.toISOString(),
    })),
  };
};

/** By name. A schedule that has just been made may not be listed for a second. */
export const listSchedules = (client: DroverClient): Promise<readonly ScheduleView[]> =>
  calling('schedules', async () => {
    const names: string[] = [];
    for await (const one of client.temporal.schedule.list()) if (isOurs(one)) names.push(one.scheduleId);
    // The list itself does not tell what a schedule was changed to.
    const found = await Promise.all(names.toSorted().map((name) => viewIfThere(client, name)));
    return found.filter((view) => view !== undefined);
  });

/** It may have been deleted since it was listed. */
const viewIfThere = async (client: DroverClient, name: string): Promise<ScheduleView | undefined> => {
  try {
    return viewOf(await handleOf(client, name).describe());
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
};

export const readSchedule = async (
  client: DroverClient,
  store: Store,
  name: string,
): Promise<ScheduleDetails> => {
  const description = await described(client, name);
  const { policies, info } = description;
  const input = inputOf(description);
  const start = input === undefined ? undefined : await getDefinition(store, name, input.definition);
  return {
    ...viewOf(description),
    ...(input?.shown === undefined ? {} : recurrenceOf(input.shown)),
    overlap: overlapOf(policies.overlap),
    catchUpSeconds: policies.catchupWindow / 1_000,
    pauseOnFailure: policies.pauseOnFailure,
    taken: info.numActionsTaken,
    missed: info.numActionsMissedCatchupWindow,
    skipped: info.numActionsSkippedOverlap,
    ...(start === undefined ? {} : { start }),
  };
};
