// The whole way of a budget under `drover up`: the model alone is scripted. People are warned, the agents wait while
// gateway and worker are killed, and go on where they were when it is raised; or the swarm ends with a report.
import { createServer, type Server } from 'node:http';
import { access, readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Anthropic } from '@anthropic-ai/sdk';
import { findMarked } from '../../activities/process/sweep.ts';
import type { AgentSpec } from '../../domain/agents/agent.ts';
import type { SwarmEvent } from '../../domain/swarm/events.ts';
import type { Decision } from '../../domain/swarm/swarm.ts';
import { readSpending } from '../../store/budgets.ts';
import { openStore, type Store } from '../../store/database.ts';
import { agentDirectory, swarmDirectory } from '../../store/home.ts';
import { apiOf, type ApiClient } from '../support/api-client.ts';
import { droverJson, type Status } from '../support/drover-json.ts';
import { startDrover, until, type Drover } from '../support/drover.ts';
import { startModelServer, type ModelServer, type ScriptedReply } from '../support/model-server.ts';
import { git, makeRepository } from '../support/repository.ts';

jest.setTimeout(300_000);

/** More than an agent can pay for from the first budget. */
const FILES_PER_TASK = 5;
/** At $2 and $10 for a million tokens: $0.202. A call is reserved at some $0.35, most of it for its output. */
const USAGE = { input: 1_000, output: 20_000 };

const scripted = ({ messages }: Anthropic.MessageCreateParamsStreaming, index: number): ScriptedReply => {
  const [, name] = /Write the files of ([ab])\b/.exec(JSON.stringify(messages[0])) ?? [];
  if (name === undefined) return { blocks: [{ text: 'Scripted: that was it.' }] };
  const turn = messages.filter(({ role }) => role === 'assistant').length;
  const call = { id: `toolu_${index}`, tool: turn < FILES_PER_TASK ? 'write_file' : 'finish' };
  const input =
    turn < FILES_PER_TASK
      ? { path: `${name}/${turn}.txt`, content: `${name} ${turn}\n` }
      : { summary: `Scripted: wrote ${name}.` };
  return { blocks: [{ ...call, input }], usage: USAGE, pauseMs: 20 };
};

let drover: Drover;
let model: ModelServer;
let api: ApiClient;
let store: Store;
let receiver: Server;
const told: string[] = [];
beforeAll(async () => {
  model = await startModelServer(scripted);
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      told.push((JSON.parse(body) as { text: string }).text);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  drover = await startDrover({
    ANTHROPIC_API_KEY: 'scripted-key',
    ANTHROPIC_BASE_URL: model.url,
    DROVER_WEBHOOKS_ALLOW: '127.0.0.1',
    DROVER_TEST: '1',
    // The gateway dies in the very moment in which it would ask a person.
    DROVER_CRASH_AT: 'budget.reached',
  });
  api = await apiOf(drover);
  store = await openStore({ file: drover.home.databaseFile });
}, 120_000);
afterAll(async () => {
  await store?.close();
  receiver?.close();
  await drover?.close();
  await model?.close();
});

const json = <T>(args: readonly string[], cwd?: string): Promise<T> => droverJson<T>(drover, args, cwd);
const statusOf = (id: string): Promise<Status> => json<Status>(['status', id]);

let runs = 0;
const started = async (budget: string): Promise<{ readonly id: string; readonly repository: string }> => {
  const repository = join(drover.root, `project-${++runs}`);
  const plan = `${repository}.json`;
  const tasks = ['a', 'b'].map((id) => ({ id, title: id, description: `Write the files of ${id}.` }));
  await writeFile(plan, JSON.stringify({ goal: 'Write files', tasks }));
  const { port } = receiver.address() as AddressInfo;
  const settings = {
    executor: 'api',
    parallel: 2,
    retries: 0,
    webhooks: [{ name: 'people', url: `http://127.0.0.1:${port}/`, format: 'slack' }],
  };
  await makeRepository(repository, { 'README.md': 'hello\n', 'drover.yml': JSON.stringify(settings) });
  const run = ['run', '--plan', plan, '--budget', budget, '--yes', '--detach'];
  return { id: (await json<{ swarmId: string }>(run, repository)).swarmId, repository };
};

/** Waits until a person is asked for money. */
const asked = (id: string): Promise<Decision> =>
  until(
    async () => (await statusOf(id)).decisions.find(({ kind, answer }) => kind === 'budget' && !answer),
    120,
    'a person is asked for money',
  );

const claims = (id: string): Promise<readonly string[]> =>
  Promise.all(
    ['agent-0', 'agent-1'].map((agent) =>
      readFile(agentDirectory(swarmDirectory(drover.home, id), agent).claim, 'utf8'),
    ),
  );

