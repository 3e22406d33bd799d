/** Agents coordinate over MCP, with the official client over real HTTP. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { mcpHandler } from '../../api/mcp/handler.ts';
import { gatewayAccess } from '../../activities/model/access.ts';
import type { AgentSpec } from '../../domain/agents/agent.ts';
import { addFeatures } from '../../store/backlog/add.ts';
import { listFeatures } from '../../store/backlog/read.ts';
import { swarmTools } from '../../workers/executors/api/swarm-tools.ts';
import type { ToolContext } from '../../workers/executors/api/tools/tool.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { task } from '../support/plan-task.ts';

let gateway: TestGateway;
const messages: [string, string, string][] = [];
const clients: Client[] = [];
beforeEach(async () => {
  gateway = await startGateway('http://127.0.0.1:9', {
    serve: {
      routes: {
        '/mcp': (request, response) =>
          mcpHandler(
            {
              db: gateway.store.db,
              sendMessage: async (...message) => void messages.push(message),
              askHuman: async () => ({ kind: 'refused', reason: 'nobody is there' }),
              teamTask: async () => ({ ok: false, text: 'there is no team' }),
              teamTasks: async () => 'there is no team',
              repositoryOf: async () => '/repository',
            },
            'test',
          )(request, response),
      },
    },
  });
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await gateway.close();
  messages.length = 0;
});

interface Answered {
  readonly refused: boolean;
  readonly text: string;
}
type Call = (name: string, args: Record<string, unknown>) => Promise<Answered>;

const agent = async (agentId: string, swarmId = 'swarm-1'): Promise<Call> => {
  const { mcp } = await gateway.agent({ agentId, swarmId, taskId: `task-of-${agentId}` });
  const client = new Client({ name: 'agent', version: '1' });
  const transport = new StreamableHTTPClientTransport(new URL(mcp.url), {
    requestInit: { headers: { ...mcp.headers } },
  });
  await client.connect(transport);
  clients.push(client);
  return async (name, args) => {
    const result = await client.callTool({ name, arguments: args });
    const [first] = result.content as { text: string }[];
    return { refused: result.isError === true, text: first?.text ?? '' };
  };
};

describe('an agent', () => {
  test('finds the tools of the swarm', async () => {
    await agent('agent-1');
    const { tools } = (await clients[0]?.listTools()) ?? { tools: [] };
    expect(tools.map(({ name }) => name)).toEqual([
      'claim_file',
      'release_file',
      'feature_claim_batch',
      'feature_release',
      'report_progress',
      'share_artifact',
      'get_context',
      'message_agent',
      'team_task',
      'ask_human',
    ]);
  });

  test('of the API has the same tools, and the same answers', async () => {
    const one = await agent('agent-1');
    const { token } = await gateway.agent({ agentId: 'agent-2', swarmId: 'swarm-1' });
    const own = await swarmTools({
      modelAccess: { gateway: { gatewayUrl: gateway.url, token } },
      signal: new AbortController().signal,
      emit: () => undefined,
    });
    const { tools } = (await clients[0]?.listTools()) ?? { tools: [] };
    expect(own.map(({ name, inputSchema }) => [name, inputSchema])).toEqual(
      tools.map(({ name, inputSchema }) => [name, inputSchema]),
    );
    const run = async (name: string, input: object): Promise<string> =>
      (await own.find((tool) => tool.name === name)?.run(input, {} as ToolContext)) ?? 'no such tool';
    expect(await run('share_artifact', { name: 'note', content: 'from the API' })).toBe('shared as note');
    expect((await one('get_context', { artifact: 'note' })).text).toBe('from the API');
    // A question to a person comes as a stream.
    await expect(run('ask_human', { question: 'Which one?' })).rejects.toThrow('nobody is there');
    await expect(run('team_task', { operation: 'claim', task: 'a' })).rejects.toThrow('there is no team');
    await expect(run('team_task', { operation: 'steal' })).rejects.toThrow('operation');
  });

  test('is refused a file that another one holds, and told whose it is', async () => {
    const [one, two] = [await agent('agent-1'), await agent('agent-2')];
    expect(await one('claim_file', { paths: ['src/a.ts', './src/b.ts'] })).toMatchObject({ refused: false });
    const refused = await two('claim_file', { paths: ['src/b.ts', 'src/c.ts'] });
    expect(refused.refused).toBe(true);
    expect(JSON.parse(refused.text)).toMatchObject({
      claimed: ['src/c.ts'],
      refused: [{ name: 'src/b.ts', owner: 'agent-1' }],
      advice: expect.stringContaining('held by agent-1'),
    });
    // Another's claim is not released by asking for it.
    expect(JSON.parse((await two('release_file', { paths: ['src/b.ts'] })).text)).toEqual({ released: [] });
    await one('release_file', { paths: ['src/b.ts'] });
    expect(await two('claim_file', { paths: ['src/b.ts'] })).toMatchObject({ refused: false });
  });

  test('never holds a file together with another one, however many ask at once', async () => {
    const agents = await Promise.all(Array.from({ length: 10 }, (_, index) => agent(`agent-${index}`)));
    const answers = await Promise.all(agents.map((call) => call('claim_file', { paths: ['one.ts'] })));
    expect(answers.filter(({ refused }) => !refused)).toHaveLength(1);
  });

  test('loses its claims and its token when it ends', async () => {
    const [one, two] = [await agent('agent-1'), await agent('agent-2')];
    await addFeatures(gateway.store.db, '/repository', [task('login')]);
    await one('claim_file', { paths: ['login.ts'] });
    await one('feature_claim_batch', {});
    expect((await two('claim_file', { paths: ['login.ts'] })).refused).toBe(true);
    expect(JSON.parse((await two('feature_claim_batch', {})).text)).toMatchObject({ features: [] });
    const access = gatewayAccess({ db: gateway.store.db, gatewayUrl: async () => gateway.url });
    await access.close({ swarmId: 'swarm-1', agentId: 'agent-1' } as AgentSpec, new Date().toISOString());
    expect((await two('claim_file', { paths: ['login.ts'] })).refused).toBe(false);
    expect(JSON.parse((await two('feature_claim_batch', {})).text)).toMatchObject({ features: [{ id: 1 }] });
    await expect(one('get_context', {})).rejects.toThrow('token');
  });

  test('claims the most urgent features, and says how they ended', async () => {
    const [one, two] = [await agent('agent-1'), await agent('agent-2', 'swarm-2')];
    await addFeatures(gateway.store.db, '/repository', [
      task('later', { priority: 3 }),
      task('first', { priority: 1, acceptance: 'npm test' }),
      task('after', { priority: 1, dependsOn: ['first'] }),
    ]);
    expect(JSON.parse((await one('feature_claim_batch', { count: 1 })).text)).toEqual({
      features: [expect.objectContaining({ id: 2, name: 'Do first', priority: 1, acceptance: 'npm test' })],
    });
    expect(await two('feature_release', { feature_id: 2, status: 'passing' })).toEqual({
      refused: true,
      text: 'Feature 2 is held by swarm-1/agent-1; leave it to it',
    });
    expect((await one('feature_release', { feature_id: 2, status: 'done' })).refused).toBe(true);
    await one('feature_release', { feature_id: 2, status: 'passing', notes: 'it was easy' });
    expect(JSON.parse((await two('feature_claim_batch', { count: 5 })).text)).toMatchObject({
      features: [{ id: 3 }, { id: 1 }],
    });
    await two('feature_release', { feature_id: 3, status: 'pending', notes: 'needs the other one' });
    expect(JSON.parse((await one('feature_claim_batch', {})).text)).toMatchObject({
      features: [{ id: 3, attempts: 2, notes: 'needs the other one' }],
    });
    expect(await listFeatures(gateway.store.db, '/repository', { limit: 9 })).toMatchObject([
      { id: 1, state: 'claimed', owner: 'swarm-2/agent-2' },
      { id: 2, state: 'passing', notes: 'it was easy' },
      { id: 3, state: 'claimed', owner: 'swarm-1/agent-1', attempts: 2 },
    ]);
  });

  test('sees what others of its swarm share and do, and nothing of other swarms', async () => {
    const [one, two, stranger] = [
      await agent('agent-1'),
      await agent('agent-2'),
      await agent('agent-1', 'swarm-2'),
    ];
    await one('share_artifact', { name: 'api', content: 'GET /things' });
    await one('report_progress', { note: 'half \u001b[31mdone', percent: 50 });
    expect(await two('get_context', { artifact: 'api' })).toEqual({ refused: false, text: 'GET /things' });
    expect(JSON.parse((await two('get_context', {})).text)).toMatchObject({
      you: 'agent-2',
      shared: [{ name: 'api', agentId: 'agent-1', length: 11 }],
      progress: [{ agentId: 'agent-1', taskId: 'task-of-agent-1', percent: 50, note: 'half done' }],
    });
    expect((await stranger('get_context', { artifact: 'api' })).refused).toBe(true);
    expect(JSON.parse((await stranger('get_context', {})).text)).toMatchObject({ shared: [], progress: [] });
  });

  test('writes to another one under its own name', async () => {
    const one = await agent('agent-1');
    await one('message_agent', { agent_id: 'agent-2', text: 'please release src/b.ts' });
    expect(messages).toEqual([['swarm-1', 'agent-2', 'From agent-1: please release src/b.ts']]);
  });

  test('is told what is wrong with a path that leaves the repository', async () => {
    const one = await agent('agent-1');
    for (const path of ['/etc/passwd', '../other', 'src/../../x'])
      expect(await one('claim_file', { paths: [path] })).toMatchObject({
        refused: true,
        text: expect.stringContaining('inside the repository'),
      });
  });
});

test('nobody without a token gets in', async () => {
  const answer = await fetch(`${gateway.url}/mcp`, { method: 'POST', body: '{}' });
  expect(answer.status).toBe(401);
  expect((await fetch(`${gateway.url}/mcp`)).status).toBe(405);
});
