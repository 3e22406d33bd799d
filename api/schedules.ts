/** Schedules: Temporal starts swarms at set times, also when nobody is there. */
import {
  isGrpcServiceError,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  type ScheduleDescription,
  type ScheduleOverlapPolicy,
  type ScheduleSummary,
} from '@temporalio/client';
import { DroverFailure } from '../domain/failures.ts';
import { isScheduleName, scheduledSwarmId, WORKFLOW_TASK_QUEUE } from '../domain/names.ts';
import { WORKFLOWS, type ScheduledInput } from '../domain/protocol.ts';
import {
  OVERLAPS,
  recurrenceWords,
  type Overlap,
  type Recurrence,
  type SchedulePolicies,
} from '../domain/swarm/recurrence.ts';
import { startDetails, startSummary, type SwarmStart } from '../domain/swarm/start.ts';
import { clip } from '../domain/text.ts';
import type { Store } from '../store/database.ts';
import { forgetDefinitions, getDefinition, putDefinition } from '../store/schedule-definitions.ts';
import type { DroverClient } from './client.ts';
import { fromTemporal } from './temporal-errors.ts';

export interface NewSchedule extends Recurrence, SchedulePolicies {
  /** `^[a-z0-9][a-z0-9-]{0,35}$` */
  readonly name: string;
  readonly start: SwarmStart;
  /** Starts nothing until it is resumed. */
  readonly paused?: boolean;
}

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
  readonly paused: boolean;
  /** Why it is paused or was resumed. */
  readonly note: string;
  /** ISO 8601, the nearest first. */
  readonly next: readonly string[];
  /** The newest last. */
  readonly recent: readonly ScheduledRun[];
}

export interface ScheduleDetails extends ScheduleView {
  readonly overlap: Overlap;
  readonly catchUpSeconds: number;
  readonly pauseOnFailure: boolean;
  readonly taken: number;
  readonly missed: number;
  readonly skipped: number;
  /** What its swarms are started with; absent when the store does not have it. */
  readonly start?: SwarmStart;
}

/** What is missed while a laptop sleeps over the night is made up for once it wakes; older ones are not. */
const CATCH_UP_SECONDS = 3_600;
const SHOWN_GOAL = 200;
const GRPC_INVALID_ARGUMENT = 3;

interface Memo {
  readonly goal: string;
  readonly repository: string;
  readonly when: string;
}

const policyOf = (overlap: Overlap): ScheduleOverlapPolicy =>
  overlap.toUpperCase().replaceAll('-', '_') as ScheduleOverlapPolicy;

const overlapOf = (policy: ScheduleOverlapPolicy): Overlap =>
  OVERLAPS.find((overlap) => policyOf(overlap) === policy) ?? 'skip';

/** What the server says of times that it does not take. */
const refusalOf = (error: unknown): string | undefined => {
  // The client makes it of an invalid spec.
  if (error instanceof TypeError) return error.message;
  const cause = error instanceof Error ? error.cause : undefined;
  if (!isGrpcServiceError(cause)) return undefined;
  const code: number = cause.code;
  return code === GRPC_INVALID_ARGUMENT ? cause.details : undefined;
};

const calling = async <T>(name: string, call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError)
      throw new DroverFailure('notFound', `There is no schedule "${name}"`, {
        hint: 'drover schedule list shows them',
        cause: error,
      });
    if (error instanceof ScheduleAlreadyRunning)
      throw new DroverFailure('wrongState', `There is a schedule "${name}" already`, {
        hint: `drover schedule delete ${name} removes it; its swarms stay`,
        cause: error,
      });
    const refusal = refusalOf(error);
    if (refusal !== undefined)
      throw new DroverFailure('invalidInput', `The Temporal server does not take these times: ${refusal}`, {
        hint: 'a cron expression is like "0 3 * * MON-FRI", a time zone like Europe/Berlin',
        cause: error,
      });
    throw fromTemporal(error, `schedule ${name}`);
  }
};

const handleOf = ({ temporal }: DroverClient, name: string) => {
  if (isScheduleName(name)) return temporal.schedule.getHandle(name);
  throw new DroverFailure('invalidInput', `"${clip(name, 60)}" is not the name of a schedule`, {
    hint: 'lower-case letters, digits and dashes, at most 36',
  });
};

const isOurs = ({ action }: ScheduleSummary | ScheduleDescription): boolean =>
  action?.workflowType === WORKFLOWS.scheduledSwarm;

/** Those that Drover did not make are none of its business. */
const described = async (client: DroverClient, name: string): Promise<ScheduleDescription> => {
  const handle = handleOf(client, name);
  const description = await calling(name, () => handle.describe());
  if (isOurs(description)) return description;
  throw new DroverFailure('notFound', `Schedule "${name}" starts something else than swarms`, {
    hint: 'drover schedule list shows those of Drover',
  });
};

