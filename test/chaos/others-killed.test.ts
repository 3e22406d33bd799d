// SIGKILL of the processes that a swarm does not need: the CLI that started it, and the supervisor.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { completed, startDrover, until, type Drover } from '../support/drover.ts';
import { startLedgerSwarm } from '../support/ledger-swarm.ts';

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
