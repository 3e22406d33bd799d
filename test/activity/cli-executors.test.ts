import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { AgentEvent } from '../../domain/agents/agent.ts';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  eventsOf,
  eventually,
  fetchBundle,
  openAgentHome,
  resultOf,
  type AgentHome,
  type PreparedAgent,
  type SpecChanges,
} from '../support/agent-home.ts';
import { git } from '../support/repository.ts';
import { sandboxTest } from '../support/sandbox.ts';
import { openDoors } from '../support/doors.ts';
import {
  startScriptedAgents,
  type Answer,
  type Fault,
  type ScriptedAgents,
  type Turn,
} from '../support/scripted-agents.ts';

jest.setTimeout(240_000);

const TOKEN = 'drover-agent-token';
let home: AgentHome;
let model: ScriptedAgents | undefined;
beforeAll(async () => {
  home = await openAgentHome();
});
afterEach(async () => {
  await model?.close();
  expect(await home.left()).toEqual([]);
});
afterAll(async () => {
  await home.close();
});

const scripted = async (
  script: (turn: Turn) => Answer,
  fault?: (index: number) => Fault | undefined,
): Promise<void> => {
  model = await startScriptedAgents(script, fault);
  Object.assign(home.deps.doors, openDoors({ gatewayUrl: model.url, token: TOKEN }));
};

/** Edits, commits, reports. */
const goodAgent = ({ results, run }: Turn): Answer => {
  if (results.length === 0)
    return {
      say: 'I add the file.',
      call: run('echo hello > greeting.txt; git add -A; git commit -qm "Add a greeting"'),
    };
  if (results.length === 1) return { call: run('cat greeting.txt') };
  return { say: 'Added greeting.txt with a greeting.' };
};

/** Says that it is done, and has done nothing. */
const idler = (): Answer => ({ say: 'All done, everything works.' });

const ALL = ['claude', 'codex', 'gemini'] as const;

const kinds = (events: readonly AgentEvent[]): string[] => [...new Set(events.map(({ kind }) => kind))];

/** One try of each request is enough where it is to fail. */
const QUICK = { env: { CLAUDE_CODE_MAX_RETRIES: '1' } };
const QUICK_CODEX = {
  args: ['request', 'stream'].flatMap((what) => ['-c', `model_providers.drover.${what}_max_retries=1`]),
};

const MODELS: Readonly<Record<string, string>> = {
  claude: 'claude-sonnet-5-5',
  codex: 'gpt-5.5-codex',
  gemini: 'gemini-3-pro',
};

const run = async (
  executor: string,
  changes: SpecChanges = {},
): Promise<{ agent: PreparedAgent; events: readonly AgentEvent[]; outcome: string; summary: string }> => {
  const { agent, report } = await home.run('', {
    executor,
    model: MODELS[executor] ?? '',
    ...changes,
    limits: { graceSeconds: 3, turns: 50, tokens: 1_000_000, ...changes.limits },
  });
  return { agent, events: await eventsOf(agent), outcome: report.outcome, summary: report.summary };
};

describe.each(ALL)('the real %s', (executor) => {
  sandboxTest(
    'edits, commits and reports in a sandbox, with nothing but the gateway and its token',
    async () => {
      await scripted(goodAgent);
      const { agent, events, outcome, summary } = await run(executor, {
        sandbox: { mode: 'required', hosts: [], read: [], objects: join(home.swarm.hub, 'objects') },
      });
      expect([outcome, summary]).toEqual(['completed', 'Added greeting.txt with a greeting.']);
      const tip = await fetchBundle(home, agent);
      expect(await git(home.swarm.hub, 'show', `${tip}:greeting.txt`)).toBe('hello');
      expect(await git(home.swarm.hub, 'log', '--format=%s', `${home.base}..${tip}`)).toBe('Add a greeting');
      expect(kinds(events)).toEqual(
        expect.arrayContaining(['session', 'message', 'tool_call', 'tool_result', 'usage', 'phase']),
      );
      expect(events.filter(({ kind }) => kind === 'tool_result')).toMatchObject([
        { ok: true },
        { ok: true, text: expect.stringContaining('hello') },
      ]);
      expect((await resultOf(agent)).usage).toMatchObject({ inputTokens: 3_000, outputTokens: 150 });
      expect(new Set(model?.requests.map(({ token }) => token))).toEqual(new Set([TOKEN]));
    },
  );

  test('that says it is done and did nothing is not believed', async () => {
    await scripted(idler);
    const { outcome, summary } = await run(executor);
    expect([outcome, summary]).toEqual([
      'no_changes',
      expect.stringContaining('All done, everything works.'),
    ]);
  });

  test('whose token is refused fails and says so', async () => {
    await scripted(goodAgent, () => ({ status: 401, type: 'authentication_error' }));
    const { outcome, summary } = await run(executor, { executorSettings: QUICK });
    expect([outcome, summary]).toEqual(['failed', expect.stringMatching(/401|API key|scripted/)]);
  });

  test('goes on after a stream that was cut and a call of a tool that makes no sense', async () => {
    await scripted(
      (turn) =>
        turn.results.length === 0
          ? { call: { ...turn.run(''), arguments: '{"command": 12, "nonsense": [' } }
          : goodAgent({ ...turn, results: turn.results.slice(1) }),
      (index) => (index === 0 ? { cutAfter: 1 } : undefined),
    );
    const { agent, outcome } = await run(executor);
    // Gemini does not ask again by itself.
    if (executor === 'gemini') {
      expect(outcome).toBe('model_unavailable');
      return;
    }
    expect(outcome).toBe('completed');
    expect(await git(home.swarm.hub, 'show', `${await fetchBundle(home, agent)}:greeting.txt`)).toBe('hello');
  });

  test('that may only edit is denied its command, and the denial is visible', async () => {
    await scripted((turn) =>
      turn.results.length === 0
        ? { call: turn.run('touch "$HOME/drover-outside" && curl -s http://127.0.0.1:9/') }
        : { say: 'I was not allowed to.' },
    );
    const { outcome, events } = await run(executor, { executorSettings: { ...QUICK, permissions: 'edits' } });
    expect(outcome).toBe('no_changes');
    expect(
      events.some(
        (event) => event.kind === 'permission_denied' || (event.kind === 'tool_result' && !event.ok),
      ),
    ).toBe(true);
    if (executor !== 'codex') expect(kinds(events)).toContain('permission_denied');
  });

  test('whose model is silent is ended by its time limit, tools and all', async () => {
    await scripted(goodAgent, (index) => (index === 1 ? { silent: true } : undefined));
    const { agent, outcome } = await run(executor, { limits: { wallSeconds: 8 } });
    expect(outcome).toBe('timeout');
    expect((await resultOf(agent)).bundle).toBeDefined();
  });
});

