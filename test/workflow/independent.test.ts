/** Independent mode: the answers stay apart, are compared, and one of them is picked by whoever is first. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { independentPlan, type Comparison } from '../../domain/swarm/comparison.ts';
import { QUERIES } from '../../domain/protocol.ts';
import type { MemoryHostOptions } from '../support/memory-host.ts';
import { createSwarmWorld, eventually, type SwarmWorld, type TestSwarm } from '../support/swarm-world.ts';

let world: SwarmWorld;
beforeAll(async () => {
  world = await createSwarmWorld();
});
afterAll(() => world?.close());

const start = (options: Partial<MemoryHostOptions> = {}, judge = false): Promise<TestSwarm> =>
  world.start({ tasks: independentPlan('make it fast', 3).tasks, ...options }, { independent: { judge } });

const comparisonOf = (swarm: TestSwarm): Promise<Comparison> =>
  world.temporal.client.workflow.getHandle(swarm.id).query<Comparison>(QUERIES.comparison);

describe('independent mode', () => {
  test('verifies each answer by itself, merges none, and delivers the one that is picked', async () => {
    const swarm = await start({ red: (work) => (work.has('agent-0') ? 'test' : undefined) });
    const decision = await swarm.decision('pick');
    // Of two green ones the quicker comes first.
    expect(decision.choices?.toSorted()).toEqual(['agent-0', 'agent-1', 'agent-2']);
    expect(decision.choices?.at(-1)).toBe('agent-0');
    expect(swarm.host.log.verified).toEqual([['agent-0'], ['agent-1'], ['agent-2']]);

    await swarm.signal('pick', { agent: 'agent-2', feedback: 'shortest' });

    expect(await swarm.outcome()).toMatchObject({ phase: 'completed', landed: 1, skipped: 2 });
    const { log } = swarm.host;
    expect(log.merged).toEqual([]);
    expect([...swarm.host.workOf(log.delivered[0] ?? '')]).toEqual(['agent-2']);
    expect(log.train).toHaveLength(2);
    expect(log.reports[0]?.comparison).toMatchObject({ picked: 'agent-2', judged: false });
    expect(log.reports[0]?.comparison?.candidates.map((one) => one.verified)).toEqual([
      'green',
      'green',
      'red',
    ]);
    expect(log.reports[0]?.landings[0]?.reason).toBe('picked by a person: shortest');
  });

  test('an agent that fails is an answer without a branch, not a question', async () => {
    const swarm = await start({
      agent: ({ taskId }) =>
        taskId === 'agent-1' ? { outcome: 'failed', summary: 'no idea', changed: false } : undefined,
    });
    const decision = await swarm.decision('pick');
    expect(decision.choices?.toSorted()).toEqual(['agent-0', 'agent-2']);
    expect((await comparisonOf(swarm)).candidates.at(-1)).toMatchObject({
      agent: 'agent-1',
      state: 'failed',
      summary: 'no idea',
    });
    await swarm.signal('pick', { agent: 'agent-1' });
    await swarm.until('the refusal', (view) => view.warnings.some((text) => text.includes('agent-1')));
    await swarm.resolve(decision, 'approve');
    expect(await swarm.outcome()).toMatchObject({ phase: 'completed' });
    expect(swarm.host.log.reports[0]?.comparison?.picked).toBe(decision.choices?.[0]);
  });

  test('whoever picks first wins, and the other is told', async () => {
    const swarm = await start();
    const decision = await swarm.decision('pick');
    const handle = world.temporal.client.workflow.getHandle(swarm.id);
    await Promise.all([
      handle.signal('pick', { agent: 'agent-2' }),
      handle.signal('resolveDecision', { id: decision.id, action: 'approve', choice: 'agent-1' }),
    ]);
    expect(await swarm.outcome()).toMatchObject({ phase: 'completed' });
    const picked = swarm.host.log.reports[0]?.comparison?.picked;
    expect(['agent-1', 'agent-2']).toContain(picked);
    const view = await swarm.state();
    expect(view.warnings.filter((text) => text.includes('was ignored'))).toHaveLength(1);
  });

  test('a judge ranks the green answers, and the policy may take the first', async () => {
    const swarm = await start(
      {
        settings: {
          gates: {
            plan: 'ask',
            task: 'ask',
            conflict: 'ask',
            build: 'ask',
            test: 'ask',
            phase: 'ask',
            pick: 'auto',
          },
        },
        judge: () => ['agent-0', 'agent-2', 'agent-1'],
        red: (work) => (work.has('agent-0') ? 'build' : undefined),
      },
      true,
    );
    expect(await swarm.outcome()).toMatchObject({ phase: 'completed' });
    const comparison = swarm.host.log.reports[0]?.comparison;
    expect(comparison).toMatchObject({ judged: true, picked: 'agent-2' });
    expect(comparison?.candidates.map((one) => one.agent)).toEqual(['agent-2', 'agent-1', 'agent-0']);
    expect(comparison?.candidates[0]?.judgement).toBe('agent-2 is what was asked');
  });

  test('what is red is not taken by policy, and a silent judge is a warning', async () => {
    const swarm = await start(
      {
        settings: {
          gates: {
            plan: 'ask',
            task: 'ask',
            conflict: 'ask',
            build: 'ask',
            test: 'ask',
            phase: 'ask',
            pick: 'auto',
          },
        },
        red: () => 'test',
      },
      true,
    );
    const decision = await swarm.decision('pick');
    expect((await swarm.state()).warnings).toEqual(['The answers were not judged: the model was silent']);
    await swarm.resolve(decision, 'reject');
    await expect(swarm.outcome()).rejects.toThrow('Workflow execution failed');
    expect((await swarm.state()).reason).toContain('No answer was picked');
  });

  test('goes on where it was when its history was left behind', async () => {
    const swarm = await world.start(
      { tasks: independentPlan('make it fast', 4).tasks },
      { independent: { judge: false }, continueAsNewAfter: 40 },
    );
    await swarm.decision('pick');
    await swarm.signal('pick', { agent: 'agent-3' });
    expect(await swarm.outcome()).toMatchObject({ phase: 'completed', landed: 1 });
    expect(swarm.host.log.verified).toHaveLength(4);
    const run = await eventually('the runs', () =>
      world.temporal.client.workflow.getHandle(swarm.id).describe(),
    );
    expect(run.runId).not.toBe(swarm.handle.firstExecutionRunId);
  });
});
