/** The merge train: conflicts, red builds and tests, their gates, and fixing agents. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WorkflowFailedError } from '@temporalio/client';
import { DroverFailure } from '../../domain/failures.ts';
import type { GatePolicy } from '../../domain/swarm/settings.ts';
import { task, type MemoryHostOptions } from '../support/memory-host.ts';
import { createSwarmWorld, type SwarmWorld, type TestSwarm } from '../support/swarm-world.ts';

let world: SwarmWorld;
beforeAll(async () => {
  world = await createSwarmWorld();
});
afterAll(() => world?.close());

const ASK = { plan: 'ask', task: 'ask', conflict: 'ask', build: 'ask', test: 'ask', phase: 'ask' } as const;
const abc = ['a', 'b', 'c'].map((id) => task(id));

const result = (swarm: TestSwarm): string[] =>
  [...swarm.host.workOf(swarm.host.log.delivered.at(-1) ?? swarm.host.base)].filter(
    (name) => !name.startsWith('merge of'),
  );

/** `b` breaks the step until an agent fixes it. */
const broken = (step: 'setup' | 'build' | 'test'): Pick<MemoryHostOptions, 'tasks' | 'red'> => ({
  tasks: abc,
  red: (work) => (work.has('b') && !work.has('b+') ? step : undefined),
});

/** `b` does not merge with what `a` did until an agent resolves it. */
const conflicting: Pick<MemoryHostOptions, 'tasks' | 'conflict'> = {
  tasks: abc,
  conflict: (id, tip, isFixed) => (id === 'b' && tip.has('a') && !isFixed ? ['src/x.ts'] : []),
};

describe('branches that are all good', () => {
  test('are merged in one go and verified once', async () => {
    const swarm = await world.start({ tasks: abc });
    await swarm.outcome();
    expect(swarm.host.log.merged).toEqual([['a', 'b', 'c']]);
    expect(swarm.host.log.verified).toHaveLength(1);
    expect(swarm.host.log.reports[0]?.verifications).toMatchObject([{ taskIds: ['a', 'b', 'c'] }]);
  });

  test('are verified by the acceptance commands of their tasks, also when the project has none of its own', async () => {
    const swarm = await world.start({
      tasks: [task('a', { acceptance: 'make check' }), task('b')],
      settings: { build: [], test: [] },
    });
    expect(await swarm.outcome()).toMatchObject({ landed: 2 });
    const { plan } = await swarm.state();
    expect(swarm.host.log.accepted).toEqual([{ planKey: plan?.key, mergedSince: swarm.host.base }]);
  });

  test('are not verified when there is nothing to verify with', async () => {
    const swarm = await world.start({ tasks: abc, settings: { build: [], test: [] } });
    expect(await swarm.outcome()).toMatchObject({ landed: 3 });
    expect(swarm.host.log.verified).toEqual([]);
  });
});

describe('a branch that breaks the tests', () => {
  test('is a question that shows the output, while the others land', async () => {
    const swarm = await world.start(broken('test'));
    const decision = await swarm.decision('test');
    expect(decision).toMatchObject({ taskIds: ['b'] });
    expect(decision.detail).toContain('the test is red with a, b');
    expect(decision.detail).not.toContain('The same step fails without any branch');
    await swarm.until('the others', (view) => view.landed === 2);

    await swarm.resolve(decision, 'reject');

    expect(await swarm.outcome()).toMatchObject({ phase: 'completed', landed: 2, skipped: 1 });
    expect(result(swarm)).toEqual(['a', 'c']);
  });

  test('is fixed by an agent when that is approved, and what it makes is verified before it lands', async () => {
    const swarm = await world.start(broken('test'));
    await swarm.resolve(await swarm.decision('test'), 'approve', 'mind the clock');
    expect(await swarm.outcome()).toMatchObject({ phase: 'completed', landed: 3, skipped: 0 });
    const fix = swarm.host.log.calls.find((call) => call.fix !== undefined);
    expect(fix).toMatchObject({
      taskId: 'b',
      agentId: 'agent-3',
      fix: { kind: 'test', command: 'make test', taskIds: ['b'] },
      previous: [{ reason: 'A person says: mind the clock' }],
    });
    expect(result(swarm)).toContain('b+');
    expect(swarm.host.log.verified.at(-1)).toContain('b+');
  });

  test('is not blamed alone when the base is red too', async () => {
    const swarm = await world.start({ tasks: [task('a')], red: () => 'test' });
    const decision = await swarm.decision('test');
    expect(decision.detail).toContain('The same step fails without any branch');
    await swarm.resolve(decision, 'reject');
    await expect(swarm.outcome()).rejects.toThrow(WorkflowFailedError);
  });

  test('takes those that build on it along when it is left out', async () => {
    const swarm = await world.start({
      tasks: [task('a'), task('b'), task('on-b', { dependsOn: ['b'] })],
      red: (work) => (work.has('b') ? 'test' : undefined),
    });
    await swarm.resolve(await swarm.decision('test'), 'reject');
    expect(await swarm.outcome()).toMatchObject({ landed: 1, skipped: 2 });
    expect(result(swarm)).toEqual(['a']);
    expect((await swarm.tasks())['on-b']).toMatchObject({ state: 'completed', landing: 'skipped' });
  });

  test('is asked about again when the fixing agent fails', async () => {
    const swarm = await world.start({
      ...broken('build'),
      agent: ({ fix, agentId }) =>
        fix !== undefined && agentId === 'agent-3' ? { outcome: 'failed', summary: 'too hard' } : undefined,
    });
    await swarm.resolve(await swarm.decision('build'), 'approve');
    const again = await swarm.decision('build');
    expect(again.id).toBe('d3');
    expect(again.detail).toContain('too hard');
    await swarm.resolve(again, 'approve');
    expect(await swarm.outcome()).toMatchObject({ landed: 3 });
    expect(swarm.host.log.calls.find((call) => call.agentId === 'agent-4')?.previous[0]?.reason).toContain(
      'too hard',
    );
  });

  test('that fails in its set-up goes to the gate of builds', async () => {
    const swarm = await world.start(broken('setup'));
    await swarm.resolve(await swarm.decision('build'), 'reject');
    expect(await swarm.outcome()).toMatchObject({ landed: 2, skipped: 1 });
  });
});

