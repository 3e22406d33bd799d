// The worker has its programs started by a small process. Real processes, killed as they would be.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { identityOf, isAlive } from '../../activities/process/identity.ts';
import type { ProgramRequest, RunProgram } from '../../activities/process/program.ts';
import { createSpawner } from '../../activities/process/spawner.ts';
import { SPAWNER_ENTRY } from '../../workers/program.ts';
import { until } from '../support/drover.ts';
import { temporaryDirectory } from '../support/repository.ts';

const PATH = process.env.PATH ?? '';

let directory: string;
let run: RunProgram;
const spawners = new Set<number>();

const shell = (script: string, more: Partial<ProgramRequest> = {}): ProgramRequest => ({
  program: '/bin/sh',
  args: ['-c', script],
  cwd: directory,
  env: { PATH },
  outputLimit: 1_000_000,
  errorLimit: 1_000,
  ...more,
});

const output = async (request: ProgramRequest): Promise<string> => (await run(request)).stdout.toString();

/** Who starts the programs: the parent of any of them. */
const spawnerPid = async (): Promise<number> => {
  const pid = Number(await output(shell('echo $PPID')));
  spawners.add(pid);
  return pid;
};

const written = (name: string): Promise<string | undefined> =>
  until(() => readFile(join(directory, name), 'utf8').catch(() => undefined), 60, `${name} is written`);

beforeEach(async () => {
  directory = await temporaryDirectory();
  run = createSpawner(SPAWNER_ENTRY, PATH);
});
afterEach(async () => {
  for (const pid of spawners) {
    const identity = identityOf(pid);
    if (identity !== undefined && isAlive(identity)) process.kill(pid, 'SIGKILL');
  }
  spawners.clear();
  await rm(directory, { recursive: true, force: true });
});

test('a program started by the spawner is as if the worker had started it', async () => {
  const bytes = Buffer.from([0, 255, 254, 10, 0, 128]);
  const echoed = await run(shell('cat; echo oops >&2; exit 3', { input: bytes }));
  expect(echoed).toEqual({ code: 3, stdout: bytes, stderr: 'oops\n' });
  expect(await output(shell('pwd; env', { env: { PATH, ONLY: 'this' } }))).toMatch(
    new RegExp(`^${directory}\n(.+\n)*ONLY=this\n`),
  );
  expect(await output(shell('env'))).not.toMatch(/HOME=|DROVER/);
  expect(await spawnerPid()).not.toBe(process.pid);
  await expect(run(shell('', { program: '/does/not/exist' }))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('many programs at once each get their own answer, from one spawner', async () => {
  const pid = await spawnerPid();
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, index) => output(shell(`echo ${index} $PPID`))),
  );
  expect(answers).toEqual(answers.map((_, index) => `${index} ${pid}\n`));
});

test('a program that is no longer wanted is ended, and its neighbour is not', async () => {
  const wanted = output(shell('echo > neighbour; until [ -e ended ]; do sleep 0.05; done; echo done'));
  const unwanted = new AbortController();
  const stopped = run(
    shell("trap 'echo > ended; exit' TERM; echo > begun; while :; do sleep 0.05; done"),
    unwanted.signal,
  );
  await Promise.all([written('begun'), written('neighbour')]);
  unwanted.abort();
  await expect(stopped).rejects.toThrow('abort');
  expect(await wanted).toBe('done\n');
  await spawnerPid();
});

test('a program that prints too much is ended', async () => {
  const result = await run(shell('yes', { outputLimit: 100_000 }));
  expect(result.code).toBe(-1);
  expect(result.stdout.length).toBeLessThanOrEqual(100_000);
  await spawnerPid();
});

test('the spawner is killed: what it was asked fails and can be tried again, the next one takes over', async () => {
  const first = await spawnerPid();
  const asked = run(shell('echo > begun; until [ -e go ]; do sleep 0.05; done; echo > finished'));
  const refused = asked.then(
    () => undefined,
    (error: unknown) => error,
  );
  await written('begun');
  process.kill(first, 'SIGKILL');
  expect(await refused).toMatchObject({ type: 'toolBroken' });
  const second = await spawnerPid();
  expect(second).not.toBe(first);
  // What the dead one had started is not cut off in the middle.
  await output(shell('echo > go'));
  await written('finished');
});

test('the worker is killed: its spawner ends, the program that it had started runs to its end', async () => {
  const worker = spawn(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { createSpawner } from ${JSON.stringify(new URL('../../activities/process/spawner.ts', import.meta.url).href)};
       const run = createSpawner(${JSON.stringify(SPAWNER_ENTRY)}, process.env.PATH);
       await run(${JSON.stringify(shell('echo $PPID > spawner; until [ -e go ]; do sleep 0.05; done; echo > finished'))});`,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const pid = await until(
    async () => Number(await readFile(join(directory, 'spawner'), 'utf8').catch(() => '')) || undefined,
    60,
    'the program runs',
  );
  spawners.add(pid);
  const spawner = identityOf(pid)!;
  expect(isAlive(spawner)).toBe(true);
  const ended = once(worker, 'exit');
  worker.kill('SIGKILL');
  await ended;
  await until(async () => !isAlive(spawner), 60, 'the spawner has ended');
  await output(shell('echo > go'));
  await written('finished');
  await spawnerPid();
});

test('a signal to the whole group is for the worker to act on: the spawner goes on', async () => {
  const pid = await spawnerPid();
  process.kill(pid, 'SIGINT');
  process.kill(pid, 'SIGTERM');
  expect(await spawnerPid()).toBe(pid);
});
