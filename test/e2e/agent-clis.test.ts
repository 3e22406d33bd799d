/**
 * The real claude, codex and gemini in a whole Drover: a plan by a model, approved by a person, three branches, merged,
 * verified, reported; and an agent that is interrupted in every way there is. The models alone are scripted, behind the
 * real gateway; the agents talk to the swarm over its real MCP server. Needs `npm run build` and `npm run agent-clis`.
 */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { findMarked } from '../../activities/process/sweep.ts';
import type { AgentSpec } from '../../domain/agents/agent.ts';
import type { SwarmView } from '../../domain/swarm/swarm.ts';
import { agentDirectory, swarmDirectory } from '../../store/home.ts';
import { droverJson, type Status } from '../support/drover-json.ts';
import { startDrover, until, type Drover } from '../support/drover.ts';
import { task } from '../support/plan-task.ts';
import { git, makeRepository, temporaryDirectory } from '../support/repository.ts';
import {
  startScriptedAgents,
  type Answer,
  type ScriptedAgents,
  type Turn,
} from '../support/scripted-agents.ts';
import { userHome } from '../support/user-home.ts';

jest.setTimeout(300_000);

const KEYS = {
  ANTHROPIC_API_KEY: 'scripted-key-of-anthropic',
  OPENAI_API_KEY: 'scripted-key-of-openai',
  GEMINI_API_KEY: 'scripted-key-of-google',
};
const planned = (id: string, category: string) => ({
  ...task(id, { category, files: [`${id}.txt`] }),
  acceptance: null,
});
const PLAN = {
  summary: 'Scripted: three files at once.',
  tasks: [planned('api', 'backend'), planned('page', 'frontend'), planned('guide', 'documentation')],
};
const SETTINGS = `
executorByCategory: { backend: claude, frontend: codex, documentation: gemini }
executors:
  codex: { model: gpt-5.4 }
  gemini: { model: gemini-2.5-pro }
planning: { critic: false }
verify: { test: cat api.txt page.txt guide.txt }
`;

const writesWhatItIsTold = ({ body, results, run, swarmTool }: Turn): Answer => {
  const file = body.includes('Do api') ? 'api.txt' : body.includes('Do page') ? 'page.txt' : 'guide.txt';
  const asks = file !== 'guide.txt';
  switch (results.length + (asks ? 0 : 1)) {
    case 0:
      return { call: swarmTool('ask_human', { question: `What belongs into ${file}?` }) };
    case 1:
      return { call: swarmTool('report_progress', { note: `I write ${file}` }) };
    case 2: {
      const words = /words\\*":\\*"([a-z ]+)/.exec(results[0] ?? '')?.[1] ?? 'nobody was asked';
      return { call: run(`echo '${words}' > ${file}; git add -A; git commit -qm 'Write ${file}'`) };
    }
    default:
      return { say: `Scripted: wrote ${file}.` };
  }
};

/** Goes on in its own conversation, or begins anew, which would show. */
const isInterrupted = ({ body, results, run }: Turn): Answer => {
  if (!body.includes('You were interrupted'))
    return results.length === 0
      ? { call: run('echo begun >> story.txt; while true; do sleep 0.2; done') }
      : { say: 'Scripted: nobody interrupted me.' };
  return body.includes('went on')
    ? { say: 'Scripted: the story is whole.' }
    : { call: run("echo 'went on' >> story.txt") };
};

/** What refuses the interrupted agent, if anything does. */
let limitResetsAt: number | undefined;

const scripted = (turn: Turn): Answer => {
  if (turn.body.includes("You are Drover's planner")) return { say: JSON.stringify(PLAN) };
  if (!turn.body.includes("You are Drover's coding agent")) return { say: 'Scripted: it is done.' };
  return turn.body.includes('Tell a story') ? isInterrupted(turn) : writesWhatItIsTold(turn);
};