describe('branches that are red only together', () => {
  test('are one question, which says with which other; the report has the pair and every verification', async () => {
    const swarm = await world.start({
      tasks: ['a', 'b', 'c', 'd', 'e'].map((id) => task(id)),
      red: (work) => (work.has('b') && work.has('d') ? 'test' : undefined),
      settings: { verifyParallel: 2 },
    });
    const decision = await swarm.decision('test');
    expect(decision).toMatchObject({ taskIds: ['d'] });
    expect(decision.detail).toContain('only together with the one of b');
    await swarm.resolve(decision, 'reject');
    expect(await swarm.outcome()).toMatchObject({ landed: 4, skipped: 1 });
    expect(result(swarm)).toEqual(['a', 'b', 'c', 'e']);
    const [report] = swarm.host.log.reports;
    expect(report?.semanticConflicts).toMatchObject([{ taskId: 'd', withTask: 'b', step: 'test' }]);
    expect(report?.verifications).toHaveLength(swarm.host.log.verified.length);
    expect(report?.verifications.filter(({ how }) => how === 'alone')).toMatchObject([{ taskIds: ['d'] }]);
  });
});

describe('an acceptance command that only two branches together make red', () => {
  test('is named with the task that it accepts, at the gate, to the fixing agent and in the report', async () => {
    const swarm = await world.start({
      tasks: ['a', 'b', 'c', 'd'].map((id) => task(id, id === 'b' ? { acceptance: 'make accept' } : {})),
      red: (work) => (work.has('b') && work.has('d') && !work.has('d+') ? { acceptanceOf: 'b' } : undefined),
    });
    const decision = await swarm.decision('test');
    expect(decision.question).toBe(
      'The acceptance command of b fails with the branch of "Task d". Let an agent fix it?',
    );
    expect(decision.detail).toMatch(
      /The acceptance command of b is red only together with the one of b\..*\$ make accept\nthe accept is red with/s,
    );
    await swarm.resolve(decision, 'approve');
    expect(await swarm.outcome()).toMatchObject({ landed: 4 });
    expect(swarm.host.log.calls.find(({ fix }) => fix !== undefined)?.fix).toMatchObject({
      acceptanceOf: 'b',
      command: 'make accept',
      taskIds: ['d', 'b'],
    });
    const [report] = swarm.host.log.reports;
    const pair = { taskId: 'd', withTask: 'b', acceptanceOf: 'b', command: 'make accept' };
    expect(report?.semanticConflicts).toMatchObject([pair]);
    const red = report?.verifications.find(({ commit }) => commit === report.semanticConflicts?.[0]?.commit);
    expect(red?.result).toMatchObject({ ok: false, output: expect.stringContaining('a, b, c, d') });
  });
});

describe('a red result that is green when it is run again', () => {
  test('was flaky: everything lands, and no gate is opened', async () => {
    let runs = 0;
    const swarm = await world.start({
      tasks: abc,
      red: () => ((runs += 1) === 1 ? 'test' : undefined),
    });
    expect(await swarm.outcome()).toMatchObject({ phase: 'completed', landed: 3 });
    expect((await swarm.decisions()).map((one) => one.kind)).toEqual(['plan']);
    expect(swarm.host.log.verified).toHaveLength(2);
  });
});

