/** The gate `budget`: what the gateway tells of the money, what a person answers, and what becomes of the tasks. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { INTERNAL_SIGNALS, type BudgetNotice } from '../../domain/protocol.ts';
import { heldAgents, task } from '../support/memory-host.ts';
import { createSwarmWorld, eventually, type SwarmWorld, type TestSwarm } from '../support/swarm-world.ts';

let world: SwarmWorld;
beforeAll(async () => {
  world = await createSwarmWorld();
});
afterAll(() => world?.close());

const REACHED: BudgetNotice = {
  kind: 'reached',
  limitMicros: 5_000_000,
  spentMicros: 4_900_000,
  neededMicros: 300_000,
};
const tell = (swarm: TestSwarm, notice: BudgetNotice): Promise<void> =>
  world.temporal.client.workflow.getHandle(swarm.id).signal<[BudgetNotice]>(INTERNAL_SIGNALS.budget, notice);

const started = async (more: object = {}) => {
  const held = heldAgents();
  const swarm = await world.start({
    settings: { parallelism: 1 },
    tasks: [task('a', { priority: 1 }), task('b'), task('c', { dependsOn: ['b'] })],
    agent: held.agent,
    ...more,
  });
  await eventually('the first agent', async () => held.waiting.has('a') || undefined);
  return { held, swarm };
};

describe('a budget that is used up', () => {
  test('asks once, however often it is told, and a yes raises it by half', async () => {
    const { held, swarm } = await started();
    await tell(swarm, REACHED);
    await tell(swarm, REACHED);
    const decision = await swarm.decision('budget');
    expect(decision).toMatchObject({
      question: expect.stringContaining('$5.00'),
      approveMeans: expect.stringContaining('$7.50'),
      detail: expect.stringContaining('$4.90'),
    });
    expect((await swarm.decisions()).filter(({ kind }) => kind === 'budget')).toHaveLength(1);
    await swarm.resolve(decision, 'approve');
    await eventually('the raise', async () => swarm.host.log.budgets.length > 0 || undefined);
    for (const id of ['a', 'b', 'c']) held.release(id);
    const outcome = await swarm.outcome();
    expect(swarm.host.log.budgets).toEqual([{ swarmId: swarm.id, limitMicros: 7_500_000 }]);
    expect(outcome).toMatchObject({ phase: 'completed', landed: 3 });
  });

  test('is raised to what the person says, who is told what all swarms of a backlog have spent', async () => {
    const sharedBudget = { limitUsd: 20, spentUsd: 15 };
    const { held, swarm } = await started({ settings: { parallelism: 1, sharedBudget } });
    await tell(swarm, REACHED);
    const decision = await swarm.decision('budget');
    expect(decision.detail).toContain(
      'of the $20.00 for the whole backlog $19.90 are spent, $15.00 of them by the swarms before it',
    );
    await swarm.resolve(decision, 'approve', '$12.25');
    await eventually('the raise', async () => swarm.host.log.budgets.length > 0 || undefined);
    for (const id of ['a', 'b', 'c']) held.release(id);
    await swarm.outcome();
    expect(swarm.host.log.budgets).toEqual([{ swarmId: swarm.id, limitMicros: 12_250_000 }]);
  });

  test('that is not raised ends the work, and what is finished is merged', async () => {
    const { held, swarm } = await started();
    held.release('a');
    await eventually('the second agent', async () => held.waiting.has('b') || undefined);
    await tell(swarm, REACHED);
    await swarm.resolve(await swarm.decision('budget'), 'reject');
    const outcome = await swarm.outcome();
    expect(swarm.host.log.budgets).toEqual([{ swarmId: swarm.id, close: true }]);
    expect(outcome).toMatchObject({ phase: 'completed', landed: 1 });
    expect(await swarm.tasks()).toMatchObject({
      a: { state: 'completed', landing: 'landed' },
      b: { state: 'cancelled' },
      c: { state: expect.stringMatching(/cancelled|skipped/) },
    });
  });

  test('is raised by policy as often as gates may answer by themselves, then a person is asked', async () => {
    const gates = {
      plan: 'auto',
      task: 'ask',
      conflict: 'ask',
      build: 'ask',
      test: 'ask',
      phase: 'ask',
      budget: 'auto',
    };
    const { held, swarm } = await started({ settings: { parallelism: 1, fixAttempts: 1, gates } });
    await tell(swarm, REACHED);
    await eventually('the raise', async () => swarm.host.log.budgets.length > 0 || undefined);
    await tell(swarm, { ...REACHED, limitMicros: 7_500_000 });
    await swarm.resolve(await swarm.decision('budget'), 'approve');
    for (const id of ['a', 'b', 'c']) held.release(id);
    await swarm.outcome();
    expect(swarm.host.log.budgets.map((one) => 'limitMicros' in one && one.limitMicros)).toEqual([
      7_500_000, 11_250_000,
    ]);
  });
});

test('a warning is shown and holds nothing up; words that make no sense change nothing', async () => {
  const { held, swarm } = await started();
  await tell(swarm, { ...REACHED, kind: 'warning', spentMicros: 4_000_000 });
  await tell(swarm, { kind: 'reached', limitMicros: Number.NaN } as BudgetNotice);
  const { warnings } = await swarm.until('the warnings', (view) => view.warnings.length === 2);
  expect(warnings).toEqual(['$4.00 of the budget of $5.00 are spent.', expect.stringContaining('ignored')]);
  expect(await swarm.decisions()).not.toContainEqual(expect.objectContaining({ kind: 'budget' }));
  for (const id of ['a', 'b', 'c']) held.release(id);
  expect(await swarm.outcome()).toMatchObject({ landed: 3 });
});
