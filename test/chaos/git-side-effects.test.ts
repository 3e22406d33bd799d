/** Killed at any named side effect on git and tried again, the work is there once, and nothing else is. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CrashPoint } from '../../store/crash-point.ts';
import type { Drive } from '../support/drive-git.ts';
import { openTestSwarm, type OpenedTestSwarm } from '../support/opened-swarm.ts';
import { git } from '../support/repository.ts';

const PROGRAM = join(import.meta.dirname, '../support/drive-git.ts');

let opened: OpenedTestSwarm;

beforeEach(async () => {
  opened = await openTestSwarm({ a: '1\n' });
});

afterEach(() => opened.remove());

const drive = async (at?: CrashPoint): Promise<{ code: number | null; signal: string | null }> => {
  const { home, repository, planKey, settingsKey, baseCommit, scratch } = opened;
  const input: Drive = {
    home: home.root,
    repository,
    planKey,
    settingsKey,
    baseCommit,
    onceFile: join(scratch, 'crashed'),
    ...(at === undefined ? {} : { at }),
  };
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(input)], { stdio: 'inherit' });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return { code, signal };
};

const reflog = async (branch: string): Promise<number> => {
  const text = await readFile(join(opened.swarm.hub, 'logs/refs/heads', branch), 'utf8');
  return text.trim().split('\n').length;
};

const expectDoneOnce = async (): Promise<void> => {
  const tip = await opened.inHub('rev-parse', 'result');
  expect(await git(opened.repository, 'rev-parse', 'drover/s1')).toBe(tip);
  expect(await opened.inHub('ls-tree', '--name-only', 'result')).toBe('a\nt0.txt\nt1.txt');
  expect(await opened.inHub('rev-list', '--merges', '--count', 'main..result')).toBe('2');
  expect(await opened.inHub('for-each-ref', '--format=%(refname:short)')).toBe(
    'agent-0\nagent-1\nmain\nresult',
  );
  expect(await Promise.all(['agent-0', 'agent-1', 'result'].map(reflog))).toEqual([1, 1, 2]);
  expect((await readdir(opened.swarm.root)).toSorted()).toEqual(['agents', 'artifacts', 'repo']);
  await opened.inHub('fsck', '--strict');
};

const POINTS: readonly CrashPoint[] = [
  'workspace.before',
  'workspace.after',
  'handover.before',
  'handover.after',
  'cleanup.before',
  'merge.after',
  'train.before',
  'train.after',
  'deliver.before',
  'deliver.after',
];

test.each(POINTS)('killed at %s, then tried again: done exactly once', async (at) => {
  expect(await drive(at)).toEqual({ code: null, signal: 'SIGKILL' });
  expect(await drive(at)).toEqual({ code: 0, signal: null });
  await expectDoneOnce();
});

test('done twice without a kill: done exactly once', async () => {
  expect(await drive()).toEqual({ code: 0, signal: null });
  expect(await drive()).toEqual({ code: 0, signal: null });
  await expectDoneOnce();
});