const restarted = async (service: 'gateway' | 'worker'): Promise<void> => {
  const before = await drover.kill(service);
  await until(
    async () => (await drover.pid(service).catch(() => before)) !== before,
    60,
    `the ${service} is there again`,
  );
};

const ended = (id: string): Promise<Status> =>
  until(
    async () => {
      const status = await statusOf(id);
      return status.view.endedAt !== undefined && status;
    },
    180,
    'the swarm has ended',
  );

test('agents without money wait, whoever is killed meanwhile, and go on where they were when it is raised', async () => {
  const { id, repository } = await started('1.25');
  const decision = await asked(id);
  await access(join(drover.home.root, 'crashed'));
  expect(decision).toMatchObject({
    question: 'The budget of $1.25 is used up. Raise it?',
    detail: expect.stringMatching(/^\$1\.\d\d of the budget of \$1\.25 are spent\./),
  });

  const before = await claims(id);
  await restarted('gateway');
  await restarted('worker');
  await restarted('gateway');
  const { view, tasks, decisions } = await statusOf(id);
  expect(tasks.map(({ state, attempts }) => [state, attempts])).toEqual([
    ['in_progress', 1],
    ['in_progress', 1],
  ]);
  expect(decisions.filter(({ kind }) => kind === 'budget')).toHaveLength(1);
  expect(view.warnings).toEqual([expect.stringMatching(/^\$1\.\d\d of the budget of \$1\.25 are spent\.$/)]);
  expect((await drover.cli(['status', id])).stdout).toContain('are spent.');
  const waiting = await readSpending(store.db, id);
  expect((waiting?.spentMicros ?? 0) + (waiting?.reservedMicros ?? 0)).toBeLessThanOrEqual(1_250_000);

  const { events } = (await api.get<{ events: readonly SwarmEvent[] }>(`/api/swarms/${id}/events?limit=1000`))
    .body;
  expect(events.filter(({ type }) => type === 'budget_warning')).toMatchObject([
    { data: { limitUsd: 1.25 } },
  ]);
  await until(
    async () => told.some((text) => text.includes('(budget)')),
    60,
    'people are told of the question',
  );
  expect(told.filter((text) => /has spent \$1\.\d\d of its \$1\.25/.test(text))).toHaveLength(1);

  const calls = model.requests.length;
  await json(['decide', id, decision.id, 'approve', '--feedback', '5.00']);
  const after = await ended(id);
  expect(after.view).toMatchObject({ phase: 'completed', landed: 2 });
  expect(after.tasks.map(({ state, attempts }) => [state, attempts])).toEqual([
    ['completed', 1],
    ['completed', 1],
  ]);
  expect(await claims(id)).toEqual(before);
  // None of them began anew: each went on in its conversation.
  const later = model.requests
    .slice(calls)
    .filter(({ messages }) => /Write the files/.test(JSON.stringify(messages[0])));
  expect(later.length).toBeGreaterThan(0);
  expect(later.filter(({ messages }) => messages.length === 1)).toEqual([]);
  const paths = (await git(repository, 'ls-tree', '-r', '--name-only', `drover/${id}`)).split('\n');
  expect(paths.filter((path) => /^[ab]\//.test(path))).toHaveLength(2 * FILES_PER_TASK);
  const spending = await readSpending(store.db, id);
  expect(spending).toMatchObject({ limitMicros: 5_000_000, reservedMicros: 0 });
  expect(spending?.spentMicros).toBeLessThanOrEqual(5_000_000);
  expect(spending?.spentMicros).toBeGreaterThan(1_250_000);
});

test('a swarm that gets no more money ends, with its agents, and with a report', async () => {
  const { id } = await started('0.50');
  const decision = await asked(id);
  const { status } = await api.post(`/api/swarms/${id}/decisions/${decision.id}/resolve`, {
    action: 'reject',
  });
  expect(status).toBeLessThan(300);
  const { view, tasks } = await ended(id);
  expect(view).toMatchObject({ phase: 'failed', reason: expect.stringContaining('Nothing landed') });
  expect(tasks.map(({ state }) => state)).toEqual(['cancelled', 'cancelled']);
  for (const agent of ['agent-0', 'agent-1']) {
    const { spec } = agentDirectory(swarmDirectory(drover.home, id), agent);
    const { marker } = JSON.parse(await readFile(spec, 'utf8')) as AgentSpec;
    expect(await findMarked(new Set([marker]))).toEqual([]);
  }
  const report = await drover.cli(['report', id]);
  expect([report.code, report.stdout]).toEqual([0, expect.stringContaining('Write files')]);
  const spending = await readSpending(store.db, id);
  expect(spending).toMatchObject({ closed: true, reservedMicros: 0, limitMicros: 500_000 });
  expect(spending?.spentMicros).toBeLessThanOrEqual(500_000);
});
