/** A real Drover whose histories are encrypted: nothing of the goal can be read in Temporal, everything in Drover. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { SwarmEvent } from '../../domain/swarm/events.ts';
import type { SwarmView } from '../../domain/swarm/swarm.ts';
import { apiOf, type ApiClient } from '../support/api-client.ts';
import { startDrover, until, type Drover } from '../support/drover.ts';
import { postgresIsHere, startPostgres, type Postgres } from '../support/postgres.ts';
import { makeRepository } from '../support/repository.ts';
import { temporalProgram } from '../support/temporal-program.ts';

const shell = promisify(execFile);
const OLD = Buffer.alloc(32, 5).toString('base64');
const NEW = Buffer.alloc(32, 6).toString('base64');
const OTHER = Buffer.alloc(32, 7).toString('base64');
const SECRET = 'xyzzy-plugh';

let postgres: Postgres | undefined;
/** Address of its database. */
let record: string | undefined;
let drover: Drover;
let api: ApiClient;
let id: string;
let program: string;

beforeAll(async () => {
  program = await temporalProgram();
  // Its record in PostgreSQL, so that reading it again is tried there too; test/api/whole-swarm.test.ts does on SQLite.
  if (postgresIsHere) postgres = await startPostgres();
  record = postgres === undefined ? undefined : await postgres.database();
  drover = await startDrover({
    DROVER_ENCRYPTION_KEY: OLD,
    ...(record === undefined ? {} : { DROVER_DATABASE_URL: record }),
  });
  api = await apiOf(drover);
  const repository = join(drover.root, 'repository');
  await makeRepository(repository, { 'README.md': 'hello\n' });
  const started = await api.post('/api/swarms', {
    repository,
    plan: {
      goal: `Say ${SECRET}`,
      tasks: [
        { id: 'one', title: SECRET, description: SECRET, command: `echo ${SECRET} > one.txt` },
        { id: 'two', title: SECRET, description: SECRET, command: `echo ${SECRET} failed; exit 3` },
      ],
    },
    config: { executor: 'command', retries: 0, gates: { task: 'fail' } },
  });
  expect(started.status).toBe(201);
  id = String(started.body['id']);
}, 120_000);
afterAll(async () => {
  await drover?.close();
  await postgres?.stop();
});

const state = async (): Promise<SwarmView> => (await api.get<SwarmView>(`/api/swarms/${id}`)).body;
const events = async (): Promise<readonly SwarmEvent[]> =>
  (await api.get<{ events: SwarmEvent[] }>(`/api/swarms/${id}/events?limit=1000`)).body.events;

/** What the CLI prints as JSON, with its payloads in plain text. */
const readable = (json: string): string =>
  json.replaceAll(/"([A-Za-z0-9+/]{8,}={0,2})"/g, (_, data: string) =>
    Buffer.from(data, 'base64').toString(),
  );

/** All texts and bytes of a value, whatever its shape. */
const textsIn = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  if (typeof value !== 'object' || value === null) return '';
  return Object.values(value).map(textsIn).join('\n');
};

test('the histories of swarm and tasks hold nothing of the goal, also not in their errors', async () => {
  await until(async () => (await state()).phase === 'awaiting_approval', 90, 'the plan waits');
  expect(await state()).toMatchObject({ goal: `Say ${SECRET}` });
  // Read again while it runs, twice at once, and while the API goes on recording it.
  const before = await until(
    async () => {
      const all = await events();
      return all.some(({ type }) => type === 'decision_required') && all;
    },
    60,
    'the question is told',
  );
  const again = await Promise.all([1, 2].map(() => drover.cli(['store', 'rebuild', '--json'])));
  expect(again.map(({ code, stdout }) => [code, JSON.parse(stdout)])).toEqual(
    again.map(() => [0, { swarms: 1, kept: 0 }]),
  );
  expect(await events()).toEqual(before);
  expect((await api.post(`/api/swarms/${id}/plan/approve`)).status).toBe(200);
  await until(async () => (await state()).phase === 'failed', 180, 'the swarm has failed');
  const { temporal } = await drover.client();
  for (const workflowId of [id, `${id}/task/one`, `${id}/task/two`]) {
    const handle = temporal.workflow.getHandle(workflowId);
    const text = textsIn(await handle.fetchHistory());
    expect(text).toContain('binary/encrypted');
    expect(text).not.toContain(SECRET);
    expect(textsIn((await handle.describe()).raw)).not.toContain(SECRET);
    if (workflowId === id) expect(text).toContain('Encoded failure');
  }
});

