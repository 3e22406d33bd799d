// F2: SIGKILL of the Temporal server, then of server, worker, API and gateway together, at moments drawn from a seed.
// The result is the tree of the undisturbed run.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { completed, startDrover, until, type Drover } from '../support/drover.ts';
import type { LedgerTask } from '../support/ledger.ts';
import { startLedgerSwarm, type LedgerSwarm } from '../support/ledger-swarm.ts';
import { randomFrom } from '../support/random.ts';

/** Printed with a failure through the test's name; another one can be given to search for more. */
const SEED = Number(process.env['DROVER_CHAOS_SEED'] ?? 20_261_121);

const TASKS: readonly LedgerTask[] = [
  { id: 'a', seconds: 1 },
  { id: 'b', seconds: 2 },
  { id: 'c', seconds: 1, dependsOn: ['a'] },
  { id: 'd', seconds: 2, dependsOn: ['a', 'b'] },
  { id: 'e', seconds: 1, dependsOn: ['c', 'd'] },
];
const ALL = ['temporal', 'worker', 'api', 'gateway'] as const;
const SETTINGS = {
  parallelism: 3,
  test: [{ name: 'ledger', run: 'grep -q "^done a" ledger.txt', timeoutSeconds: 30 }],
};

let drover: Drover;
let undisturbed: string;
beforeAll(async () => {
  drover = await startDrover();
  const run = await startLedgerSwarm(drover, 'undisturbed', TASKS, SETTINGS);
  await completed(run.swarm);
  expect(await run.violations()).toEqual([]);
  undisturbed = await run.resultTree();
}, 180_000);
afterAll(() => drover.close());

const expectSameResult = async (run: LedgerSwarm): Promise<void> => {
  expect((await completed(run.swarm)).landed).toBe(TASKS.length);
  expect(await run.violations()).toEqual([]);
  expect(await run.resultTree()).toBe(undisturbed);
};

test('the Temporal server is killed while agents run: the same result', async () => {
  const run = await startLedgerSwarm(drover, 'temporal', TASKS, SETTINGS);
  await until(async () => (await run.started()).length >= 2, 30, 'two agents have started');
  await drover.kill('temporal');
  await expectSameResult(run);
});

test.each([1, 2, 3])(
  `server, worker, API and gateway are killed together at random moments, round %i of seed ${SEED}: the same result`,
  async (round) => {
    const random = randomFrom(SEED + round);
    const run = await startLedgerSwarm(drover, `both-${round}`, TASKS, SETTINGS);
    for (let strike = 0; strike < 2; strike++) {
      await sleep(500 + random() * 4_000);
      await Promise.allSettled(ALL.map((name) => drover.kill(name)));
    }
    await expectSameResult(run);
  },
);
