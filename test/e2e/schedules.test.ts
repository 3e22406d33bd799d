// Schedules from the command line and over REST, on the real server: what is due starts, once, and says what it was.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ScheduleDetails, ScheduleView } from '../../api/schedules/read.ts';
import { apiOf, type ApiClient } from '../support/api-client.ts';
import { json, runCli, type CliEnvironment } from '../support/cli.ts';
import { barrier, writePlan, type Status } from '../support/cli-swarm.ts';
import { startDrover, until, type Drover } from '../support/drover.ts';
import { git, makeRepository } from '../support/repository.ts';

const HOUR_MS = 3_600_000;

let drover: Drover;
let api: ApiClient;
let count = 0;
beforeAll(async () => {
  drover = await startDrover();
  api = await apiOf(drover);
}, 120_000);
afterAll(() => drover?.close());

const project = async (): Promise<CliEnvironment> => {
  const cwd = `${drover.root}/project-${++count}`;
  await makeRepository(cwd, { 'README.md': '# Project\n' });
  return { home: drover.home.root, cwd };
};

const name = (what: string): string => `${what}-${count}`;

const show = (where: CliEnvironment, schedule: string): Promise<ScheduleDetails> =>
  json<ScheduleDetails>(where, 'schedule', 'show', schedule);

const create = async (
  where: CliEnvironment,
  schedule: string,
  command: string,
  ...options: readonly string[]
): Promise<ScheduleDetails> => {
  const plan = await writePlan(where, [{ id: 'work', command }], 'Keep it tidy');
  return json<ScheduleDetails>(
    where,
    'schedule',
    'create',
    schedule,
    '--plan',
    plan,
    '--executor',
    'command',
    '--yes',
    ...options,
  );
};

const started = (where: CliEnvironment, schedule: string, swarms: number): Promise<ScheduleDetails> =>
  until(
    async () => {
      const view = await show(where, schedule);
      return view.recent.length >= swarms && view;
    },
    120,
    `${schedule} has started ${swarms} swarms`,
  );

const phase = async (where: CliEnvironment, id: string): Promise<string> =>
  (await json<Status>(where, 'status', id).catch(() => undefined))?.view.phase ?? 'unknown';

const completedSwarm = (where: CliEnvironment, id: string): Promise<true> =>
  until(async () => (await phase(where, id)) === 'completed' || undefined, 180, `${id} is completed`);

