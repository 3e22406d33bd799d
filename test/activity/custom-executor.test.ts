import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutorSettings } from '../../domain/swarm/settings.ts';
import { eventsOf, openAgentHome, type AgentHome } from '../support/agent-home.ts';

jest.setTimeout(60_000);

let home: AgentHome;
beforeEach(async () => {
  home = await openAgentHome();
});
afterEach(async () => {
  expect(await home.close()).toEqual([]);
});

/** A program of the user's own, with its settings. */
const run = async (script: string, settings: ExecutorSettings, description = 'Adds a file.') => {
  const path = join(home.root, 'my tool');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  const { agent, report } = await home.run('', {
    executor: 'my-tool',
    executorKind: 'cli',
    executorSettings: { path, ...settings },
    model: 'small-1',
    description,
  });
  return { agent, report };
};

const HOSTILE = 'Add "$(touch /tmp/pwned)"; `id` {model} $HOME\n--help';

describe('a program that drover.yml declares', () => {
  test('gets its task on standard input and is believed when it ends with 0', async () => {
    const { report } = await run('cat > task.txt; echo "I wrote it down"', {});
    expect(report).toMatchObject({ outcome: 'completed', summary: 'I wrote it down', changed: true });
  });

  test('gets its arguments as they are, whatever is in the task', async () => {
    const { agent, report } = await run(
      'for a; do printf "%s\\0" "$a"; done > ../arguments; echo x > file',
      { args: ['--model={model}', '--task', '{task}', '{prompt}', '{unknown}', '$HOME'] },
      HOSTILE,
    );
    expect(report.outcome).toBe('completed');
    const given = (await readFile(join(agent.spec.workspace, '..', 'arguments'), 'utf8')).split('\0');
    expect(given.slice(0, 3)).toEqual(['--model=small-1', '--task', 'task-1']);
    expect(given[3]).toContain(HOSTILE);
    expect(given.slice(4)).toEqual(['{unknown}', '$HOME', '']);
  });

  test('finds its models at the gateway with a token in place of keys, unless it has its own', async () => {
    const script = 'echo "$ANTHROPIC_BASE_URL $OPENAI_API_KEY $GEMINI_API_KEY" | tee file';
    const token = 'token-canary-1234567890';
    const { report } = await run(script, {});
    expect(report.summary).toBe(`http://127.0.0.1:9/anthropic ${token} ${token}`);
    expect((await run(script, { login: 'own' })).report.summary).toBe('');
  });

  test('gets its task as a file outside of the workspace', async () => {
    const { report } = await run('cp "$2" copy.md; test "$1" = -f', { args: ['-f'], prompt: 'file' });
    expect(report).toMatchObject({ outcome: 'completed', changed: true });
  });

  test.each([
    ['its result is where the settings say', '{"result":{"text":"did it"}}', 'completed', 'did it'],
    ['it says that it failed', '{"error":"no tokens","result":{"text":"x"}}', 'failed', 'no tokens'],
    ['its last line is not JSON', 'all good', 'failed', 'not a JSON object'],
    ['its result is somewhere else', '{"text":"did it"}', 'failed', 'has no "result.text"'],
  ])('with JSON in its last line: %s', async (_what, line, outcome, summary) => {
    const { report } = await run(`echo x > file; echo '{"result":{"text":"early"}}'; echo '${line}'`, {
      result: 'json',
      resultPath: 'result.text',
      errorPath: 'error',
    });
    expect([report.outcome, report.summary]).toEqual([outcome, expect.stringContaining(summary)]);
  });

  test('that ends with another code has failed, with its last words', async () => {
    const { report, agent } = await run('echo one; echo two >&2; exit 3', {});
    expect(report).toMatchObject({ outcome: 'failed', summary: expect.stringMatching(/code 3.*one.*two/s) });
    expect(await eventsOf(agent)).toContainEqual(
      expect.objectContaining({ kind: 'output', stream: 'stderr', text: 'two' }),
    );
  });

  test('that is not there fails with what to do', async () => {
    const { report } = await home.run('', {
      executor: 'my-tool',
      executorKind: 'cli',
      executorSettings: { path: 'no-such-program-here' },
    });
    expect(report).toMatchObject({
      outcome: 'failed',
      summary: expect.stringContaining('give its full path in executors.my-tool.path'),
    });
  });
});