describe('a branch that conflicts', () => {
  test('is a question that names the paths, after the clean ones have landed', async () => {
    const swarm = await world.start(conflicting);
    const decision = await swarm.decision('conflict');
    expect(decision.detail).toContain('src/x.ts');
    await swarm.until('the clean ones', (view) => view.landed === 2);
    await swarm.resolve(decision, 'reject');
    expect(await swarm.outcome()).toMatchObject({ landed: 2, skipped: 1 });
    expect(result(swarm)).toEqual(['a', 'c']);
  });

  test('is no question when it resolves by itself; what comes of that is verified and lands', async () => {
    const swarm = await world.start({
      ...conflicting,
      resolve: (taskId) => `the lock file of ${taskId} was made anew`,
    });
    expect(await swarm.outcome()).toMatchObject({ phase: 'completed', landed: 3 });
    expect((await swarm.decisions()).map((one) => one.kind)).toEqual(['plan']);
    expect(swarm.host.log.verified.at(-1)).toContain('b+');
    expect(swarm.host.log.reports[0]?.landings.at(-1)).toMatchObject({
      taskId: 'b',
      reason: expect.stringContaining('the lock file of b was made anew'),
    });
  });

  test('is resolved by an agent when that is approved', async () => {
    const swarm = await world.start(conflicting);
    await swarm.resolve(await swarm.decision('conflict'), 'approve');
    expect(await swarm.outcome()).toMatchObject({ landed: 3 });
    const fix = swarm.host.log.calls.find((call) => call.fix !== undefined)?.fix;
    expect(fix).toMatchObject({ kind: 'conflict', taskId: 'b', paths: ['src/x.ts'] });
    expect(result(swarm)).toEqual(expect.arrayContaining(['a', 'b', 'c', 'b+']));
  });
});

describe('the policy of a gate', () => {
  const gates = (policy: GatePolicy): MemoryHostOptions['settings'] => ({
    gates: { ...ASK, conflict: policy, build: policy, test: policy },
    fixAttempts: 1,
  });

  test('may have everything fixed', async () => {
    const swarm = await world.start({ ...conflicting, ...broken('test'), settings: gates('auto') });
    expect(await swarm.outcome()).toMatchObject({ landed: 3 });
    expect((await swarm.decisions()).every((one) => one.answer?.by === 'policy')).toBe(true);
  });

  test('asks after as many fixes as the settings allow', async () => {
    const swarm = await world.start({
      tasks: abc,
      red: (work) => (work.has('b') ? 'test' : undefined),
      settings: gates('auto'),
    });
    const decision = await swarm.decision('test');
    expect(decision.detail).toContain('not good yet');
    await swarm.resolve(decision, 'reject');
    expect(await swarm.outcome()).toMatchObject({ landed: 2, skipped: 1 });
    expect(swarm.host.log.calls.filter((call) => call.fix !== undefined)).toHaveLength(1);
  });

  test('may leave them out', async () => {
    const swarm = await world.start({ ...conflicting, settings: gates('skip') });
    expect(await swarm.outcome()).toMatchObject({ landed: 2, skipped: 1 });
  });

  test('may fail the swarm, which still writes its report', async () => {
    const swarm = await world.start({ ...broken('build'), settings: gates('fail') });
    await expect(swarm.outcome()).rejects.toThrow(WorkflowFailedError);
    const view = await swarm.state();
    expect(view).toMatchObject({ phase: 'failed', landed: 1 });
    expect(view.reason).toContain('build');
    expect(swarm.host.log.reports[0]).toMatchObject({ outcome: 'failed' });
    expect(swarm.host.log.delivered).toEqual([]);
    expect(swarm.host.log.closed).toBe(1);
  });
});

describe('a step that fails for good', () => {
  test.each(['mergeBranches', 'verify', 'advanceTrain', 'deliver', 'synthesise', 'recordResults'] as const)(
    'is a question in %s, and approval tries it again',
    async (activity) => {
      let broken = true;
      const swarm = await world.start({
        tasks: [task('a')],
        before: (name) => {
          if (name === activity && broken) throw new DroverFailure('wrongState', 'The disk is full');
        },
      });
      const decision = await swarm.decision('phase');
      expect(decision.detail).toContain('The disk is full');
      broken = false;
      await swarm.resolve(decision, 'approve');
      expect(await swarm.outcome()).toMatchObject({ phase: 'completed', landed: 1 });
      expect(swarm.host.log.train).toHaveLength(2);
    },
  );

  test('fails the swarm when it is rejected', async () => {
    const swarm = await world.start({
      tasks: [task('a')],
      before: (name) => {
        if (name === 'mergeBranches') throw new DroverFailure('wrongState', 'git is not there');
      },
    });
    await swarm.resolve(await swarm.decision('phase'), 'reject');
    await expect(swarm.outcome()).rejects.toThrow(WorkflowFailedError);
    expect(await swarm.state()).toMatchObject({
      phase: 'failed',
      reason: 'Merging failed: git is not there.',
    });
  });
});