describe('a schedule', () => {
  test('says when it starts what, starts it when triggered, and its swarms outlive it', async () => {
    const where = await project();
    const nightly = name('nightly');
    const made = await create(
      where,
      nightly,
      'echo tidy > tidy.txt',
      '--cron',
      '0 3 * * MON-FRI',
      '--time-zone',
      'Europe/Berlin',
      '--jitter',
      '10m',
      '--overlap',
      'buffer-one',
      '--catch-up',
      '2h',
      '--pause-on-failure',
      '--paused',
    );
    expect(made).toMatchObject({
      when: '0 3 * * MON-FRI (Europe/Berlin), up to 10m late',
      goal: 'Keep it tidy',
      repository: where.cwd,
      overlap: 'buffer-one',
      catchUpSeconds: 7_200,
      pauseOnFailure: true,
      paused: true,
    });
    const local = new Intl.DateTimeFormat('en-GB', {
      timeZone: 'Europe/Berlin',
      weekday: 'short',
      hour: '2-digit',
    });
    for (const next of made.next)
      expect(local.format(new Date(next))).toMatch(/^(Mon|Tue|Wed|Thu|Fri)[, ]+03$/);

    expect((await runCli(where, 'schedule', 'resume', nightly, '--note', 'holidays are over')).code).toBe(0);
    expect(await show(where, nightly)).toMatchObject({ paused: false, note: 'holidays are over' });
    const listed = await until(
      async () =>
        (await json<{ schedules: ScheduleView[] }>(where, 'schedule', 'list')).schedules.find(
          (one) => one.name === nightly && !one.paused,
        ),
      60,
      'it is listed as it is',
    );
    expect(listed.when).toBe(made.when);
    expect((await runCli(where, 'schedule', 'show', nightly)).stdout).toMatch(
      /^ {2}next +\d{4}-\d\d-\d\d 03:0\d Europe\/Berlin, /m,
    );

    // Its times alone; what it starts, its policies and its time zone stay.
    const later = await json<ScheduleDetails>(where, 'schedule', 'edit', nightly, '--cron', '30 4 * * SUN');
    const { when: _, cron: __, next: ___, note: ____, paused: _____, ...kept } = made;
    expect(later).toMatchObject({
      ...kept,
      cron: ['30 4 * * SUN'],
      when: '30 4 * * SUN (Europe/Berlin), up to 10m late',
    });
    expect(await runCli(where, 'schedule', 'edit', nightly)).toMatchObject({ code: 2 });

    expect((await runCli(where, 'schedule', 'trigger', nightly)).code).toBe(0);
    const swarmId = (await started(where, nightly, 1)).recent[0]!.swarmId;
    await completedSwarm(where, swarmId);
    expect(await git(where.cwd, 'show', `drover/${swarmId}:tidy.txt`)).toBe('tidy');

    expect((await runCli(where, 'schedule', 'delete', nightly)).code).toBe(0);
    const gone = await runCli(where, 'schedule', 'show', nightly);
    expect(gone).toMatchObject({ code: 4, stderr: expect.stringContaining('drover schedule list') });
    expect(await phase(where, swarmId)).toBe('completed');
  });

  test('makes up for what was due, each time once', async () => {
    const where = await project();
    const hourly = name('hourly');
    await create(where, hourly, 'date +%N > now.txt', '--every', '1h', '--paused');
    const hour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
    const backfill = () =>
      runCli(
        where,
        'schedule',
        'backfill',
        hourly,
        '--from',
        new Date(hour - 2 * HOUR_MS - 60_000).toISOString(),
        '--to',
        new Date(hour - HOUR_MS + 60_000).toISOString(),
      );
    expect((await backfill()).code).toBe(0);
    const { recent } = await started(where, hourly, 2);
    for (const { swarmId } of recent) await completedSwarm(where, swarmId);
    expect((await backfill()).code).toBe(0);
    // Another start comes after what the second one might have started.
    expect((await runCli(where, 'schedule', 'trigger', hourly)).code).toBe(0);
    const after = await until(
      async () => {
        const newest = (await show(where, hourly)).recent.at(-1);
        return newest !== undefined && !recent.some(({ swarmId }) => swarmId === newest.swarmId) && newest;
      },
      120,
      'the triggered swarm',
    );
    await completedSwarm(where, after.swarmId);
    const branches = (
      await git(where.cwd, 'branch', '--list', '--format=%(refname:short)', 'drover/*')
    ).split('\n');
    expect(branches.toSorted()).toEqual(
      [...recent, after].map(({ swarmId }) => `drover/${swarmId}`).toSorted(),
    );
    await runCli(where, 'schedule', 'delete', hourly);
  });

  test('starts once where the clocks bring its time twice, and not where they leave it out', async () => {
    const where = await project();
    const local = name('local');
    await create(
      where,
      local,
      'date +%N > now.txt',
      '--cron',
      '30 2 * * *',
      '--time-zone',
      'Europe/Berlin',
      '--paused',
    );
    for (const day of ['2026-03-29', '2026-10-25']) {
      const { code } = await runCli(
        where,
        'schedule',
        'backfill',
        local,
        '--from',
        `${day}T00:00:00Z`,
        '--to',
        `${day}T23:00:00Z`,
      );
      expect(code).toBe(0);
    }
    const { recent } = await started(where, local, 1);
    expect(recent.map(({ swarmId }) => swarmId)).toEqual([`${local}-2026-10-25t01-30-00z`]);
    await completedSwarm(where, `${local}-2026-10-25t01-30-00z`);
    await runCli(where, 'schedule', 'delete', local);
  });

  test('leaves a start out while its swarm is at work, and goes on when that has failed', async () => {
    const where = await project();
    const busy = name('busy');
    const gate = await barrier(where);
    await create(
      where,
      busy,
      `${gate.wait}; exit 1`,
      '--every',
      '1w',
      '--gate',
      'task=fail',
      '--pause-on-failure',
    );
    await runCli(where, 'schedule', 'trigger', busy, '--overlap', 'skip');
    const { recent } = await started(where, busy, 1);
    await runCli(where, 'schedule', 'trigger', busy, '--overlap', 'skip');
    expect(
      await until(async () => (await show(where, busy)).skipped || undefined, 60, 'one is left out'),
    ).toBe(1);
    await gate.open();
    const paused = await until(
      async () => {
        const view = await show(where, busy);
        return view.paused && view;
      },
      180,
      'the schedule is paused, since its swarm failed',
    );
    expect(paused.recent).toHaveLength(1);
    expect(await phase(where, recent[0]!.swarmId)).toBe('failed');
    await runCli(where, 'schedule', 'delete', busy);
  });
});

