/** An agent asks a person over MCP: the official client, a real swarm, with the gateway killed meanwhile. */
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { agentEndpoints } from '../../domain/agent-access.ts';
import type { Decision } from '../../domain/swarm.ts';
import type { SwarmHandle } from '../../api/swarm-handle.ts';
import { grantToken } from '../../store/agent-tokens.ts';
import { openStore, type Store } from '../../store/database.ts';
import { apiOf } from '../support/api-client.ts';
import { completed, startDrover, until, type Drover } from '../support/drover.ts';
import { task } from '../support/plan-task.ts';
import { makeRepository } from '../support/repository.ts';

let drover: Drover;
let store: Store;
let swarms = 0;
beforeAll(async () => {
  drover = await startDrover();
  store = await openStore({ file: drover.home.databaseFile });
}, 120_000);
afterAll(async () => {
  await store?.close();
  await drover.close();
});

interface Asking {
  readonly swarm: SwarmHandle;
  readonly ask: (question: string, waitSeconds?: number) => Promise<Record<string, unknown>>;
  readonly open: () => Promise<readonly Decision[]>;
  /** Lets the agent end. */
  readonly release: () => Promise<void>;
}

/** A swarm whose only agent is at work, and what it can ask. */
const asking = async (): Promise<Asking> => {
  const directory = join(drover.root, `asking-${++swarms}`);
  const repository = join(directory, 'repository');
  const go = join(directory, 'go');
  const started = join(directory, 'started');
  await makeRepository(repository, { 'README.md': 'hello\n' });
  const command = `touch '${started}'; while [ ! -e '${go}' ]; do sleep 0.1; done; echo done > done.txt`;
  const swarm = await drover.start(repository, [task('a', { command })], {
    gates: { plan: 'auto', task: 'fail', conflict: 'fail', build: 'fail', test: 'fail', phase: 'fail' },
  });
  await until(
    () =>
      access(started).then(
        () => true,
        () => false,
      ),
    60,
    'the agent is at work',
  );
  const token = await grantToken(store.db, {
    swarmId: swarm.id,
    agentId: 'agent-0',
    taskId: 'a',
    models: [],
  });
  const ask = async (question: string, waitSeconds?: number): Promise<Record<string, unknown>> => {
    const { url } = (await drover.services()).gateway;
    const { mcp } = agentEndpoints({ gatewayUrl: url, token });
    const client = new Client({ name: 'agent', version: '1' });
    await client.connect(
      new StreamableHTTPClientTransport(new URL(mcp.url), { requestInit: { headers: { ...mcp.headers } } }),
    );
    try {
      const result = await client.callTool(
        {
          name: 'ask_human',
          arguments: { question, ...(waitSeconds === undefined ? {} : { wait_seconds: waitSeconds }) },
        },
        undefined,
        { timeout: 120_000 },
      );
      const [first] = result.content as { text: string }[];
      return { refused: result.isError === true, ...JSON.parse(first?.text ?? '{}') };
    } finally {
      await client.close();
    }
  };
  const open = async () =>
    (await swarm.decisions()).filter(({ kind, answer }) => kind === 'question' && answer === undefined);
  return { swarm, ask, open, release: () => writeFile(go, '') };
};

const theOne = ({ open }: Asking): Promise<Decision> =>
  until(async () => (await open())[0], 60, 'the question is a decision');

test('an agent waits until a person answers, also when the gateway dies meanwhile', async () => {
  const agent = await asking();
  const api = await apiOf(drover);
  const cut = agent.ask('Which port?').then(
    () => 'answered',
    () => 'cut off',
  );
  const decision = await theOne(agent);
  expect(decision).toMatchObject({ question: 'Which port?', askedBy: 'agent-0', taskIds: ['a'] });
  const status = await drover.cli(['status', agent.swarm.id]);
  expect(status.stdout).toContain('Which port?');
  const listed = await api.get<{ decisions: Decision[] }>(`/api/swarms/${agent.swarm.id}/decisions`);
  expect(listed.body.decisions).toContainEqual(
    expect.objectContaining({ id: decision.id, kind: 'question' }),
  );

  process.kill((await drover.services()).gateway.process?.pid ?? 0, 'SIGKILL');
  expect(await cut).toBe('cut off');
  // Asked again by a gateway that knows nothing of it, it is the same decision.
  const again = until(() => agent.ask('Which port?').catch(() => undefined), 90, 'the gateway is back');
  const decided = await drover.cli(['decide', agent.swarm.id, decision.id, 'approve', '--feedback', '8080']);
  expect(decided).toMatchObject({ code: 0 });
  expect(await again).toEqual({ refused: false, answered: true, answer: 'yes', words: '8080', by: 'person' });
  expect(await agent.ask('Which port?')).toMatchObject({ words: '8080' });
  expect(await agent.open()).toEqual([]);
  await agent.release();
  await completed(agent.swarm);
  const all = (await agent.swarm.decisions()).filter(({ kind }) => kind === 'question');
  expect(all.map(({ id }) => id)).toEqual([decision.id]);
}, 240_000);

test('an agent that does not want to wait goes on, and a question of a task that ended is withdrawn', async () => {
  const agent = await asking();
  expect(await agent.ask('Rename it?', 0)).toMatchObject({ answered: false });
  expect(await agent.ask('Rename it?', 0)).toMatchObject({ answered: false });
  expect(await agent.open()).toHaveLength(1);
  const api = await apiOf(drover);
  expect(await agent.ask('Which name?', 0)).toMatchObject({ answered: false });
  const second = (await agent.open()).find(({ question }) => question === 'Which name?');
  const resolved = await api.post(`/api/swarms/${agent.swarm.id}/decisions/${second?.id}/resolve`, {
    action: 'reject',
    feedback: 'keep it',
  });
  expect(resolved.status).toBe(200);
  expect(await agent.ask('Which name?')).toMatchObject({ answered: true, answer: 'no', words: 'keep it' });
  await agent.release();
  await completed(agent.swarm);
  expect((await agent.swarm.decisions()).filter(({ kind }) => kind === 'question')).toMatchObject([
    { question: 'Rename it?', answer: { by: 'policy', feedback: expect.stringContaining('ended') } },
    { question: 'Which name?', answer: { by: 'person' } },
  ]);
}, 240_000);
