/** A swarm from its start to after its end through REST, event stream and WebSockets, with the API killed meanwhile. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { SwarmEvent } from '../../domain/swarm/events.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { Decision, SwarmView, TasksPage } from '../../domain/swarm/swarm.ts';
import { apiOf, listen, readStream, type ApiClient, type Listening } from '../support/api-client.ts';
import { startDrover, until, type Drover } from '../support/drover.ts';
import { git, makeRepository } from '../support/repository.ts';

let drover: Drover;
let api: ApiClient;
let repository: string;
let id: string;
const channels: Record<string, Listening> = {};

beforeAll(async () => {
  drover = await startDrover();
  api = await apiOf(drover);
  repository = join(drover.root, 'repository');
  await makeRepository(repository, { 'README.md': 'hello\n', 'shared.txt': 'base\n' });
  for (const channel of ['gm', 'status', 'logs', 'teams']) channels[channel] = await listen(api, channel);
}, 120_000);
afterAll(async () => {
  for (const { socket } of Object.values(channels)) socket.terminate();
  await drover.close();
});

const start = () => ({
  repository,
  plan: {
    goal: 'Try the API <script>alert(1)</script>',
    tasks: [
      {
        id: 'one',
        title: 'one',
        description: 'one',
        command: 'echo one > shared.txt; echo working; sleep 1',
      },
      { id: 'two', title: 'two', description: 'two', command: 'echo two > shared.txt' },
      { id: 'three', title: 'three', description: 'three', command: 'echo three > three.txt' },
    ],
  },
  config: { executor: 'command', gates: { conflict: 'ask' } },
});

const state = async (): Promise<SwarmView> => (await api.get<SwarmView>(`/api/swarms/${id}`)).body;

test('a start that is sent twice under one key starts one swarm, and the key is good for nothing else', async () => {
  const key = { 'idempotency-key': 'first-try' };
  const [one, two] = [
    await api.post('/api/swarms', start(), key),
    await api.post('/api/swarms', start(), key),
  ];
  expect(one.status).toBe(201);
  expect(two.status).toBe(201);
  id = String(one.body['id']);
  expect(two.body['id']).toBe(id);
  const other = await api.post('/api/swarms', { ...start(), approve: true }, key);
  expect(other.status).toBe(422);
  const listed = await until(
    async () => {
      const { swarms } = (await api.get<{ swarms: { id: string }[] }>('/api/swarms')).body;
      return swarms.length > 0 && swarms;
    },
    30,
    'the swarm is listed',
  );
  expect(listed.map((swarm) => swarm.id)).toEqual([id]);
});

test('the plan waits: it can be read and edited, a stale approval is refused, the newest is approved', async () => {
  await until(async () => (await state()).phase === 'awaiting_approval', 60, 'the plan waits');
  const edited = await api.post(`/api/swarms/${id}/plan/edits`, {
    edits: [
      {
        kind: 'add',
        task: {
          id: 'four',
          title: 'four',
          description: 'four',
          dependsOn: ['three'],
          priority: 2,
          category: 'default',
          files: [],
          command: 'echo four > four.txt',
        },
      },
    ],
  });
  expect(edited.body).toMatchObject({ version: 2 });
  const cycle = await api.post(`/api/swarms/${id}/plan/edits`, {
    edits: [{ kind: 'modify', taskId: 'three', set: { dependsOn: ['four'] } }],
  });
  expect(cycle.status).toBe(400);
  expect(cycle.headers.get('content-type')).toContain('application/problem+json');
  const plan = (await api.get<Plan>(`/api/swarms/${id}/plans/2`)).body;
  expect(plan.tasks.map((task) => task.id)).toEqual(['one', 'two', 'three', 'four']);
  expect((await api.post(`/api/swarms/${id}/plan/approve`, { version: 1 })).status).toBe(409);
  const rejected = await api.post(`/api/swarms/${id}/plan/reject`, { feedback: 'more tests' });
  expect(rejected.status).toBe(409);
  expect(rejected.text).toContain('no model');
  expect((await api.post(`/api/swarms/${id}/plan/approve`)).body).toEqual({ version: 2 });
});

const before: SwarmEvent[] = [];

test('a killed API comes back: the stream goes on where it was', async () => {
  await readStream(api, id, (events) => events.some(({ type }) => type === 'task_started'), before);
  await drover.kill('api');
  const decided = (events: readonly SwarmEvent[]): boolean =>
    events.some(({ type, data }) => type === 'decision_required' && data['kind'] === 'conflict');
  expect(decided(await readStream(api, id, decided, before))).toBe(true);
  channels['gm'] = await until(() => listen(api, 'gm').catch(() => undefined), 30, 'the channel is back');
});

test('the decision tells what is needed to decide; the first answer counts, the second is told so', async () => {
  const { decisions } = (await api.get<{ decisions: Decision[] }>(`/api/swarms/${id}/decisions`)).body;
  const decision = decisions.find(({ kind }) => kind === 'conflict');
  expect(decision?.detail).toContain('shared.txt');
  const conflict = `/api/swarms/${id}/conflict?task=`;
  expect((await api.get(conflict + decision?.taskIds[0])).text).toMatch(
    /^shared\.txt:1\n<<<<<<< what has landed\n/,
  );
  expect((await api.get(`${conflict}none`)).status).toBe(404);
  const path = `/api/gm/decisions/${id}.${decision?.id}/resolve`;
  expect((await api.post(path, { action: 'reject' })).status).toBe(200);
  await until(
    async () => {
      const again = await api.post(`/api/swarms/${id}/decisions/${decision?.id}/resolve`, {
        action: 'approve',
      });
      return again.status === 409;
    },
    30,
    'the second answer is refused',
  );
});

test('nothing was lost or doubled: the stream, the store and a new stream tell the same', async () => {
  const over = (events: readonly SwarmEvent[]): boolean =>
    events.some(({ type }) => type === 'project_completed');
  const followed = await readStream(api, id, over, before);
  const { events } = (await api.get<{ events: SwarmEvent[] }>(`/api/swarms/${id}/events?limit=1000`)).body;
  expect(followed).toEqual(events);
  expect(await readStream(api, id, over)).toEqual(events);
  const types = events.map(({ type }) => type);
  const once = ['project_started', 'plan_proposed', 'plan_approved', 'project_completed'];
  expect(once.map((type) => [type, types.filter((one) => one === type).length])).toEqual(
    once.map((type) => [type, 1]),
  );
  const decisions = (type: string) =>
    events.filter((one) => one.type === type).map(({ data }) => data['kind']);
  expect(decisions('decision_required')).toEqual(['plan', 'conflict']);
  expect(decisions('decision_resolved')).toEqual(['plan', 'conflict']);
  expect(types.filter((type) => type === 'task_started')).toHaveLength(4);
  expect(types.filter((type) => type === 'task_ended')).toHaveLength(4);
  expect(types).toEqual(
    expect.arrayContaining(['phase_change', 'merge_started', 'merge_conflict', 'merged']),
  );
});

test('what the store has lost is read again from Temporal, and is the same', async () => {
  const path = `/api/swarms/${id}/events?limit=1000`;
  const { events } = (await api.get<{ events: SwarmEvent[] }>(path)).body;
  const database = new DatabaseSync(drover.home.databaseFile, { timeout: 5_000 });
  database.exec('delete from events where sequence % 200 = 0');
  database.close();
  expect((await api.get<{ events: SwarmEvent[] }>(path)).body.events).not.toEqual(events);
  const { code, stdout, stderr } = await drover.cli(['store', 'rebuild', '--json']);
  expect({ code, errors: code === 0 ? '' : stderr }).toEqual({ code: 0, errors: '' });
  expect(JSON.parse(stdout)).toEqual({ swarms: 1, kept: 0 });
  expect((await api.get<{ events: SwarmEvent[] }>(path)).body.events).toEqual(events);
});

test('the channels told the same by the names that other dashboards know', () => {
  const of = (channel: string): string[] => channels[channel]?.messages.map(({ event }) => event) ?? [];
  expect(of('gm')).toEqual(expect.arrayContaining(['decision_resolved', 'project_completed']));
  // Opened before the API was killed, and not again since.
  expect(of('status')).toContain('new_execution');
});

test('every name of the other dashboards is told in a run, on its channel', async () => {
  const heard: Record<string, Listening> = {};
  for (const channel of ['gm', 'status', 'logs', 'teams']) heard[channel] = await listen(api, channel);
  const { body } = await api.post('/api/swarms', { ...start(), approve: true });
  const swarm = String(body['id']);
  const names = (channel: string): string[] => [
    ...new Set(
      heard[channel]?.messages.filter(({ data }) => data['swarmId'] === swarm).map(({ event }) => event),
    ),
  ];
  const open = await until(
    async () => {
      const { decisions = [] } = (await api.get<{ decisions?: Decision[] }>(`/api/swarms/${swarm}/decisions`))
        .body;
      return decisions.find(({ kind, answer }) => kind === 'conflict' && answer === undefined);
    },
    120,
    'the conflict waits',
  );
  expect(
    (await api.post(`/api/swarms/${swarm}/decisions/${open.id}/resolve`, { action: 'reject' })).status,
  ).toBe(200);
  await until(async () => names('gm').includes('project_completed'), 120, 'its end is told');
  await until(async () => names('teams').length === 2 && names('logs').length > 0, 60, 'its agents are told');
  expect(names('gm').toSorted()).toEqual([
    'decision_required',
    'decision_resolved',
    'merge_conflict',
    'merge_started',
    'phase_change',
    'project_completed',
    'project_started',
  ]);
  expect(names('status').toSorted()).toEqual(['execution_ended', 'new_execution']);
  // And `resource_error`, when an agent has used something up.
  expect(names('teams').toSorted()).toEqual(['new_team_session', 'team_progress']);
  expect(names('logs')).toEqual(['log']);
  const [line] = heard['logs']?.messages ?? [];
  expect(line?.data).toMatchObject({
    timestamp: expect.stringMatching(/^\d{4}-/),
    level: expect.stringMatching(/^(info|warning|error)$/),
    message: expect.any(String),
  });
  for (const { socket } of Object.values(heard)) socket.terminate();
});

test('what is frozen, killed or out of date is told as such, and a load balancer learns what keeps the API from its work', async () => {
  const health = async (): Promise<Record<string, string>> => {
    const { parts } = (
      await api.get<{ parts: { name: string; ok: boolean; detail: string }[] }>('/api/health')
    ).body;
    return Object.fromEntries(parts.map(({ name, ok, detail }) => [name, `${ok ? 'ok' : 'bad'}: ${detail}`]));
  };
  const ready = async (): Promise<number> => (await api.raw('/ready')).status;
  const all = ['temporal', 'store', 'worker', 'api', 'gateway', 'disk'];
  expect(await health()).toEqual(Object.fromEntries(all.map((name) => [name, expect.stringMatching(/^ok/)])));
  expect(await ready()).toBe(200);

  await drover.kill('gateway', 'SIGSTOP');
  try {
    expect((await health())['gateway']).toMatch(/^bad: .*does not answer, though it is running/);
    expect(await ready()).toBe(200);
  } finally {
    await drover.kill('gateway', 'SIGCONT');
  }
  await until(async () => (await health())['gateway']?.startsWith('ok'), 60, 'the gateway answers again');

  await drover.kill('gateway');
  await drover.kill('worker');
  for (const name of ['gateway', 'worker'])
    await until(
      async () => (await health())[name] === 'ok: running, restarted once',
      90,
      `the ${name} that was killed is there again`,
    );

  const database = new DatabaseSync(drover.home.databaseFile, { timeout: 5_000 });
  const [newest] = database.prepare('select * from drover_migrations order by name desc').all();
  database.prepare('delete from drover_migrations where name = ?').run(String(newest?.['name']));
  expect((await health())['store']).toContain(`bad: it lacks ${String(newest?.['name'])}`);
  expect(await ready()).toBe(503);
  database
    .prepare('insert into drover_migrations (name, at) values (?, ?)')
    .run(String(newest?.['name']), String(newest?.['at']));
  database.close();
  expect(await ready()).toBe(200);

  await drover.kill('temporal', 'SIGSTOP');
  try {
    expect(await ready()).toBe(503);
    expect((await health())['temporal']).toMatch(/^bad: .*does not answer/);
    expect((await api.raw('/health')).status).toBe(200);
  } finally {
    await drover.kill('temporal', 'SIGCONT');
  }
  await until(async () => (await ready()) === 200, 60, 'it can serve again');
});

test('report, diffs, matrix, merges and costs can be had', async () => {
  const report = await until(
    async () => {
      const answer = await api.get(`/api/swarms/${id}/report`);
      return answer.status === 200 && answer;
    },
    30,
    'the report is there',
  );
  expect(report.body).toMatchObject({ swarmId: id, outcome: 'completed' });
  expect((await api.get(`/api/swarms/${id}/report.md`)).text).toContain('# ');
  const diff = await api.get(`/api/swarms/${id}/diff`);
  expect(diff.headers.get('content-type')).toContain('text/plain');
  expect(diff.text).toContain('+four');
  expect((await api.get(`/api/swarms/${id}/diff?task=three`)).text).toContain('+three');
  expect((await api.get(`/api/swarms/${id}/diff?task=none`)).status).toBe(404);
  const { landings } = (await api.get<{ landings: { taskId: string }[] }>(`/api/swarms/${id}/merges`)).body;
  expect(landings.map(({ taskId }) => taskId)).toEqual(expect.arrayContaining(['three', 'four']));
  const matrix = await api.get<{ matrices: { pairs: { conflictPaths: string[] }[] }[] }>(
    `/api/swarms/${id}/matrix`,
  );
  expect(matrix.body.matrices[0]?.pairs[0]?.conflictPaths).toEqual(['shared.txt']);
  expect((await api.get(`/api/swarms/${id}/costs`)).body).toMatchObject({ total: { calls: 0 } });
  const { agents } = (await api.get<{ agents: { agentId: string }[] }>(`/api/swarms/${id}/agents`)).body;
  expect(agents).toHaveLength(4);
  const log = await api.get<{ events: { text?: string }[]; next: number }>(
    `/api/swarms/${id}/agents/agent-0/log`,
  );
  expect(JSON.stringify(log.body.events)).toContain('working');
  const after = await api.get(`/api/swarms/${id}/agents/agent-0/log?from=${log.body.next}`);
  expect(after.body).toEqual({ events: [], next: log.body.next, more: false });
  const whole = await api.get(`/api/swarms/${id}/tasks`);
  const etag = whole.headers.get('etag') ?? '';
  expect(
    (await api.get(`/api/swarms/${id}/tasks`, { 'if-none-match': etag, 'cache-control': 'max-age=0' }))
      .status,
  ).toBe(304);
});

test('the result is merged and pushed on request, what has landed cannot be discarded, and a file that is not there is not found', async () => {
  const merged = await api.post(`/api/swarms/${id}/merge`, { into: 'main' });
  expect([merged.status, merged.body]).toEqual([
    200,
    { into: expect.objectContaining({ branch: 'main', how: expect.stringMatching(/fast_forward|already/) }) },
  ]);
  const remote = join(drover.root, 'remote.git');
  await git(drover.root, 'init', '-q', '--bare', remote);
  const pushed = await api.post(`/api/gm/projects/${id}/push`, { remote, branch: 'from-drover' });
  expect([pushed.status, pushed.body]).toMatchObject([
    200,
    { push: { how: expect.stringMatching(/created|already/) } },
  ]);
  expect(await git(remote, 'show', 'from-drover:four.txt')).toBe('four');
  const secret = await api.post(`/api/swarms/${id}/push`, { remote: 'https://me:secret@example.org/x.git' });
  expect(secret.status).toBe(400);
  expect((await api.post(`/api/swarms/${id}/tasks/three/discard`)).status).toBe(409);
  const { templates } = (await api.get<{ templates: { name: string }[] }>('/api/gm/templates')).body;
  expect(templates.map(({ name }) => name)).toContain('code-review');
  const files = await Promise.all(['/assets/gone.js', '/gone.css'].map((path) => api.raw(path)));
  expect(files.map(({ status }) => status)).toEqual([404, 404]);
  expect((await api.raw('/swarms', { headers: { accept: 'text/html' } })).status).toBe(200);
});

test('a project template of drover.yml is listed, and launched by its name', async () => {
  const file = join(drover.root, 'templates');
  await makeRepository(file, {
    'drover.yml': `executor: command
templates:
  tidy:
    goal: Tidy up
    test: test -e one.txt && test -e two.txt
    agents:
      - { team: implementer, task: One, command: echo one > one.txt }
      - { team: chores, task: Two, command: echo two > two.txt }
`,
  });
  const { templates } = (
    await api.get<{ templates: object[] }>(`/api/gm/templates?repository=${encodeURIComponent(file)}`)
  ).body;
  expect(templates[0]).toMatchObject({
    name: 'tidy',
    repo_path: file,
    test_command: 'test -e one.txt && test -e two.txt',
    agents: [{ team: 'implementer', task: 'One' }, { team: 'chores' }],
  });
  const none = await api.post('/api/gm/launch', { repo_path: file, template: 'tidi' });
  expect([none.status, none.text]).toEqual([404, expect.stringContaining('it has tidy')]);
  expect((await api.post('/api/gm/launch', { repo_path: file })).status).toBe(400);
  const launched = await api.post('/api/gm/launch', { repo_path: file, template: 'tidy' });
  expect([launched.status, launched.text]).toEqual([201, expect.any(String)]);
  const path = `/api/gm/projects/${String(launched.body['id'])}`;
  await until(
    async () => (await api.get<{ project: SwarmView }>(path)).body.project.phase === 'completed' || undefined,
    120,
    'the project is completed',
  );
  const plan = await api.get<Plan>(`/api/swarms/${String(launched.body['id'])}/plans/1`);
  expect(plan.body).toMatchObject({
    goal: 'Tidy up',
    tasks: [{ role: 'implementer' }, { category: 'chores' }],
  });
});

test('an ended swarm is there when Temporal has forgotten it', async () => {
  const content = await until(
    async () => (await drover.cli(['status', id, '--json'])).code === 0 && state(),
    30,
    'the state at the end',
  );
  const tasks = (await api.get<TasksPage>(`/api/swarms/${id}/tasks?state=completed&limit=2`)).body;
  const { temporal, target } = await drover.client();
  await temporal.workflowService.deleteWorkflowExecution({
    namespace: target.namespace,
    workflowExecution: { workflowId: id },
  });
  await until(
    () =>
      temporal.workflow
        .getHandle(id)
        .describe()
        .then(() => false)
        .catch(() => true),
    120,
    'Temporal has forgotten it',
  );
  expect((await api.get(`/api/swarms/${id}`)).body).toEqual(content);
  expect((await api.get(`/api/swarms/${id}/tasks?state=completed&limit=2`)).body).toEqual(tasks);
  expect((await api.get<Plan>(`/api/swarms/${id}/plans/2`)).body.tasks).toHaveLength(4);
  const { swarms } = (await api.get<{ swarms: object[] }>('/api/swarms')).body;
  expect(swarms).toContainEqual(expect.objectContaining({ id, archived: true, running: false }));
});

test('metrics count what was asked, without ids', async () => {
  const { text } = await api.get('/metrics');
  expect(text).toContain(
    'drover_http_request_seconds_count{method="GET",route="/api/swarms/:swarmId",status="200"}',
  );
  expect(text).not.toContain(id);
});