test('what cannot be is refused in clear words, and nothing is made', async () => {
  const where = await project();
  const plan = await writePlan(where, [{ id: 'work', command: 'true' }]);
  const tried = (...options: readonly string[]) =>
    runCli(where, 'schedule', 'create', ...options, '--plan', plan, '--executor', 'command');
  expect(await tried('no-time')).toMatchObject({ code: 2, stderr: expect.stringContaining('not said when') });
  expect(await tried('Bad_Name', '--every', '1h')).toMatchObject({ code: 2 });
  expect(await tried('bad-cron', '--cron', '99 99 * * *')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/does not take these times[^]*MON-FRI/),
  });
  expect(await tried('bad-zone', '--cron', '@daily', '--time-zone', 'Mars/Olympus')).toMatchObject({
    code: 2,
  });
  expect(await tried('bad-overlap', '--every', '1h', '--overlap', 'maybe')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('buffer-one'),
  });
  const { schedules } = (await api.get<{ schedules: ScheduleView[] }>('/api/schedules')).body;
  expect(schedules.map((one) => one.name).filter((one) => /^(no|bad)/i.test(one))).toEqual([]);
});

test('the same over REST', async () => {
  const where = await project();
  const rest = name('rest');
  const body = {
    name: rest,
    cron: ['@weekly'],
    paused: true,
    swarm: {
      repository: where.cwd,
      approve: true,
      config: { executor: 'command' },
      plan: { goal: 'Weekly', tasks: [{ id: 'one', title: 'one', command: 'echo 1 > one' }] },
    },
  };
  expect((await api.post('/api/schedules', body)).status).toBe(201);
  expect((await api.post('/api/schedules', body)).status).toBe(409);
  expect((await api.post('/api/schedules', { ...body, name: `${rest}-x`, cron: ['never'] })).status).toBe(
    400,
  );
  const change = (what: object): ReturnType<ApiClient['raw']> =>
    api.raw(`/api/schedules/${rest}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(what),
    });
  const { start, ...timed } = (await change({ everySeconds: 86_400, overlap: 'buffer-all' }))
    .body as unknown as ScheduleDetails;
  expect(timed).toMatchObject({
    when: 'every 1d',
    everySeconds: 86_400,
    overlap: 'buffer-all',
    paused: true,
  });
  expect(timed).not.toHaveProperty('cron');
  const goal = { ...body.swarm, goal: 'Daily' };
  expect((await change({ swarm: goal })).body).toMatchObject({
    ...timed,
    goal: 'Daily',
    start: { plan: { tasks: start?.plan?.tasks } },
  });
  expect((await change({ cron: ['never'] })).status).toBe(400);
  expect((await change({ swarm: { ...goal, repository: '/nowhere' } })).status).toBe(400);
  expect((await api.post(`/api/schedules/${rest}/resume`, {})).status).toBe(204);
  expect((await api.post(`/api/schedules/${rest}/trigger`, {})).status).toBe(204);
  const swarmId = await until(
    async () => (await api.get<ScheduleDetails>(`/api/schedules/${rest}`)).body.recent[0]?.swarmId,
    60,
    'its swarm',
  );
  await completedSwarm(where, swarmId);
  const backfill = { from: '2026-11-02T00:00:00Z', to: '2026-11-01T00:00:00Z' };
  expect((await api.post(`/api/schedules/${rest}/backfill`, backfill)).status).toBe(400);
  expect(
    (
      await api.raw(`/api/schedules/${rest}`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${api.token}` },
      })
    ).status,
  ).toBe(204);
  expect((await api.get(`/api/schedules/${rest}`)).status).toBe(404);
});
