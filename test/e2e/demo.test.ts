/** The demo without a key, as a user runs it: whole, and again with its worker killed on the way. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Report } from '../../domain/report/report.ts';
import { homeAt } from '../../store/home.ts';
import { readServices } from '../../workers/supervisor/services.ts';
import { json, runCli, startCli, type CliEnvironment } from '../support/cli.ts';
import { git, temporaryDirectory } from '../support/repository.ts';

const TIMEOUT_MS = 280_000;

let here: CliEnvironment;
beforeAll(async () => {
  const directory = await temporaryDirectory('drover-demo');
  here = { cwd: directory, home: join(directory, 'home') };
});
afterAll(async () => {
  await runCli(here, 'down');
  await rm(here.cwd, { recursive: true, force: true });
}, 60_000);

interface Shown {
  readonly repository: string;
  readonly swarmId: string;
}
const shownIn = (output: string): Shown => ({
  repository: /^repository {2}(.+)$/m.exec(output)?.[1] ?? 'none',
  swarmId: /^swarm {7}(.+)$/m.exec(output)?.[1] ?? 'none',
});

/** All seven tasks are in, the conflict and the red test were repaired, and the tests pass. */
const expectWholeResult = async ({ repository, swarmId }: Shown): Promise<void> => {
  const report = await json<Report>(here, 'report', swarmId);
  expect(report.outcome).toBe('completed');
  expect(report.tasks.map((task) => [task.id, task.landing])).toEqual(
    ['slugify', 'truncate-words', 'duration', 'join-list', 'decimal-units', 'file-summary', 'text-docs'].map(
      (id) => [id, 'landed'],
    ),
  );
  const repairs = report.decisions.filter(({ kind }) => kind !== 'plan');
  expect(new Set(repairs.map(({ kind, answer }) => `${kind}: ${answer?.action}`))).toEqual(
    new Set(['conflict: approve', 'test: approve']),
  );
  expect(repairs).toHaveLength(2);
  expect(report.usage.costUsd).toBeGreaterThan(0);
  expect(report.usage.costIncomplete).toBe(false);
  expect(await git(repository, 'status', '--porcelain')).toBe('');
  const checkout = `${repository}-checked`;
  await git(repository, 'worktree', 'add', '-q', '--detach', checkout, `drover/${swarmId}`);
  await promisify(execFile)('node', ['--test'], { cwd: checkout, env: { PATH: process.env['PATH'] } });
};

describe('drover demo', () => {
  test(
    'says that its answers are scripted, and ends with a verified branch and the report',
    async () => {
      const demo = await runCli(here, 'demo');
      expect(demo).toMatchObject({ code: 0, stderr: expect.stringContaining('No model is called') });
      const shown = shownIn(demo.stdout);
      await expectWholeResult(shown);
      expect(demo.stdout).toContain(`# Report of swarm \`${shown.swarmId}\``);
      expect(demo.stdout).toContain('No model wrote this');
      expect(demo.stdout).toMatch(/… \d+ lines, in the report/);
      expect(demo.stdout).toMatch(/^ {2}web ui {3}http:\/\/\S+$/m);
      const path = /^ {2}report {3}(.+)$/m.exec(demo.stdout)?.[1] ?? '';
      expect(await readFile(path, 'utf8')).toContain('text-docs');
    },
    TIMEOUT_MS,
  );

  test(
    'comes to the same when its worker is killed while agents work',
    async () => {
      const demo = startCli(here, 'demo');
      await demo.until(/── executing/, 120_000);
      const before = (await readServices(homeAt(here.home)))?.worker.process?.pid ?? 0;
      process.kill(before, 'SIGKILL');
      const ended = await demo.ended;
      expect(ended).toMatchObject({ code: 0 });
      expect((await readServices(homeAt(here.home)))?.worker.process?.pid).not.toBe(before);
      await expectWholeResult(shownIn(ended.stdout));
    },
    TIMEOUT_MS,
  );
});
