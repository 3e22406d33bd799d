// F7: a full disk, stale locks, a repository that cannot be written, no file handles left. Each becomes a question
// with its cause, the swarm goes on from where it was once the cause is mended, and nothing is lost.
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { resolveDecision } from '../../api/answer-decision.ts';
import type { SwarmHandle } from '../../api/swarm-handle.ts';
import { resultBranch } from '../../domain/names.ts';
import type { SwarmSettings } from '../../domain/swarm/settings.ts';
import type { Decision } from '../../domain/swarm/swarm.ts';
import { completed, startDrover, until, type Drover } from '../support/drover.ts';
import type { LedgerTask } from '../support/ledger.ts';
import { startLedgerSwarm } from '../support/ledger-swarm.ts';
import { fillDisk, makeReadOnly, mayMount, mountSmallDisk, unmount } from '../support/small-disk.ts';

jest.setTimeout(300_000);

const TASKS: readonly LedgerTask[] = [
  { id: 'a', seconds: 0.2 },
  { id: 'b', seconds: 0.2 },
];
const ASK: SwarmSettings['gates'] = {
  plan: 'auto',
  task: 'fail',
  conflict: 'fail',
  build: 'fail',
  test: 'fail',
  phase: 'ask',
};
const WAIT_SECONDS = 60;

let drover: Drover;
beforeEach(async () => {
  drover = await startDrover();
});
afterEach(() => drover.close());

const gate = (swarm: SwarmHandle, about: string): Promise<Decision> =>
  until(
    async () =>
      (await swarm.decisions()).find(
        (one) => one.kind === 'phase' && one.answer === undefined && one.question.startsWith(about),
      ),
    WAIT_SECONDS,
    `a question about "${about}"`,
  );

/** A verification that goes on once the file is there, and then needs 4 MB. */
const waitingFor = (file: string): Partial<SwarmSettings> => ({
  gates: ASK,
  test: [
    {
      name: 'wait',
      run: `touch '${file}.waits'; while [ ! -e '${file}' ]; do sleep 0.1; done; head -c 4000000 /dev/zero > output`,
      timeoutSeconds: 300,
    },
  ],
});

(mayMount ? test : test.skip)(
  'a disk that is too full is waited for; one that runs full is a question (needs the right to mount)',
  async () => {
    const disk = drover.home.runsDirectory;
    expect(mountSmallDisk(disk, '64m')).toBe(true);
    try {
      const empty = fillDisk(disk, 20 * 1_048_576);
      const go = join(drover.root, 'go');
      const run = await startLedgerSwarm(drover, 'project', TASKS, {
        ...waitingFor(go),
        freeDiskBytes: 30 * 1_048_576,
      });
      await until(
        async () => (await run.swarm.tasks()).some(({ note }) => note.startsWith('Waits for room')),
        WAIT_SECONDS,
        'a task that waits for room',
      );
      expect(await run.started()).toEqual([]);
      empty();

      await until(
        async () => (await readdir(drover.root)).includes('go.waits'),
        WAIT_SECONDS,
        'the verification',
      );
      const free = fillDisk(disk);
      await writeFile(go, '');
      const decision = await gate(run.swarm, 'Verifying failed');
      expect(decision.detail).toMatch(/no space left|ENOSPC|disk is full/i);
      free();
      await resolveDecision(run.swarm, decision.id, 'approve');
      expect(await completed(run.swarm)).toMatchObject({ landed: TASKS.length });
      expect(await run.violations()).toEqual([]);
    } finally {
      unmount(disk);
    }
  },
);

