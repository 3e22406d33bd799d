import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AGENT_MARKER, endMarked, findMarked } from '../../activities/process/sweep.ts';
import { runCommand, type CommandOptions, type CommandResult } from '../../activities/process/run-command.ts';
import { temporaryDirectory } from '../support/repository.ts';

jest.setTimeout(30_000);

let scratch: string;
let marker: string;
beforeEach(async () => {
  scratch = await temporaryDirectory('run command ü');
  marker = randomBytes(16).toString('hex');
});
afterEach(async () => {
  const left = await findMarked(new Set([marker]));
  await endMarked(new Set([marker]), { graceMs: 0 });
  await rm(scratch, { recursive: true, force: true });
  expect(left).toEqual([]);
});

const run = (command: string, options: Partial<CommandOptions> = {}): Promise<CommandResult> =>
  runCommand(command, {
    cwd: scratch,
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', [AGENT_MARKER]: marker },
    timeoutSeconds: 20,
    graceSeconds: 1,
    keepBytes: 4_000,
    ...options,
  });

describe('a command', () => {
  test('has its input, its environment and nothing of ours, and both of its outputs are kept', async () => {
    const result = await run(
      'cat; echo error >&2; env | cut -d= -f1 | grep -v -e PWD -e SHLVL -e "^_$" | sort',
      {
        stdin: 'input\n',
      },
    );
    expect(result).toMatchObject({ exitCode: 0, timedOut: false, aborted: false });
    expect(result.output.split('\n').sort()).toEqual(
      ['', 'DROVER_AGENT_MARKER', 'DROVER_COMMAND_MARKER', 'PATH', 'error', 'input'].sort(),
    );
  });

  test.each([
    ['exit 7', 7],
    ['kill -TERM $$', 143],
    ['no-such-program-anywhere', 127],
  ])('that is red is a value: %s', async (command, exitCode) => {
    expect(await run(command)).toMatchObject({ exitCode, timedOut: false });
  });

  test('that does not read its input does no harm', async () => {
    expect(await run('exec <&-; exit 0', { stdin: 'x'.repeat(10_000_000) })).toMatchObject({ exitCode: 0 });
  });

  test('in a directory that is not there is a failure that says so', async () => {
    await expect(run('true', { cwd: join(scratch, 'missing') })).rejects.toMatchObject({
      type: 'toolBroken',
      message: expect.stringContaining('missing'),
    });
  });

  test('that prints much keeps both ends, and all of it goes to the log up to its limit', async () => {
    const path = join(scratch, 'log');
    const result = await run('echo first; seq 1 100000; echo last', { log: { path, maxBytes: 50_000 } });
    expect(result.output).toMatch(/^first\n1\n[^]*… \d+ bytes left out …[^]*\n100000\nlast\n$/);
    expect(result.output.length).toBeLessThan(4_100);
    const log = await readFile(path, 'utf8');
    expect(log.startsWith('first\n1\n2\n')).toBe(true);
    expect(log.endsWith('… the log ends here: it reached its limit …\n')).toBe(true);
  });

  test('has to wait while its reader is busy', async () => {
    let open = 0;
    let most = 0;
    const result = await run('head -c 1000000 /dev/zero', {
      onOutput: async () => {
        most = Math.max(most, ++open);
        await new Promise((resolve) => {
          setTimeout(resolve, 1);
        });
        open--;
      },
    });
    expect(result.exitCode).toBe(0);
    expect(most).toBe(1);
  });
});

describe('when it ends, nothing is left of it', () => {
  test.each([
    ['a process in the background', 'sleep 100 & echo done'],
    ['one in a session of its own', 'setsid sleep 100 & sleep 0.1'],
    [
      'a daemon that ignores signals',
      '(setsid sh -c \'trap "" INT TERM HUP; while :; do sleep 1; done\' &) ; sleep 0.1',
    ],
    ['one that keeps the output open', '(sleep 100 &) ; echo done'],
  ])('of %s', async (_what, command) => {
    const result = await run(command);
    expect(result.exitCode).toBe(0);
    expect(result.seconds).toBeLessThan(5);
    expect(await findMarked(new Set([marker]))).toEqual([]);
  });

  test.each([
    ['sleeps', 'sleep 100'],
    ['ignores signals', 'trap "" INT TERM; while :; do sleep 1; done'],
    ['cleared its environment', 'exec env -i /bin/sh -c \'trap "" INT; while :; do /bin/sleep 1; done\''],
    ['stopped itself', 'kill -STOP $$'],
  ])('by its time limit: one that %s', async (_what, command) => {
    const result = await run(command, { timeoutSeconds: 0.3, graceSeconds: 0.3 });
    expect(result).toMatchObject({ timedOut: true, aborted: false });
    expect(result.exitCode).not.toBe(0);
    expect(result.seconds).toBeLessThan(5);
  });

  test('by its signal, at once, also when that came before the start', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 200);
    expect(await run('sleep 100', { signal: controller.signal })).toMatchObject({ aborted: true });
    expect(await run('sleep 100', { signal: AbortSignal.abort() })).toMatchObject({ aborted: true });
  });

  test('but it may clean up after itself within its grace period', async () => {
    const result = await run('trap "echo tidy; exit 4" INT; while :; do sleep 0.05; done', {
      timeoutSeconds: 0.3,
    });
    expect(result).toMatchObject({ exitCode: 4, timedOut: true, output: 'tidy\n' });
  });

  test('a neighbour with the same agent is left alone', async () => {
    const other = run('sleep 1; echo survived');
    await run('sleep 100', { timeoutSeconds: 0.2 });
    expect(await other).toMatchObject({ exitCode: 0, output: 'survived\n' });
  });
});