let drover: Drover;
let user: string;
let model: ScriptedAgents;
beforeAll(async () => {
  model = await startScriptedAgents(scripted, () =>
    limitResetsAt === undefined
      ? undefined
      : {
          status: 429,
          type: 'rate_limit_error',
          headers: {
            'anthropic-ratelimit-unified-status': 'rejected',
            'anthropic-ratelimit-unified-reset': String(limitResetsAt),
            'anthropic-ratelimit-unified-representative-claim': 'five_hour',
          },
        },
  );
  user = await temporaryDirectory('drover-user');
  drover = await startDrover({
    ...(await userHome(user)),
    ...KEYS,
    ANTHROPIC_BASE_URL: `${model.url}/anthropic`,
    OPENAI_BASE_URL: `${model.url}/openai`,
    GEMINI_BASE_URL: `${model.url}/gemini`,
  });
}, 180_000);
afterAll(async () => {
  await drover?.close();
  await model?.close();
  await rm(user, { recursive: true, force: true });
});

beforeEach(() => {
  limitResetsAt = undefined;
});

const json = <T>(args: readonly string[], cwd?: string): Promise<T> => droverJson<T>(drover, args, cwd);
const statusOf = (id: string): Promise<Status> => json<Status>(['status', id]);
const inPhase = (id: string, phase: SwarmView['phase']): Promise<Status> =>
  until(
    async () => {
      const status = await statusOf(id);
      if (status.view.phase !== phase && ['failed', 'cancelled'].includes(status.view.phase))
        throw new Error(`the swarm ${status.view.phase}: ${JSON.stringify(status)}`);
      return status.view.phase === phase && status;
    },
    120,
    `the swarm is ${phase}`,
  );

let runs = 0;

test('claude, codex and gemini do a whole swarm: planned, approved, asked, merged, verified, reported, paid', async () => {
  const asked = model.requests.length;
  const repository = join(drover.root, `three-${++runs}`);
  await makeRepository(repository, { 'README.md': '# Project\n', 'drover.yml': SETTINGS });
  const { swarmId: id } = await json<{ swarmId: string }>(
    ['run', 'Write three files', '--detach'],
    repository,
  );
  await inPhase(id, 'awaiting_approval');
  await json(['approve', id]);

  // claude and codex wait for a person, over MCP.
  const open = await until(
    async () => {
      const { decisions } = await statusOf(id);
      const asked = decisions.filter(({ kind, answer }) => kind === 'question' && answer === undefined);
      return asked.length === 2 && asked;
    },
    120,
    'both have asked',
  );
  for (const { id: decision, question } of open)
    await json([
      'decide',
      id,
      decision,
      'approve',
      '--feedback',
      `answer to ${question.slice(-9, -5).trim()}`,
    ]);

  const { tasks } = await inPhase(id, 'completed');
  expect(tasks.map(({ id: name, state, attempts }) => [name, state, attempts])).toEqual([
    ['api', 'completed', 1],
    ['page', 'completed', 1],
    ['guide', 'completed', 1],
  ]);
  const result = (path: string): Promise<string> => git(repository, 'show', `drover/${id}:${path}`);
  expect(await result('api.txt')).toBe('answer to api');
  expect(await result('page.txt')).toBe('answer to page');
  expect(await result('guide.txt')).toBe('nobody was asked');

  const logs = (await drover.cli(['logs', id])).stdout;
  for (const file of ['api', 'page', 'guide']) expect(logs).toContain(`I write ${file}.txt`);
  const report = (await drover.cli(['report', id])).stdout;
  expect(report).toMatch(/Verifications \| 1 /);
  expect(report).toContain('Scripted: it is done.');

  interface Cost {
    readonly name: string;
    readonly usage: { readonly calls: number; readonly inputTokens: number; readonly costUsd: number };
  }
  const { byModel } = await json<{ byModel: readonly Cost[] }>(['costs', id]);
  // A thousand tokens in and fifty out for each of its answers, at the price of its model; the planner and the writer
  // of the report have asked claude's, too.
  expect(
    Object.fromEntries(
      byModel.map(({ name, usage }) => [name, [usage.calls, usage.inputTokens, usage.costUsd]]),
    ),
  ).toEqual({
    'claude-sonnet-5-5': [6, 6_000, expect.closeTo(6 * 0.0025, 9)],
    'gpt-5.4': [4, 4_000, expect.closeTo(4 * 0.00325, 9)],
    'gemini-2.5-pro': [3, 3_000, expect.closeTo(3 * 0.00175, 9)],
  });
  // Codex tells of one call for each of its turns; the gateway has seen each.
  interface Agent {
    readonly executor: string;
    readonly usage: { readonly calls: number };
  }
  const { agents } = await json<{ agents: readonly Agent[] }>(['agents', id]);
  expect(Object.fromEntries(agents.map(({ executor, usage }) => [executor, usage.calls]))).toEqual({
    claude: 4,
    codex: 4,
    gemini: 3,
  });
  // The keys went out with the calls, and no token of an agent.
  expect(new Set(model.requests.slice(asked).map(({ token }) => token))).toEqual(
    new Set(Object.values(KEYS)),
  );
});

