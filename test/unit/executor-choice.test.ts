import { describe, expect, test } from '@jest/globals';
import { resolveSettings } from '../../config/settings.ts';
import { chooseExecutor, needsApi } from '../../domain/agents/executor-choice.ts';
import { chooseModel } from '../../domain/models/choice.ts';
import type { SwarmSettings } from '../../domain/swarm/settings.ts';
import { cliPlaces } from '../../workers/executors/cli/find.ts';
import { cachedProgram } from '../../workers/executors/cli/packages.ts';

const settingsOf = (text: string): SwarmSettings => {
  const { settings, problems } = resolveSettings({ file: { text, path: 'drover.yml' } });
  if (settings === undefined) throw new Error(JSON.stringify(problems));
  return settings;
};

const SETTINGS = settingsOf(`
executor: claude
executorByCategory: { Testing: codex, fixing: api }
executors:
  claude: { login: own, permissions: edits }
  codex: { model: gpt-5.5-codex, modelByCategory: { documentation: gpt-5.5-mini } }
  cheap: { kind: claude, model: haiku }
  slow: { path: slow-agent, limits: { wall: 3h, memory: 2GB, output: 5MB, cost: 1.5 } }
  mine: { path: my-agent, args: ['--model', '{model}'], result: json, resultPath: a.b }
models: { byCategory: { frontend: opus }, aliases: { opus: claude-opus-5-5 } }
limits: { wall: { opus: 2h, haiku: 5m, default: 20m } }
`);

const chosen = (task: { category?: string; executor?: string; model?: string }, fixing = false) => {
  const whole = { category: 'default', ...task };
  const executor = chooseExecutor(SETTINGS, whole, fixing);
  const { model, wallSeconds } = chooseModel(SETTINGS, whole, executor);
  return [executor.name, executor.kind, model, wallSeconds];
};

describe('executor and model of a task', () => {
  test.each([
    [{}, ['claude', 'claude', 'claude-sonnet-5-5', 1_800]],
    [{ category: 'frontend' }, ['claude', 'claude', 'claude-opus-5-5', 7_200]],
    [{ category: 'testing' }, ['codex', 'codex', 'gpt-5.5-codex', 1_200]],
    [{ category: 'documentation', executor: 'codex' }, ['codex', 'codex', 'gpt-5.5-mini', 1_200]],
    [{ category: 'testing', executor: 'cheap' }, ['cheap', 'claude', 'claude-haiku-5-5', 300]],
    [{ executor: 'mine' }, ['mine', 'cli', '', 1_200]],
    [{ executor: 'mine', model: 'opus' }, ['mine', 'cli', 'claude-opus-5-5', 7_200]],
    [{ executor: 'gemini' }, ['gemini', 'gemini', '', 1_200]],
    [{ executor: 'slow', model: 'haiku' }, ['slow', 'cli', 'claude-haiku-5-5', 10_800]],
  ])('%j', (task, expected) => {
    expect(chosen(task)).toEqual(expected);
  });

  test.each([
    [{}, false],
    [{ executor: 'api' }, true],
    [{ role: 'writer' }, true],
    [{ role: 'writer', executor: 'codex' }, false],
    [{ role: 'auto', description: 'Write the manual' }, true],
    [{ role: 'auto', description: 'Something else' }, false],
  ])('%j needs the key of the API: %s', (more, expected) => {
    const settings = settingsOf(`
executor: claude
roles: { writer: { title: Writer, description: Writes, prompt: Write., keywords: [manual], executor: api } }
`);
    const task = { category: 'default', title: 'One', description: '', ...more };
    expect(needsApi(settings, [task])).toBe(expected);
  });

  test('an executor may have limits of its own', () => {
    expect(SETTINGS.executors?.['slow']?.limits).toEqual({
      wallSeconds: 10_800,
      memoryBytes: 2_147_483_648,
      outputBytes: 5_242_880,
      costUsd: 1.5,
    });
  });

  test('a fix has the executor for fixing, whatever the task has', () => {
    expect(chosen({ executor: 'codex' }, true)[0]).toBe('api');
  });
});

test.each([
  ['executor: cluade', /There is no executor "cluade".*claude/],
  ['executorByCategory: { testing: mein }\nexecutors: { mine: { path: x } }', /"mein".*mine/],
  ['executors: { "My Tool": { path: x } }', /small letters/],
  ['executors: { mine: { kind: magic } }', /kind/],
  ['executors: { mine: { limits: { wall: soon } } }', /wall/],
  ['executors: { mine: { resultPath: "a b" } }', /names joined by dots/],
])('%s is refused with the reason', (text, message) => {
  const { settings, problems } = resolveSettings({ file: { text, path: 'drover.yml' } });
  expect(settings).toBeUndefined();
  expect(problems.map((problem) => problem.message).join('\n')).toMatch(message);
});

describe('where the program of a CLI is looked for', () => {
  const env = { HOME: '/home/u', PATH: '/usr/bin:relative:/opt/bin' };
  const paths = (...given: Parameters<typeof cliPlaces>): string[] =>
    cliPlaces(...given).map(({ path }) => path);

  test('the setting comes first and alone, then the environment, then usual places, cache and PATH', () => {
    expect(paths('claude', '/opt/claude', { ...env, CLAUDE_CLI_PATH: '/x' })).toEqual(['/opt/claude']);
    expect(paths('claude', 'claude-2', env)).toEqual(['/usr/bin/claude-2', '/opt/bin/claude-2']);
    expect(paths('claude', undefined, { ...env, CLAUDE_CLI_PATH: '/x' })).toEqual(['/x']);
    const all = paths('gemini', undefined, env);
    expect(all[0]).toBe('/home/u/.local/bin/gemini');
    expect(all).toContain(cachedProgram(env, 'gemini'));
    expect(all.at(-1)).toBe('/opt/bin/gemini');
  });

  test('a relative entry of the PATH is not looked at: the workspace may be a stranger', () => {
    expect(paths('mine', undefined, env)).toEqual(['/usr/bin/mine', '/opt/bin/mine']);
  });
});
