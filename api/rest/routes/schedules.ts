/** Schedules: swarms that start at set times. */
import { z } from 'zod';
import { OVERLAPS } from '../../../domain/swarm/recurrence.ts';
import { changeSchedule, createSchedule } from '../../schedules/make.ts';
import { listSchedules, readSchedule } from '../../schedules/read.ts';
import {
  backfillSchedule,
  deleteSchedule,
  pauseSchedule,
  resumeSchedule,
  triggerSchedule,
} from '../../schedules/steer.ts';
import { prepareStart } from '../../start-request.ts';
import { text } from '../fields.ts';
import { route } from '../route.ts';
import { Time } from '../schemas/swarm.ts';
import { StartBody } from './swarms.ts';

const YEAR_SECONDS = 366 * 86_400;

const Name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,35}$/, 'is not the name of a schedule')
  .meta({ example: 'nightly' });
const ScheduleParams = z.object({ name: Name });
const OverlapPolicy = z.enum(OVERLAPS);
const CatchUp = z.int().min(10).max(YEAR_SECONDS);

const Zone = text(60).optional().meta({ description: 'IANA name; UTC when absent' });
const shown = {
  name: z.string(),
  goal: z.string(),
  repository: z.string(),
  when: z.string().meta({ description: 'In words' }),
  timezone: Zone,
  paused: z.boolean(),
  note: z.string(),
  next: z.array(Time),
  recent: z
    .array(z.looseObject({ swarmId: z.string(), dueAt: Time, startedAt: Time }))
    .meta({ description: 'The newest last' }),
};
const Schedule = z.looseObject(shown).meta({ id: 'Schedule' });
const Times = {
  cron: z
    .array(text(200))
    .min(1)
    .max(20)
    .optional()
    .meta({ description: 'Minute, hour, day, month, weekday; or @daily and the like' }),
  everySeconds: z.int().min(60).max(YEAR_SECONDS).optional().meta({ description: 'Counted from 1970' }),
  timezone: Zone,
  jitterSeconds: z.int().min(0).max(86_400).optional(),
};
const ScheduleDetails = z
  .looseObject({
    ...shown,
    ...Times,
    overlap: OverlapPolicy,
    catchUpSeconds: z.number(),
    pauseOnFailure: z.boolean(),
    taken: z.int(),
    missed: z.int(),
    skipped: z.int(),
  })
  .meta({ id: 'ScheduleDetails' });

const CreateBody = z
  .strictObject({
    name: Name,
    ...Times,
    overlap: OverlapPolicy.optional().meta({ description: '`skip` when absent' }),
    catchUpSeconds: CatchUp.optional().meta({ description: '3600 when absent' }),
    pauseOnFailure: z.boolean().optional(),
    paused: z.boolean().optional(),
    swarm: StartBody,
  })
  .meta({ id: 'CreateSchedule' });

const ChangeBody = z
  .strictObject({
    ...Times,
    overlap: OverlapPolicy.optional(),
    catchUpSeconds: CatchUp.optional(),
    pauseOnFailure: z.boolean().optional(),
    swarm: StartBody.optional().meta({
      description: 'What it starts, as a whole: its settings and plan are read anew',
    }),
  })
  .meta({ id: 'ChangeSchedule' });

/** Fields that were not sent are absent, not undefined. */
type Present<T> = { [K in keyof T]: Exclude<T[K], undefined> };
const withoutAbsent = <T extends object>(given: T): Present<T> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Present<T>;

const Note = z.strictObject({ note: text(500).optional() });

export const scheduleRoutes = [
  route({
    method: 'get',
    path: '/api/schedules',
    tag: 'schedules',
    summary: 'All schedules, with their next times',
    answer: z.looseObject({ schedules: z.array(Schedule) }),
    handle: async (api) => ({ schedules: await listSchedules(api.client) }),
  }),
  route({
    method: 'post',
    path: '/api/schedules',
    tag: 'schedules',
    summary: 'Start swarms at set times; their settings and plan are read now, once',
    body: CreateBody,
    answer: ScheduleDetails,
    status: 201,
    handle: async (api, { body: { swarm, ...schedule } }) => {
      const { home } = api.client;
      const start = await prepareStart(swarm, { home, env: api.env, defaults: api.defaults });
      await createSchedule(api.client, api.store, { ...withoutAbsent(schedule), start });
      return readSchedule(api.client, api.store, schedule.name);
    },
  }),
  route({
    method: 'get',
    path: '/api/schedules/{name}',
    tag: 'schedules',
    summary: 'What a schedule starts, when, and what came of it',
    params: ScheduleParams,
    answer: ScheduleDetails,
    handle: (api, { params }) => readSchedule(api.client, api.store, params.name),
  }),
  route({
    method: 'patch',
    path: '/api/schedules/{name}',
    tag: 'schedules',
    summary:
      'Change when it starts swarms, and what it starts; what is not sent stays, `cron` and `everySeconds` are changed together',
    params: ScheduleParams,
    body: ChangeBody,
    answer: ScheduleDetails,
    handle: async (api, { params: { name }, body: { swarm, ...change } }) => {
      const { home } = api.client;
      const { start: before } = await readSchedule(api.client, api.store, name);
      const start =
        swarm === undefined
          ? undefined
          : await prepareStart(swarm, { home, env: api.env, defaults: api.defaults });
      // Where its results go is nothing that a request can say.
      const delivery = before?.delivery === undefined ? {} : { delivery: before.delivery };
      await changeSchedule(api.client, api.store, name, {
        ...withoutAbsent(change),
        ...(start === undefined ? {} : { start: { ...delivery, ...start } }),
      });
      return readSchedule(api.client, api.store, name);
    },
  }),
  route({
    method: 'delete',
    path: '/api/schedules/{name}',
    tag: 'schedules',
    summary: 'Start no more swarms; those that there are stay',
    params: ScheduleParams,
    handle: (api, { params }) => deleteSchedule(api.client, api.store, params.name),
  }),
  ...(
    [
      ['pause', 'Start nothing until it is resumed', pauseSchedule],
      ['resume', 'End a pause', resumeSchedule],
    ] as const
  ).map(([name, summary, act]) =>
    route({
      method: 'post',
      path: `/api/schedules/{name}/${name}`,
      tag: 'schedules',
      summary,
      params: ScheduleParams,
      body: Note,
      handle: (api, { params, body }) => act(api.client, params.name, body.note ?? 'over the API'),
    }),
  ),
  route({
    method: 'post',
    path: '/api/schedules/{name}/trigger',
    tag: 'schedules',
    summary: 'Start a swarm of it now, also while it is paused',
    params: ScheduleParams,
    body: z.strictObject({ overlap: OverlapPolicy.optional() }),
    handle: (api, { params, body }) => triggerSchedule(api.client, params.name, body.overlap),
  }),
  route({
    method: 'post',
    path: '/api/schedules/{name}/backfill',
    tag: 'schedules',
    summary: 'Start the swarms that were due between two times; those that there were are left out',
    params: ScheduleParams,
    body: z.strictObject({ from: z.iso.datetime(), to: z.iso.datetime(), overlap: OverlapPolicy.optional() }),
    handle: (api, { params, body: { from, to, overlap } }) =>
      backfillSchedule(api.client, params.name, {
        from: new Date(from),
        to: new Date(to),
        ...(overlap === undefined ? {} : { overlap }),
      }),
  }),
];
