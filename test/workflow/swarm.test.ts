/** From an approved plan to the delivered branch, when all goes well. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { task } from '../support/memory-host.ts';
import { createSwarmWorld, type SwarmWorld } from '../support/swarm-world.ts';

let world: SwarmWorld;
beforeAll(async () => {
  world = await createSwarmWorld();
});
afterAll(() => world?.close());

describe('a swarm whose agents all do their work', () => {
  test('lands every branch, delivers the result and writes a report', async () => {
    const swarm = await world.start({
      tasks: [task('a'), task('b', { dependsOn: ['a'] }), task('c')],
    });

    const outcome = await swarm.outcome();

    const { log } = swarm.host;
    expect(outcome).toMatchObject({
      phase: 'completed',
      landed: 3,
      skipped: 0,
      branch: `drover/${swarm.id}`,
    });
    expect(log.delivered).toEqual([log.train.at(-1)]);
    expect([...swarm.host.workOf(log.delivered[0] ?? '')]).toEqual(expect.arrayContaining(['a', 'b', 'c']));
    expect(log.reports[0]).toMatchObject({ outcome: 'completed', goal: 'make it better' });
    expect(log.reports[0]?.tasks.map((one) => [one.id, one.state, one.landing])).toEqual([
      ['a', 'completed', 'landed'],
      ['b', 'completed', 'landed'],
      ['c', 'completed', 'landed'],
    ]);
    expect(log.reports[0]?.landings).toHaveLength(3);
    expect(log.closed).toBe(1);
  });
});