describe('a model that takes no more for a while', () => {
  test('is waited for by the CLI when the wait is short', async () => {
    await scripted(goodAgent, (index) =>
      index === 1 ? { status: 429, headers: { 'retry-after': '1' }, type: 'rate_limit_error' } : undefined,
    );
    const { outcome, events } = await run('claude');
    expect(outcome).toBe('completed');
    expect(events).toContainEqual(
      expect.objectContaining({ kind: 'waiting', reason: expect.stringContaining('rate_limit (429)') }),
    );
  });

  test('is waited for by codex, too', async () => {
    await scripted(goodAgent, (index) =>
      index === 1 ? { status: 429, headers: { 'retry-after': '1' }, type: 'rate_limit_error' } : undefined,
    );
    expect((await run('codex')).outcome).toBe('completed');
    expect(model?.requests).toHaveLength(4);
  });

  test('is waited for by Gemini, too, when it says 429 or 503', async () => {
    await scripted(goodAgent, (index) => {
      const status = { 1: 429, 3: 503 }[index];
      return status === undefined ? undefined : { status, retryDelay: '1s' };
    });
    const { outcome, agent } = await run('gemini');
    expect(outcome).toBe('completed');
    expect(model?.requests).toHaveLength(5);
    expect(await git(home.swarm.hub, 'show', `${await fetchBundle(home, agent)}:greeting.txt`)).toBe('hello');
    expect((await resultOf(agent)).usage).toMatchObject({ calls: 3, inputTokens: 3_000 });
  });

  test.each(['claude', 'codex'])('ends %s with what it has done kept, when it is long', async (executor) => {
    await scripted(goodAgent, (index) =>
      index >= 1 ? { status: 529, type: 'overloaded_error' } : undefined,
    );
    const { outcome, summary } = await run(executor, {
      executorSettings: executor === 'codex' ? QUICK_CODEX : QUICK,
    });
    expect([outcome, summary]).toEqual(['model_unavailable', expect.stringContaining('529')]);
  });
});

