/** Agents of a real swarm over MCP, with the official client: questions to a person, claims at hand-over. */
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { agentEndpoints } from '../../domain/agents/access.ts';
import type { Decision } from '../../domain/swarm/swarm.ts';
import type { SwarmHandle } from '../../api/swarm-handle.ts';
import { grantToken } from '../../store/agent-tokens.ts';
import { fileClaims } from '../../store/coordination.ts';
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
  /** One of the agents calls a tool. */
  readonly call: (
    agentId: string,
    tool: string,
    args: Record<string, unknown>,
  ) => Promise<Record<string, unknown>>;
  /** `agent-0` asks. */
  readonly ask: (question: string, waitSeconds?: number) => Promise<Record<string, unknown>>;
  readonly open: () => Promise<readonly Decision[]>;
  /** Lets the agent of a task end. */
  readonly release: (taskId?: string) => Promise<void>;
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** A swarm whose agents are at work, one for each task, and what they can ask. */
const asking = async (ids: readonly string[] = ['a'], gates: object = {}): Promise<Asking> => {
  const directory = join(drover.root, `asking-${++swarms}`);
  const repository = join(directory, 'repository');
  const file = (id: string, name: string): string => join(directory, `${id}.${name}`);
  await makeRepository(repository, { 'README.md': 'hello\n' });
  const command = (id: string): string =>
    `touch '${file(id, 'started')}'; while [ ! -e '${file(id, 'go')}' ]; do sleep 0.1; done; echo done > ${id}.txt`;
  const swarm = await drover.start(
    repository,
    ids.map((id) => task(id, { command: command(id) })),
    {
      parallelism: ids.length,
      gates: {
        plan: 'auto',
        task: 'fail',
        conflict: 'fail',
        build: 'fail',
        test: 'fail',
        phase: 'fail',
        ...gates,
      },
    },
  );
  for (const id of ids) await until(() => isThere(file(id, 'started')), 60, `the agent of ${id} is at work`);
  const call: Asking['call'] = async (agentId, tool, args) => {
    const { url } = (await drover.services()).gateway;
    const grant = { swarmId: swarm.id, agentId, taskId: '', models: [] };
    const { mcp } = agentEndpoints({ gatewayUrl: url, token: await grantToken(store.db, grant) });
    const client = new Client({ name: 'agent', version: '1' });
    await client.connect(
      new StreamableHTTPClientTransport(new URL(mcp.url), { requestInit: { headers: { ...mcp.headers } } }),
    );
    try {
      const result = await client.callTool({ name: tool, arguments: args }, undefined, { timeout: 120_000 });
      const [first] = result.content as { text: string }[];
      return { refused: result.isError === true, ...JSON.parse(first?.text ?? '{}') };
    } finally {
      await client.close();
    }
  };
  return {
    swarm,
    call,
    ask: (question, wait) =>
      call('agent-0', 'ask_human', { question, ...(wait === undefined ? {} : { wait_seconds: wait }) }),
    open: async () =>
      (await swarm.decisions()).filter(({ kind, answer }) => kind === 'question' && answer === undefined),
    release: (id = 'a') => writeFile(file(id, 'go'), ''),
  };
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

test('a branch that changes what another agent at work has claimed waits where the policy says so', async () => {
  const agents = await asking(['a', 'b'], { claims: 'ask' });
  expect(await agents.call('agent-1', 'claim_file', { paths: ['a.txt'] })).toMatchObject({
    claimed: ['a.txt'],
  });
  await agents.release('a');
  const decision = await until(
    async () => (await agents.swarm.decisions()).find(({ kind }) => kind === 'claims'),
    60,
    'somebody is asked',
  );
  expect(decision).toMatchObject({ taskIds: ['a'], detail: 'a.txt (claimed by agent-1)' });
  expect((await drover.cli(['task', agents.swarm.id, 'a'])).stdout).toContain('a.txt (claimed by agent-1)');
  await drover.cli(['decide', agents.swarm.id, decision.id, 'approve']);
  await agents.release('b');
  expect(await completed(agents.swarm)).toMatchObject({ landed: 2 });
  // The claims of agents that have ended are nobody's.
  expect(await fileClaims(store.db, agents.swarm.id)).toEqual([]);
}, 240_000);
