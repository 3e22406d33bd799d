// F4: the worker is stopped by SIGSTOP for 30 seconds, while another one takes its work over, and then goes on. What
// it still believes to own is refused: nothing happens twice.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { taskWorkflowId } from '../../domain/names.ts';
import { completed, startDrover, until, type Drover } from '../support/drover.ts';
import { startLedgerSwarm } from '../support/ledger-swarm.ts';

const WORKER = fileURLToPath(new URL('../../dist/workers/worker/main.js', import.meta.url));
const FROZEN_MS = 30_000;
/** Seconds: when the second worker takes the agents over, after the heartbeat timeout of 10 s, they still run. */
const STILL_RUNNING = 25;

let drover: Drover;
let second: ChildProcess | undefined;
beforeAll(async () => {
  drover = await startDrover();
}, 120_000);
afterAll(async () => {
  if (second?.exitCode === null) {
    second.kill('SIGKILL');
    await once(second, 'exit');
  }
  await drover.close();
});

/** A second worker of the same host, beside the one that the supervisor runs. */
const startSecondWorker = async (): Promise<void> => {
  const { temporal } = await drover.services();
  second = spawn(process.execPath, [WORKER], {
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      DROVER_HOME: drover.home.root,
      DROVER_EMBEDDED_TEMPORAL: temporal.address,
    },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  await once(second, 'message');
};

let tries = 0;

test('a frozen worker that wakes up after others took over does nothing twice', async () => {
  const tasks = ['a', 'b', 'c'].map((id) => ({ id, seconds: STILL_RUNNING }));
  const run = await startLedgerSwarm(
    drover,
    `frozen-${++tries}`,
    [...tasks, { id: 'last', seconds: 12, dependsOn: ['a'] }],
    { parallelism: 4 },
  );
  await until(async () => (await run.started()).length === 3, 60, 'three agents have started');
  const frozen = await drover.kill('worker', 'SIGSTOP');
  await startSecondWorker();
  await sleep(FROZEN_MS);
  process.kill(frozen, 'SIGCONT');

  expect((await completed(run.swarm)).landed).toBe(4);
  expect(await run.violations()).toEqual([]);
  // The first tries were given up by the server, and what counts was told by the second worker.
  const { temporal } = await drover.client();
  const ends: string[] = [];
  const attempts: number[] = [];
  for (const { id } of tasks) {
    const handle = temporal.workflow.getHandle(taskWorkflowId(run.swarm.id, id));
    const { events } = await handle.fetchHistory();
    for (const event of events ?? []) {
      attempts.push(event.activityTaskStartedEventAttributes?.attempt ?? 0);
      ends.push(event.activityTaskCompletedEventAttributes?.identity ?? '');
    }
  }
  expect(Math.max(...attempts)).toBeGreaterThan(1);
  expect(ends.some((identity) => identity.startsWith(`${second?.pid}@`))).toBe(true);
});
