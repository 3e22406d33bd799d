// SIGKILL of the processes that a swarm does not need: the CLI that started it, and the supervisor.
import { spawn } from 'node:child_process';
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { swarmHandle } from '../../api/swarm-handle.ts';
import { completed, startDrover, until, type Drover } from '../support/drover.ts';
import { startLedgerSwarm } from '../support/ledger-swarm.ts';
import { git, makeRepository } from '../support/repository.ts';

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

let drover: Drover;
beforeAll(async () => {
  drover = await startDrover();
}, 120_000);
afterAll(() => drover.close());

const tasks = ['a', 'b'].map((id) => ({ id, seconds: 3 }));

test('the supervisor is killed: the swarm goes on, and the next one takes server and worker over', async () => {
  const run = await startLedgerSwarm(drover, 'supervisor', tasks);
  await until(async () => (await run.started()).length === 2, 30, 'two agents have started');
  const [supervisor, temporal] = [await drover.kill('supervisor'), await drover.pid('temporal')];
  expect((await completed(run.swarm)).landed).toBe(2);
  expect(await run.violations()).toEqual([]);

  await drover.up();
  expect(await drover.pid('supervisor')).not.toBe(supervisor);
  expect(await drover.pid('temporal')).toBe(temporal);
  const worker = await drover.kill('worker');
  await until(async () => (await drover.pid('worker').catch(() => worker)) !== worker, 20, 'a new worker');
});

test('the CLI is killed that started the swarm: the swarm goes on to its result', async () => {
  const repository = join(drover.root, 'cli');
  await makeRepository(repository, { 'README.md': '# Project' });
  const started = join(drover.root, 'cli.started');
  const plan = join(drover.root, 'cli.plan.yml');
  const command = `touch ${started}; sleep 3; echo done > done.txt`;
  await writeFile(plan, stringify({ goal: 'go on', tasks: [{ title: 'Go on', command }] }));
  const cli = spawn(
    process.execPath,
    [CLI, 'run', '--plan', plan, '--executor=command', '--repo', repository, '--yes', '--json'],
    {
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], DROVER_HOME: drover.home.root },
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  let said = '';
  cli.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await until(
    async () =>
      access(started).then(
        () => true,
        () => false,
      ),
    60,
    'the agent has started',
  );
  cli.kill('SIGKILL');
  const { swarmId } = JSON.parse(said.split('\n')[0]!) as { swarmId: string };
  const outcome = await completed(swarmHandle(await drover.client(), swarmId));
  expect(await git(repository, 'show', `${outcome.branch}:done.txt`)).toBe('done');
});