test('locks that a killed git left are questions that name them, one after the other', async () => {
  const go = join(drover.root, 'go');
  const run = await startLedgerSwarm(drover, 'project', TASKS, waitingFor(go));
  await until(
    async () => (await readdir(drover.root)).includes('go.waits'),
    WAIT_SECONDS,
    'the verification',
  );
  const inHub = join(drover.home.runsDirectory, `run-${run.swarm.id}`, 'repo');
  const inRepository = join(run.repository, '.git');
  await writeFile(join(inHub, 'refs/heads/result.lock'), '');
  // Of no concern: Drover writes neither the index nor packed refs.
  const unrelated = [
    join(inHub, 'packed-refs.lock'),
    join(inRepository, 'index.lock'),
    join(inRepository, 'packed-refs.lock'),
  ];
  for (const lock of unrelated) await writeFile(lock, '');
  await mkdir(join(inRepository, 'refs/heads/drover'), { recursive: true });
  const ours = join(inRepository, `refs/heads/${resultBranch(run.swarm.id)}.lock`);
  await writeFile(ours, '');
  await writeFile(go, '');

  const moving = await gate(run.swarm, 'Moving the result branch failed');
  expect(moving.detail).toContain('result.lock');
  await rm(join(inHub, 'refs/heads/result.lock'));
  await resolveDecision(run.swarm, moving.id, 'approve');

  const delivering = await gate(run.swarm, 'Delivering the result failed');
  expect(delivering.detail).toMatch(/is locked: .*\.lock is there.*remove the lock file/is);
  await rm(ours);
  await resolveDecision(run.swarm, delivering.id, 'approve');
  expect(await completed(run.swarm)).toMatchObject({ landed: TASKS.length });
  for (const lock of unrelated) await rm(lock);
  expect(await run.violations()).toEqual([]);
});

(mayMount ? test : test.skip)(
  'a repository that cannot be written is a question; the result waits in the hub (needs the right to mount)',
  async () => {
    const go = join(drover.root, 'go');
    const run = await startLedgerSwarm(drover, 'project', TASKS, waitingFor(go));
    const directory = join(run.repository, '.git');
    await until(
      async () => (await readdir(drover.root)).includes('go.waits'),
      WAIT_SECONDS,
      'the verification',
    );
    expect(makeReadOnly(directory)).toBe(true);
    try {
      await writeFile(go, '');
      const decision = await gate(run.swarm, 'Delivering the result failed');
      expect(decision.detail).toMatch(/cannot be written/i);
      expect(decision.detail).toContain('safe in the hub');
      expect(unmount(directory)).toBe(true);
      await resolveDecision(run.swarm, decision.id, 'approve');
      expect(await completed(run.swarm)).toMatchObject({ landed: TASKS.length });
      expect(await run.violations()).toEqual([]);
    } finally {
      unmount(directory);
    }
  },
);

test('a worker without file handles says so, or dies of it and is started again: nothing is lost', async () => {
  const go = join(drover.root, 'go');
  const run = await startLedgerSwarm(drover, 'project', TASKS, waitingFor(go));
  await until(
    async () => (await readdir(drover.root)).includes('go.waits'),
    WAIT_SECONDS,
    'the verification',
  );
  const worker = await drover.pid('worker');
  // Fewer than it has open: no further one can be had.
  expect(spawnSync('prlimit', ['--pid', String(worker), '--nofile=8:']).status).toBe(0);
  await writeFile(go, '');
  const decision = await until(
    async () => {
      const { phase } = await run.swarm.state();
      const open = (await run.swarm.decisions()).find((one) => one.answer === undefined);
      return phase === 'completed' ? ('no question' as const) : open;
    },
    WAIT_SECONDS,
    'a question or the end',
  );
  if (decision !== 'no question') {
    expect(decision).toMatchObject({
      kind: 'phase',
      detail: expect.stringMatching(/EMFILE|too many open files/i),
    });
    spawnSync('prlimit', ['--pid', String(await drover.pid('worker')), '--nofile=4096:']);
    await resolveDecision(run.swarm, decision.id, 'approve');
  }
  expect(await completed(run.swarm)).toMatchObject({ landed: TASKS.length });
  expect(await run.violations()).toEqual([]);
});
