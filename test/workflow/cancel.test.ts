/** Cancelling a swarm in its different phases. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import type { SwarmView } from '../../domain/swarm/swarm.ts';
import { heldAgents, task } from '../support/memory-host.ts';
import { createSwarmWorld, eventually, type SwarmWorld, type TestSwarm } from '../support/swarm-world.ts';

let world: SwarmWorld;
beforeAll(async () => {
  world = await createSwarmWorld();
});
afterAll(() => world?.close());

/** Cancels, and gives what the swarm says after its end. */
const cancel = async (swarm: TestSwarm): Promise<SwarmView> => {
  await swarm.handle.cancel();
  const error: unknown = await swarm.outcome().catch((reason: unknown) => reason);
  const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
  if (!(cause instanceof CancelledFailure)) throw new Error(`not cancelled: ${String(cause)}`);
  return swarm.state();
};

describe('a swarm that is cancelled', () => {
  test('stops its agents, keeps what is finished, and reports', async () => {
    const held = heldAgents();
    const swarm = await world.start({
      settings: { parallelism: 2 },
      tasks: ['a', 'b', 'c', 'd'].map((id) => task(id)),
      agent: held.agent,
    });
    await eventually('two agents', async () => held.waiting.size === 2 || undefined);
    held.release('a');
    await swarm.until('a completed task', (view) => view.counts.completed === 1 && held.waiting.size === 2);

    expect(await cancel(swarm)).toMatchObject({ phase: 'cancelled', landed: 0 });

    expect(swarm.host.running.size).toBe(0);
    expect(swarm.host.log.discarded.toSorted()).toEqual(['agent-1', 'agent-2']);
    expect(swarm.host.log.reports[0]).toMatchObject({ outcome: 'cancelled' });
    expect(swarm.host.log.reports[0]?.tasks.map((one) => one.state)).toEqual([
      'completed',
      'cancelled',
      'cancelled',
      'cancelled',
    ]);
    expect(swarm.host.log.reports[0]?.tasks[0]?.commit).toBeDefined();
    expect(swarm.host.log.closed).toBe(1);
    expect((await swarm.handle.describe()).status.name).toBe('CANCELLED');
  });

  test('while its plan waits for approval starts no agent', async () => {
    const swarm = await world.start({ tasks: [task('a')] }, { approve: false });
    await swarm.until('a plan', (view) => view.phase === 'awaiting_approval');
    expect(await cancel(swarm)).toMatchObject({ phase: 'cancelled' });
    expect(swarm.host.log.started).toEqual([]);
  });

  test('while a branch waits at its gate keeps what has landed in the hub, and delivers nothing', async () => {
    const swarm = await world.start({
      tasks: [task('a'), task('b')],
      red: (work) => (work.has('b') ? 'test' : undefined),
    });
    await swarm.decision('test');
    await swarm.until('the other branch', (view) => view.landed === 1);
    expect(await cancel(swarm)).toMatchObject({ phase: 'cancelled', landed: 1 });
    expect(swarm.host.log.train).toHaveLength(2);
    expect(swarm.host.log.delivered).toEqual([]);
  });

  test('while a fixing agent works stops it', async () => {
    const held = heldAgents();
    const swarm = await world.start({
      tasks: [task('a')],
      settings: { gates: { ...ASK, test: 'auto' } },
      red: (work) => (work.has('a') && !work.has('a+') ? 'test' : undefined),
      agent: (call) => (call.fix === undefined ? undefined : held.agent(call)),
    });
    await eventually('the fixing agent', async () => held.waiting.has('a') || undefined);
    expect(await cancel(swarm)).toMatchObject({ phase: 'cancelled' });
    expect(swarm.host.running.size).toBe(0);
  });
});

const ASK = { plan: 'ask', task: 'ask', conflict: 'ask', build: 'ask', test: 'ask', phase: 'ask' } as const;