/** The program of the agent, without what it has started. */
const killProgram = async (id: string, agentId: string): Promise<void> => {
  const { spec } = agentDirectory(swarmDirectory(drover.home, id), agentId);
  const { marker } = JSON.parse(await readFile(spec, 'utf8')) as AgentSpec;
  for (const { pid } of await findMarked(new Set([marker]))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command.includes('--output-format=stream-json')) process.kill(pid, 'SIGKILL');
  }
};

test('claude, killed, then out of its limit while the worker is killed, too, goes on in its conversation', async () => {
  const directory = join(drover.root, `story-${++runs}`);
  const repository = join(directory, 'repository');
  const login = join(directory, 'login');
  await mkdir(login, { recursive: true });
  await makeRepository(repository, { 'README.md': '# Project\n' });
  const swarm = await drover.start(
    repository,
    [task('story', { title: 'Tell a story', description: 'Tell a story.' })],
    {
      executor: 'claude',
      // A login of its own: no gateway is in between, and what it uses is what it says.
      executors: {
        claude: {
          login: 'own',
          env: {
            ANTHROPIC_BASE_URL: `${model.url}/anthropic`,
            CLAUDE_CODE_OAUTH_TOKEN: 'sk-ant-oat01-scripted',
            CLAUDE_CODE_MAX_RETRIES: '0',
          },
        },
      },
      env: { CLAUDE_CONFIG_DIR: login },
    },
  );
  const before = model.answers;
  const workspace = agentDirectory(swarmDirectory(drover.home, swarm.id), 'agent-0').workspace;
  await until(
    () => readFile(join(workspace, 'story.txt'), 'utf8').catch(() => undefined),
    120,
    'the agent is at work',
  );
  limitResetsAt = Math.floor(Date.now() / 1_000) + 30;
  await killProgram(swarm.id, 'agent-0');

  const status = await until(
    async () => {
      const { stdout } = await drover.cli(['status', swarm.id]);
      return stdout.includes('limit') && stdout;
    },
    120,
    'the limit is told',
  );
  expect(status).toMatch(/Waits until 20\d\d-\d\d-\d\d \d\d:\d\d UTC: You've hit your 5-hour limit/);
  await drover.kill('worker');
  limitResetsAt = undefined;

  expect(await swarm.outcome()).toMatchObject({ phase: 'completed' });
  expect(await git(repository, 'show', `drover/${swarm.id}:story.txt`)).toBe('begun\nwent on');
  const { tasks } = await statusOf(swarm.id);
  expect(tasks).toMatchObject([
    // Once for each answer: its first, and two after it went on; the rest of the answers was the report's.
    { id: 'story', state: 'completed', usage: { inputTokens: 3_000, calls: 3 } },
  ]);
  expect(model.answers - before).toBeGreaterThanOrEqual(2);
});
