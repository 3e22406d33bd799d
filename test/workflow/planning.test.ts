/** From the goal to an approved plan. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { DroverFailure } from '../../domain/failures.ts';
import type { PlanVersionsView } from '../../domain/protocol.ts';
import { QUERIES } from '../../domain/protocol.ts';
import { task } from '../support/memory-host.ts';
import { createSwarmWorld, eventually, type SwarmWorld, type TestSwarm } from '../support/swarm-world.ts';

let world: SwarmWorld;
beforeAll(async () => {
  world = await createSwarmWorld();
});
afterAll(() => world?.close());

const awaiting = (swarm: TestSwarm, version = 1): Promise<unknown> =>
  swarm.until(
    'a plan that awaits approval',
    (view) => view.phase === 'awaiting_approval' && view.plan?.version === version,
  );
const versions = async (swarm: TestSwarm): Promise<PlanVersionsView['versions']> =>
  (await swarm.handle.query<PlanVersionsView>(QUERIES.planVersions)).versions;

const refusal = async (update: Promise<unknown>): Promise<ApplicationFailure> => {
  const error: unknown = await update.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure)
    return error.cause;
  throw new Error(`not refused: ${String(error)}`);
};

describe('a plan', () => {
  test('waits for a person, and no agent starts before the approval', async () => {
    const swarm = await world.start({ tasks: [task('a')] }, { approve: false });
    await awaiting(swarm);
    const decision = await swarm.decision('plan');
    expect(decision.question).toContain('version 1');
    expect(swarm.host.log.started).toEqual([]);

    await swarm.signal('approvePlan');

    expect(await swarm.outcome()).toMatchObject({ phase: 'completed', landed: 1 });
    expect(swarm.host.log.reports[0]?.decisions).toMatchObject([
      { id: 'd1', kind: 'plan', answer: { action: 'approve', by: 'person' } },
    ]);
  });

  test('that is rejected with feedback is answered by a revised one, and both are kept', async () => {
    const swarm = await world.start(
      { tasks: [task('a')], replan: (feedback) => [task('a'), task(feedback)] },
      { approve: false },
    );
    await awaiting(swarm);

    await swarm.signal('rejectPlan', { feedback: 'also-b' });
    await awaiting(swarm, 2);

    expect(swarm.host.log.feedback).toEqual(['also-b']);
    expect(await versions(swarm)).toMatchObject([
      { version: 1, state: 'rejected', feedback: 'also-b', taskCount: 1 },
      { version: 2, state: 'proposed', taskCount: 2 },
    ]);
    await swarm.signal('approvePlan', { version: 2 });
    expect(await swarm.outcome()).toMatchObject({ phase: 'completed', landed: 2 });
    expect((await versions(swarm)).map((one) => one.state)).toEqual(['rejected', 'approved']);
  });

  test('is not approved by an approval of another version', async () => {
    const swarm = await world.start({ tasks: [task('a')] }, { approve: false });
    await awaiting(swarm);
    await swarm.signal('approvePlan', { version: 7 });
    const view = await swarm.until('a warning', ({ warnings }) => warnings.length > 0);
    expect(view.phase).toBe('awaiting_approval');
    await swarm.resolve(await swarm.decision('plan'), 'approve');
    expect(await swarm.outcome()).toMatchObject({ phase: 'completed' });
  });

  test('can be edited and discussed while it waits', async () => {
    const swarm = await world.start(
      {
        tasks: [task('a'), task('b')],
        replan: (feedback) => [task('a'), task('b'), task('c'), task(feedback)],
      },
      { approve: false },
    );
    await awaiting(swarm);

    expect(await swarm.update('editPlan', { edits: [{ kind: 'remove', taskId: 'b' }] })).toMatchObject({
      version: 2,
    });
    expect(Object.keys(await swarm.tasks())).toEqual(['a']);
    expect(await swarm.update('discuss', { text: 'd' })).toMatchObject({ version: 3 });
    expect(Object.keys(await swarm.tasks())).toEqual(['a', 'b', 'c', 'd']);

    expect((await versions(swarm)).map((one) => [one.state, one.origin])).toEqual([
      ['superseded', 'model'],
      ['superseded', 'edit'],
      ['proposed', 'model'],
    ]);
    expect((await swarm.decision('plan')).question).toContain('version 3');
    await swarm.signal('approvePlan');
    expect(await swarm.outcome()).toMatchObject({ phase: 'completed', landed: 4 });
  });

  test('refuses an edit that would break it, with the reason, and stays as it was', async () => {
    const swarm = await world.start({ tasks: [task('a')] }, { approve: false });
    await awaiting(swarm);
    const edits = [{ kind: 'add', task: task('b', { dependsOn: ['nothing'] }) }];
    const refused = await refusal(swarm.update('editPlan', { edits }));
    expect(refused.type).toBe('invalidInput');
    expect(refused.message).toContain('nothing');
    expect(await versions(swarm)).toHaveLength(1);
    expect((await refusal(swarm.update('discuss', { text: ' ' }))).type).toBe('invalidInput');
    await swarm.signal('approvePlan');
    await swarm.outcome();
  });

  test('is on the table again when no better one can be had', async () => {
    let drafts = 0;
    const swarm = await world.start(
      {
        tasks: [task('a')],
        before: (activity) => {
          if (activity === 'draftPlan' && ++drafts > 1)
            throw new DroverFailure('model', 'the model has no idea');
        },
      },
      { approve: false },
    );
    await awaiting(swarm);
    await swarm.signal('rejectPlan', { feedback: 'better' });
    const decision = await swarm.decision('phase');
    expect(decision.detail).toContain('the model has no idea');
    await swarm.resolve(decision, 'reject');
    await awaiting(swarm);
    await swarm.signal('approvePlan');
    expect(await swarm.outcome()).toMatchObject({ phase: 'completed' });
  });
});

describe('the policy for plans', () => {
  test('may approve, also after a rejection by nobody', async () => {
    const swarm = await world.start(
      { tasks: [task('a')], settings: { gates: { ...ASK, plan: 'auto' }, fixAttempts: 0 } },
      { approve: false },
    );
    expect(await swarm.outcome()).toMatchObject({ phase: 'completed' });
    expect((await swarm.decisions())[0]?.answer?.by).toBe('policy');
  });

  test('may fail the swarm', async () => {
    const swarm = await world.start(
      { tasks: [task('a')], settings: { gates: { ...ASK, plan: 'fail' } } },
      { approve: false },
    );
    await expect(swarm.outcome()).rejects.toThrow(WorkflowFailedError);
    expect(await swarm.state()).toMatchObject({ phase: 'failed' });
    expect(swarm.host.log).toMatchObject({ closed: 1, started: [] });
  });

  test('reminds, then approves when nobody answers in time', async () => {
    const swarm = await world.start(
      {
        tasks: [task('a')],
        settings: { approval: { reminderSeconds: 1, timeoutSeconds: 2, onTimeout: 'approve' } },
      },
      { approve: false },
    );
    expect(await swarm.outcome()).toMatchObject({ phase: 'completed' });
    expect((await swarm.state()).warnings[0]).toContain('waiting for an answer');
    expect((await swarm.decisions())[0]?.answer).toMatchObject({ action: 'approve', by: 'timeout' });
  });

  test('cancels the swarm when nobody answers in time', async () => {
    const swarm = await world.start(
      {
        tasks: [task('a')],
        settings: { approval: { reminderSeconds: 0, timeoutSeconds: 1, onTimeout: 'cancel' } },
      },
      { approve: false },
    );
    await expect(swarm.outcome()).rejects.toThrow(WorkflowFailedError);
    expect(await swarm.state()).toMatchObject({
      phase: 'cancelled',
      reason: 'Nobody answered to the plan in time',
    });
    expect(swarm.host.log.reports[0]).toMatchObject({ outcome: 'cancelled' });
  });
});

const ASK = { plan: 'ask', task: 'ask', conflict: 'ask', build: 'ask', test: 'ask', phase: 'ask' } as const;

describe('a repository that cannot be used', () => {
  test('fails the swarm at once, with the reason', async () => {
    const swarm = await world.start({
      tasks: [],
      before: () => {
        throw new DroverFailure('repositoryUnusable', 'It is empty');
      },
    });
    const error: unknown = await swarm.outcome().catch((reason: unknown) => reason);
    expect((error as WorkflowFailedError).cause?.message).toContain('It is empty');
    expect(await swarm.state()).toMatchObject({ phase: 'failed', openDecisions: 0 });
  });

  test('that can be used after a mend is a question', async () => {
    let full = true;
    const swarm = await world.start({
      tasks: [task('a')],
      before: (activity) => {
        if (activity === 'openSwarm' && full) throw new DroverFailure('wrongState', 'No room for the hub');
      },
    });
    const decision = await swarm.decision('phase');
    expect(decision.detail).toContain('No room for the hub');
    full = false;
    await swarm.resolve(decision, 'approve');
    expect(await swarm.outcome()).toMatchObject({ phase: 'completed' });
  });
});

test('answers to nothing leave a warning, not a broken swarm', async () => {
  const swarm = await world.start({ tasks: [task('a')] }, { approve: false });
  await awaiting(swarm);
  const current = world.temporal.client.workflow.getHandle(swarm.id);
  for (const payload of [undefined, null, 7, 'x', [], { id: {}, action: 'burn' }])
    for (const signal of [
      'resolveDecision',
      'setParallelism',
      'cancelTask',
      'retryTask',
      'killAgent',
      'taskEnded',
      'nextAttempt',
    ])
      await current.signal<[unknown]>(signal, payload);
  await eventually('warnings', async () => (await swarm.state()).warnings.length > 2);
  await swarm.signal('approvePlan');
  expect(await swarm.outcome()).toMatchObject({ phase: 'completed', landed: 1 });
});