test('Drover reads all of it, and reads it again', async () => {
  const { swarms } = (await api.get<{ swarms: object[] }>(`/api/swarms?search=${SECRET}`)).body;
  expect(swarms).toMatchObject([{ id, goal: `Say ${SECRET}` }]);
  const told = await until(
    async () => {
      const all = await events();
      return all.some(({ type }) => type === 'project_completed') && all;
    },
    60,
    'the end is told',
  );
  // Also of decisions that a policy answers in the step that opens them.
  expect(told.filter(({ data }) => data['kind'] === 'task').map(({ type }) => type)).toEqual([
    'decision_required',
    'decision_resolved',
  ]);
  expect(told[0]?.data).toMatchObject({ goal: `Say ${SECRET}` });
  const end = told.find(({ type }) => type === 'project_completed');
  expect(end?.data).toMatchObject({ phase: 'failed' });
  expect(JSON.stringify(end?.data)).not.toContain('Encoded');
  if (record !== undefined) {
    const database = new pg.Client({ connectionString: record });
    await database.connect();
    await database.query('delete from events where sequence % 200 = 0');
    await database.end();
    expect(await events()).not.toEqual(told);
  }
  const { code, stdout } = await drover.cli(['store', 'rebuild', '--json']);
  expect([code, JSON.parse(stdout)]).toEqual([0, { swarms: 1, kept: 0 }]);
  expect(await events()).toEqual(told);
});

test('the Temporal CLI shows it with the codec endpoint, to those who have the token', async () => {
  const { address } = (await drover.services()).temporal;
  const show = (...more: readonly string[]) =>
    shell(
      program,
      ['workflow', 'show', '--address', address, '--workflow-id', id, '--output', 'json', ...more],
      {
        maxBuffer: 64 * 1024 * 1024,
      },
    );
  expect(readable((await show()).stdout)).not.toContain(SECRET);
  const endpoint = ['--codec-endpoint', `${api.url}/codec`];
  const shown = await show(...endpoint, '--codec-auth', `Bearer ${api.token}`);
  expect(readable(shown.stdout)).toContain(SECRET);
  await expect(show(...endpoint, '--codec-auth', 'Bearer nothing')).rejects.toMatchObject({ code: 1 });
});

test('the page of the Web UI is answered, another page is not', async () => {
  const { uiUrl = '' } = (await drover.services()).temporal;
  const plain = { metadata: { encoding: Buffer.from('json/plain').toString('base64') }, data: 'IngiCg==' };
  const ask = (way: string, payloads: unknown, headers: Record<string, string>) =>
    api.raw(`/codec/${way}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ payloads }),
    });
  const authorization = `Bearer ${api.token}`;
  const origin = new URL(uiUrl).origin;
  const encoded = await ask('encode', [plain], { authorization, origin });
  expect(encoded.headers.get('access-control-allow-origin')).toBe(origin);
  expect(encoded.headers.get('access-control-allow-credentials')).toBe('true');
  const { payloads } = encoded.body as { payloads: unknown };
  expect(JSON.stringify(payloads)).not.toContain('IngiCg==');
  expect((await ask('decode', payloads, { authorization, origin })).body).toEqual({ payloads: [plain] });
  const preflight = await api.raw('/codec/decode', { method: 'OPTIONS', headers: { origin } });
  expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, origin]);
  const foreign = await ask('decode', payloads, { authorization, origin: 'http://127.0.0.1:1' });
  expect([foreign.status, foreign.headers.get('access-control-allow-origin')]).toEqual([403, null]);
  expect((await ask('decode', payloads, { origin })).status).toBe(401);
  expect((await ask('decode', [{ metadata: 1 }], { authorization })).status).toBe(400);
  // No payloads, as Temporal's CLI sends those of a cancellation.
  expect((await ask('decode', undefined, { authorization })).body).toEqual({ payloads: [] });
});

test('the key can be replaced; a missing or wrong one is an error that says what to do', async () => {
  await drover.up({ DROVER_ENCRYPTION_KEY: `${NEW},${OLD}` });
  const status = await drover.cli(['status', id, '--json']);
  expect([status.code, status.stdout.includes(SECRET)]).toEqual([0, true]);
  for (const key of ['', OTHER]) {
    const { code, stderr } = await drover.cli(['status', id], { env: { DROVER_ENCRYPTION_KEY: key } });
    expect([code, stderr]).toEqual([2, expect.stringContaining('DROVER_ENCRYPTION_KEY')]);
  }
  const wrong = await drover.cli(['up'], { env: { DROVER_ENCRYPTION_KEY: 'no key' } });
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('32 bytes as base64')]);
});
