import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { AgentEvent } from '../../domain/agent.ts';
import {
  eventsOf,
  fetchBundle,
  openAgentHome,
  resultOf,
  type AgentHome,
  type PreparedAgent,
  type SpecChanges,
} from '../support/agent-home.ts';
import { git } from '../support/repository.ts';
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
beforeEach(async () => {
  home = await openAgentHome();
});
afterEach(async () => {
  await model?.close();
  expect(await home.close()).toEqual([]);
});

const scripted = async (
  script: (turn: Turn) => Answer,
  fault?: (index: number) => Fault | undefined,
): Promise<void> => {
  model = await startScriptedAgents(script, fault);
  Object.assign(home.deps.modelAccess, { gateway: { gatewayUrl: model.url, token: TOKEN } });
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

const kinds = (events: readonly AgentEvent[]): string[] => [...new Set(events.map(({ kind }) => kind))];

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
    limits: { graceSeconds: 3, turns: 50, ...changes.limits },
  });
  return { agent, events: await eventsOf(agent), outcome: report.outcome, summary: report.summary };
};

describe.each(['claude', 'codex', 'gemini'])('the real %s', (executor) => {
  test('edits, commits and reports, with nothing but its token', async () => {
    await scripted(goodAgent);
    const { agent, events, outcome, summary } = await run(executor);
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
  });
});