const viewOf = ({ scheduleId, memo, state, info }: ScheduleSummary | ScheduleDescription): ScheduleView => {
  const { goal = '', repository = '', when = '' } = (memo ?? {}) as Partial<Memo>;
  return {
    name: scheduleId,
    goal,
    repository,
    when,
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

export const createSchedule = async (
  client: DroverClient,
  store: Store,
  schedule: NewSchedule,
): Promise<void> => {
  const { name, start, cron, everySeconds, timezone, jitterSeconds, overlap = 'skip' } = schedule;
  handleOf(client, name);
  if ((cron === undefined || cron.length === 0) && everySeconds === undefined)
    throw new DroverFailure('invalidInput', 'It is not said when the schedule starts swarms', {
      hint: 'give cron expressions, an interval, or both',
    });
  const input: ScheduledInput = { schedule: name, definition: await putDefinition(store, name, start) };
  const memo: Memo = {
    goal: clip(start.goal, SHOWN_GOAL),
    repository: start.repository,
    when: recurrenceWords(schedule),
  };
  await calling(name, () =>
    client.temporal.schedule.create({
      scheduleId: name,
      spec: {
        ...(cron === undefined ? {} : { cronExpressions: [...cron] }),
        ...(everySeconds === undefined ? {} : { intervals: [{ every: everySeconds * 1_000 }] }),
        ...(timezone === undefined ? {} : { timezone }),
        ...(jitterSeconds === undefined ? {} : { jitter: jitterSeconds * 1_000 }),
      },
      action: {
        type: 'startWorkflow',
        workflowType: WORKFLOWS.scheduledSwarm,
        workflowId: name,
        taskQueue: WORKFLOW_TASK_QUEUE,
        args: [input],
        staticSummary: startSummary(start),
        staticDetails: startDetails(start),
      },
      policies: {
        overlap: policyOf(overlap),
        catchupWindow: (schedule.catchUpSeconds ?? CATCH_UP_SECONDS) * 1_000,
        pauseOnFailure: schedule.pauseOnFailure === true,
      },
      state: { paused: schedule.paused === true },
      memo: { ...memo },
    }),
  );
};

/** By name. A schedule that has just been made may not be listed for a second. */
export const listSchedules = (client: DroverClient): Promise<readonly ScheduleView[]> =>
  calling('schedules', async () => {
    const found: ScheduleView[] = [];
    for await (const one of client.temporal.schedule.list()) if (isOurs(one)) found.push(viewOf(one));
    return found.toSorted((a, b) => a.name.localeCompare(b.name));
  });

export const readSchedule = async (
  client: DroverClient,
  store: Store,
  name: string,
): Promise<ScheduleDetails> => {
  const description = await described(client, name);
  const { policies, info, action } = description;
  const [input] = (action.args ?? []) as readonly (ScheduledInput | undefined)[];
  const start = input === undefined ? undefined : await getDefinition(store, name, input.definition);
  return {
    ...viewOf(description),
    overlap: overlapOf(policies.overlap),
    catchUpSeconds: policies.catchupWindow / 1_000,
    pauseOnFailure: policies.pauseOnFailure,
    taken: info.numActionsTaken,
    missed: info.numActionsMissedCatchupWindow,
    skipped: info.numActionsSkippedOverlap,
    ...(start === undefined ? {} : { start }),
  };
};

const onSchedule = async (
  client: DroverClient,
  name: string,
  act: (handle: ReturnType<typeof handleOf>) => Promise<void>,
): Promise<void> => {
  await described(client, name);
  await calling(name, () => act(handleOf(client, name)));
};

export const pauseSchedule = (client: DroverClient, name: string, note: string): Promise<void> =>
  onSchedule(client, name, (handle) => handle.pause(note));

export const resumeSchedule = (client: DroverClient, name: string, note: string): Promise<void> =>
  onSchedule(client, name, (handle) => handle.unpause(note));

/**
 * Starts a swarm now, whatever the schedule's times are, also while it is paused. Temporal keeps no eye on one that
 * may overlap: later ones do not wait for it, and its failure does not pause the schedule.
 */
export const triggerSchedule = (
  client: DroverClient,
  name: string,
  overlap: Overlap = 'allow-all',
): Promise<void> => onSchedule(client, name, (handle) => handle.trigger(policyOf(overlap)));

export interface BackfillSchedule {
  readonly from: Date;
  readonly to: Date;
  /** @default buffer-all: one after the other */
  readonly overlap?: Overlap;
}

/** Starts the swarms that were due between two times, as if it was then; those that there were are left out. */
export const backfillSchedule = (
  client: DroverClient,
  name: string,
  { from, to, overlap = 'buffer-all' }: BackfillSchedule,
): Promise<void> => {
  if (from > to)
    throw new DroverFailure('invalidInput', 'The time to begin with is after the time to end with', {
      hint: 'swap them',
    });
  return onSchedule(client, name, (handle) =>
    handle.backfill({ start: from, end: to, overlap: policyOf(overlap) }),
  );
};

/** Its swarms stay, also those at work. */
export const deleteSchedule = async (client: DroverClient, store: Store, name: string): Promise<void> => {
  await onSchedule(client, name, (handle) => handle.delete());
  await forgetDefinitions(store, name);
};