test.each(['claude', 'gemini'])(
  '%s has the tools that its role is held to, and no others of its own',
  async (executor) => {
    await scripted(({ results, run: shell }) =>
      results.length === 0 ? { call: shell('echo planted > planted.txt') } : { say: 'I may only look.' },
    );
    const tools = ['read_file', 'search'] as const;
    const { outcome } = await run(executor, {
      role: { name: 'looker', title: 'Looker', version: 1, prompt: 'You look.', tools },
      readOnly: true,
    });
    expect(outcome).toBe('completed');
    const asked = model?.requests.map(({ body }) => body) ?? [];
    expect(asked.length).toBeGreaterThan(1);
    const [own, taken] =
      executor === 'claude'
        ? [/"name":"Read"/, /"name":"(Bash|Write|Edit|Glob|WebFetch)"/]
        : [/"name":"read_file"/, /"name":"(run_shell_command|write_file|replace|glob|web_fetch)","desc/];
    for (const body of asked) {
      expect(body).toMatch(own);
      expect(body).not.toMatch(taken);
    }
  },
);

test('codex with a role that only reads writes nothing', async () => {
  await scripted((turn) =>
    turn.results.length === 0
      ? { call: turn.run('echo planted > planted.txt') }
      : { say: 'I was not allowed to.' },
  );
  const tools = ['read_file', 'search'] as const;
  const { agent, outcome } = await run('codex', {
    executorSettings: QUICK,
    role: { name: 'looker', title: 'Looker', version: 1, prompt: 'You look.', tools },
  });
  expect(outcome).toBe('no_changes');
  expect((await resultOf(agent)).bundle).toBeUndefined();
  // It did try.
  expect(model?.requests.at(-1)?.body).toMatch(/Read-only file system|denied|not permitted/);
});

test('Claude Code with its teams switched on does a task', async () => {
  await scripted(goodAgent);
  const { agent, outcome } = await run('agent-teams', { model: 'claude-sonnet-5-5' });
  expect(outcome).toBe('completed');
  expect(await git(home.swarm.hub, 'show', `${await fetchBundle(home, agent)}:greeting.txt`)).toBe('hello');
});

describe("Claude's Agent SDK", () => {
  const SDK = { executor: 'claude', executorSettings: { ...QUICK, sdk: true } };

  test('does a task as the CLI does it, with the same events, costs and token', async () => {
    await scripted(goodAgent);
    const { agent, events, outcome, summary } = await run('claude', SDK);
    expect([outcome, summary]).toEqual(['completed', 'Added greeting.txt with a greeting.']);
    const tip = await fetchBundle(home, agent);
    expect(await git(home.swarm.hub, 'log', '--format=%s', `${home.base}..${tip}`)).toBe('Add a greeting');
    expect(kinds(events)).toEqual(
      expect.arrayContaining(['session', 'message', 'tool_call', 'tool_result', 'usage', 'phase']),
    );
    expect((await resultOf(agent)).usage).toMatchObject({ inputTokens: 3_000, outputTokens: 150, calls: 3 });
    expect(new Set(model?.requests.map(({ token }) => token))).toEqual(new Set([TOKEN]));
  });

  sandboxTest('works in a sandbox, and says that its model takes no more', async () => {
    await scripted(goodAgent, (index) =>
      index >= 1 ? { status: 529, type: 'overloaded_error' } : undefined,
    );
    const { events, outcome, summary } = await run('claude', {
      ...SDK,
      sandbox: { mode: 'required', hosts: [], read: [], objects: join(home.swarm.hub, 'objects') },
    });
    expect([outcome, summary]).toEqual(['model_unavailable', expect.stringContaining('529')]);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'tool_result', ok: true }));
  });
});

describe('hybrid', () => {
  const refusedOnce = (index: number): Fault | undefined =>
    index === 0 ? { status: 400, type: 'invalid_request_error' } : undefined;

  test('goes on with Claude Code when the API refuses, and both are counted', async () => {
    await scripted(goodAgent, refusedOnce);
    const { agent, outcome, events } = await run('hybrid', { model: 'claude-sonnet-5-5' });
    expect(outcome).toBe('completed');
    expect(events).toContainEqual(
      expect.objectContaining({ kind: 'notice', text: expect.stringContaining('The API cannot go on') }),
    );
    expect(await git(home.swarm.hub, 'show', `${await fetchBundle(home, agent)}:greeting.txt`)).toBe('hello');
    expect((await resultOf(agent)).usage.inputTokens).toBe(3_000);
  });

  test('stays with the answer of the API when that is not among the chosen causes', async () => {
    await scripted(goodAgent, refusedOnce);
    const { outcome, events } = await run('hybrid', {
      model: 'claude-sonnet-5-5',
      executorSettings: { on: ['limits'] },
    });
    expect(outcome).toBe('failed');
    expect(kinds(events)).not.toContain('session');
  });
});

test('a message reaches Claude Code while it works, and is answered before the end', async () => {
  await scripted((turn) =>
    turn.body.includes('Call it salute.txt')
      ? turn.results.length < 2
        ? { call: turn.run('mv greeting.txt salute.txt') }
        : { say: 'Renamed.' }
      : turn.results.length === 0
        ? {
            call: turn.run(
              'echo hello > greeting.txt; while [ ! -e ../sent-$DROVER_AGENT ]; do sleep 0.2; done',
            ),
          }
        : { say: 'Done.' },
  );
  const agent = await home.prepare('', {
    executor: 'claude',
    model: 'claude-sonnet-5-5',
    limits: { graceSeconds: 3, turns: 50 },
  });
  const { report } = home.start(agent);
  await eventually(async () => (await eventsOf(agent)).find(({ kind }) => kind === 'tool_call'), 60);
  await mkdir(agent.directory.inbox, { recursive: true });
  await writeFile(join(agent.directory.inbox, '1.msg'), 'Call it salute.txt');
  await eventually(async () => (await eventsOf(agent)).find(({ kind }) => kind === 'notice'), 60);
  await writeFile(join(agent.spec.workspace, '..', `sent-${agent.id}`), '');
  expect(await report).toMatchObject({ outcome: 'completed', summary: 'Renamed.' });
  expect(
    await git(home.swarm.hub, 'ls-tree', '--name-only', await fetchBundle(home, agent), 'salute.txt'),
  ).toBe('salute.txt');
});
