// F1: SIGKILL of the worker while agents run. The agents go on, and the next worker takes them up again.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { completed, startDrover, until, type Drover } from '../support/drover.ts';
import { startLedgerSwarm } from '../support/ledger-swarm.ts';

let drover: Drover;
beforeAll(async () => {
  drover = await startDrover();
}, 120_000);
afterAll(() => drover.close());

/** Seconds: the next worker takes them up while they still run, after the heartbeat timeout of 10 s. */
const AFTER_TAKEOVER = 25;
const eight = Array.from({ length: 8 }, (_, index) => `task-${index}`);

test('the worker is killed while 8 agents run: all are taken up again, none is started twice', async () => {
  const run = await startLedgerSwarm(
    drover,
    'eight',
    eight.map((id) => ({ id, seconds: AFTER_TAKEOVER })),
    { parallelism: 8 },
  );
  await until(async () => (await run.started()).length === 8, 30, 'eight agents have started');
  const killed = await drover.kill('worker');
  await until(async () => (await drover.pid('worker').catch(() => killed)) !== killed, 20, 'a new worker');
  const outcome = await completed(run.swarm);
  expect(outcome.landed).toBe(8);
  expect((await run.started()).sort()).toEqual(eight.map((id, index) => `agent-${index} ${id}`));
  expect(await run.violations()).toEqual([]);
});

test('the worker is killed again and again: every agent still runs once', async () => {
  const run = await startLedgerSwarm(
    drover,
    'again',
    eight.slice(0, 4).map((id) => ({ id, seconds: 6 })),
    { parallelism: 4 },
  );
  for (let round = 0; round < 3; round++) {
    await until(async () => (await run.started()).length > 0, 30, 'an agent has started');
    const killed = await drover.kill('worker');
    await until(async () => (await drover.pid('worker').catch(() => killed)) !== killed, 30, 'a new worker');
  }
  expect((await completed(run.swarm)).landed).toBe(4);
  expect(await run.violations()).toEqual([]);
});
