/** A plan of 1,000 tasks that do nothing: all are done, in few events, and what they leave behind is complete. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { historyPerTask, runsOf } from '../support/history.ts';
import { task } from '../support/memory-host.ts';
import { createSwarmWorld, type SwarmWorld } from '../support/swarm-world.ts';

let world: SwarmWorld;
beforeAll(async () => {
  world = await createSwarmWorld();
});
afterAll(() => world?.close());

test('1,000 tasks are done, with at most 8 events and 2 KiB of history each', async () => {
  const swarm = await world.start({
    settings: { parallelism: 50, build: [], test: [] },
    tasks: Array.from({ length: 1_000 }, (_, at) =>
      task(`t${at}`, { dependsOn: at < 100 ? [] : [`t${at - 100}`] }),
    ),
    agent: () => ({ changed: false }),
  });
  expect(await swarm.outcome()).toMatchObject({ phase: 'completed', skipped: 0 });
  expect(new Set(swarm.host.log.started).size).toBe(1_000);
  expect(swarm.host.log.started).toHaveLength(1_000);
  expect(swarm.host.log.reports[0]?.tasks).toHaveLength(1_000);
  const runs = await runsOf(world.temporal.client, swarm.id);
  const { events, bytes, longestRun } = historyPerTask(runs, 1_000);
  expect(events).toBeLessThanOrEqual(8);
  expect(bytes).toBeLessThanOrEqual(2_048);
  expect(longestRun).toBeLessThanOrEqual(4_096 + 500);
}, 900_000);
