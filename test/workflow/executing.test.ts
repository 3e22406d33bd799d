/** Tasks of an approved plan: order, parallelism, gates, and what people do to them meanwhile. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import { heldAgents, task } from '../support/memory-host.ts';
import { createSwarmWorld, eventually, type SwarmWorld } from '../support/swarm-world.ts';

let world: SwarmWorld;
beforeAll(async () => {
  world = await createSwarmWorld();
});
afterAll(() => world?.close());

const ASK = { plan: 'ask', task: 'ask', conflict: 'ask', build: 'ask', test: 'ask', phase: 'ask' } as const;

const atWork = (held: ReturnType<typeof heldAgents>, ...ids: readonly string[]): Promise<true> =>
  eventually(`agents for ${ids.join(', ')}`, async () =>
    held.waiting.size === ids.length && ids.every((id) => held.waiting.has(id)) ? true : undefined,
  );

describe('the order', () => {
  test('is by dependency, then priority, then longest chain', async () => {
    const swarm = await world.start({
      settings: { parallelism: 1 },
      tasks: [
        task('low', { priority: 3 }),
        task('chain-end', { dependsOn: ['chain'] }),
        task('single'),
        task('chain'),
        task('urgent', { priority: 1 }),
        task('urgent-later', { priority: 1, dependsOn: ['low'] }),
      ],
    });
    await swarm.outcome();
    expect(swarm.host.log.started).toEqual(['urgent', 'chain', 'chain-end', 'single', 'low', 'urgent-later']);
  });

  test('gives each agent the commits that it builds on', async () => {
    const swarm = await world.start({
      tasks: [task('a'), task('b'), task('c', { dependsOn: ['a', 'b'] })],
    });
    await swarm.outcome();
    const call = swarm.host.log.calls.find((one) => one.taskId === 'c');
    expect(call?.dependencies.map(({ taskId, summary }) => [taskId, summary])).toEqual([
      ['a', 'did a'],
      ['b', 'did b'],
    ]);
  });
});

describe('changes outside of the declared files', () => {
  const changed = { count: 1, paths: ['secret/*'] };
  const options = {
    tasks: [task('a', { files: ['src'] }), task('b', { dependsOn: ['a'] }), task('c')],
    outside: (taskId: string) => (taskId === 'a' ? changed : undefined),
  };

  test('are reported, and land', async () => {
    const swarm = await world.start(options);
    expect(await swarm.outcome()).toMatchObject({ landed: 3 });
    expect((await swarm.tasks())['a']?.outside).toEqual(changed);
    expect(swarm.host.log.reports[0]?.tasks.map(({ id, outside }) => [id, outside?.count])).toEqual([
      ['a', 1],
      ['b', undefined],
      ['c', undefined],
    ]);
    expect(await swarm.decisions()).toMatchObject([{ kind: 'plan' }]);
  });

  test('wait for a person where the policy says so, and so do branches that build on them', async () => {
    const swarm = await world.start({ ...options, settings: { gates: { ...ASK, files: 'ask' } } });
    const decision = await swarm.decision('files');
    expect(decision).toMatchObject({ taskIds: ['a'], detail: 'secret/*' });
    await swarm.until('the others', (view) => view.counts.completed === 3);
    expect(await swarm.state()).toMatchObject({ phase: 'executing', landed: 0 });
    await swarm.resolve(decision, 'approve');
    expect(await swarm.outcome()).toMatchObject({ landed: 3 });
  });

  test('that another agent had claimed have a policy of their own, before that of the others', async () => {
    const claimed = { ...changed, claimed: 1 };
    const swarm = await world.start({
      ...options,
      outside: (taskId) => ({ a: claimed, c: changed })[taskId],
      settings: { gates: { ...ASK, files: 'auto', claims: 'ask' } },
    });
    await swarm.until('all', (view) => view.counts.completed === 3);
    expect((await swarm.decisions()).map(({ kind, taskIds }) => [kind, taskIds])).toEqual([
      ['plan', []],
      ['claims', ['a']],
    ]);
    expect((await swarm.tasks())['a']?.outside).toEqual(claimed);
    await swarm.resolve(await swarm.decision('claims'), 'reject');
    expect(await swarm.outcome()).toMatchObject({ landed: 1, skipped: 2 });
    expect((await swarm.tasks())['a']?.note).toMatch(
      /^Left out: it changed secret\/\*, which was not its own/,
    );
  });

  test('are left out when a person rejects them, with what builds on them', async () => {
    const swarm = await world.start({ ...options, settings: { gates: { ...ASK, files: 'ask' } } });
    await swarm.until('the others', (view) => view.counts.completed === 3);
    await swarm.resolve(await swarm.decision('files'), 'reject');
    expect(await swarm.outcome()).toMatchObject({ landed: 1, skipped: 2 });
    expect((await swarm.tasks())['a']?.note).toMatch(/^Left out: it changed secret\/\*/);
  });

  test('end the swarm where the policy is to fail', async () => {
    const swarm = await world.start({ ...options, settings: { gates: { ...ASK, files: 'fail' } } });
    await expect(swarm.outcome()).rejects.toThrow(WorkflowFailedError);
    expect((await swarm.state()).reason).toMatch(/The policy of the gate "files" is to fail/);
  });
});

describe('the number of agents', () => {
  test('is never above the limit, and a slot that frees is filled at once', async () => {
    const held = heldAgents();
    const ids = ['a', 'b', 'c', 'd', 'e'];
    const swarm = await world.start({
      settings: { parallelism: 2 },
      tasks: ids.map((id) => task(id)),
      agent: held.agent,
    });
    await atWork(held, 'a', 'b');
    held.release('b');
    await atWork(held, 'a', 'c');
    for (const id of ['a', 'c', 'd', 'e']) held.release(id);
    await swarm.outcome();
    expect(swarm.host.log.mostAtOnce).toBe(2);
  });

  test('can be changed while agents run', async () => {
    const held = heldAgents();
    const swarm = await world.start({
      settings: { parallelism: 1 },
      tasks: ['a', 'b', 'c', 'd'].map((id) => task(id)),
      agent: held.agent,
    });
    await atWork(held, 'a');
    await swarm.signal('setParallelism', { parallelism: 3 });
    await atWork(held, 'a', 'b', 'c');
    await swarm.signal('setParallelism', { parallelism: 1 });
    await swarm.until('the new limit', (view) => view.parallelism === 1);
    held.release('a');
    await swarm.until('a completed task', (view) => view.counts.completed === 1);
    expect([...held.waiting].toSorted()).toEqual(['b', 'c']);
    for (const id of ['b', 'c', 'd']) held.release(id);
    await swarm.outcome();
  });

  test('is none that start during a pause, while those that run go on', async () => {
    const held = heldAgents();
    const swarm = await world.start({
      settings: { parallelism: 1 },
      tasks: [task('a'), task('b')],
      agent: held.agent,
    });
    await atWork(held, 'a');
    await swarm.signal('pause');
    await swarm.until('the pause', (view) => view.paused);
    held.release('a');
    await swarm.until('a completed task', (view) => view.counts.completed === 1);
    expect(held.waiting.size).toBe(0);
    expect((await swarm.state()).phase).toBe('executing');
    await swarm.signal('resume');
    await atWork(held, 'b');
    held.release('b');
    expect(await swarm.outcome()).toMatchObject({ landed: 2 });
  });
});

describe('a task that fails', () => {
  test('is a question, and the others go on meanwhile', async () => {
    const swarm = await world.start({
      tasks: [task('bad'), task('after-bad', { dependsOn: ['bad'] }), task('good')],
      agent: ({ taskId, attempt }) =>
        taskId === 'bad' && attempt === 1 ? { outcome: 'failed', summary: 'it did not compile' } : undefined,
    });
    const decision = await swarm.decision('task');
    expect(decision).toMatchObject({
      taskIds: ['bad'],
      rejectMeans: expect.stringContaining('the task that depends on it'),
    });
    expect(decision.detail).toContain('it did not compile');
    await swarm.until('the good task', (view) => view.counts.completed === 1);

    await swarm.resolve(decision, 'approve', 'use the other compiler');

    expect(await swarm.outcome()).toMatchObject({ phase: 'completed', landed: 3 });
    const second = swarm.host.log.calls.find((one) => one.taskId === 'bad' && one.attempt === 2);
    expect(second).toMatchObject({
      agentId: 'agent-0.2',
      previous: [{ agentId: 'agent-0', outcome: 'failed' }],
    });
    expect(second?.previous[0]?.reason).toContain('it did not compile');
    expect(second?.previous[0]?.reason).toContain('use the other compiler');
  });

  test('is skipped when it is rejected, and so is what depends on it', async () => {
    const swarm = await world.start({
      tasks: [task('bad'), task('b', { dependsOn: ['bad'] }), task('c', { dependsOn: ['b'] }), task('good')],
      agent: ({ taskId }) => (taskId === 'bad' ? { outcome: 'timeout', summary: 'too slow' } : undefined),
    });
    await swarm.resolve(await swarm.decision('task'), 'reject');
    expect(await swarm.outcome()).toMatchObject({ phase: 'completed', landed: 1, skipped: 3 });
    const tasks = await swarm.tasks();
    expect([tasks['bad']?.state, tasks['b']?.state, tasks['c']?.state]).toEqual([
      'timeout',
      'skipped',
      'skipped',
    ]);
    expect(tasks['c']?.note).toContain('bad');
  });

  test('is tried again by the policy, which asks in the end', async () => {
    const swarm = await world.start({
      settings: { gates: { ...ASK, task: 'auto' }, fixAttempts: 1 },
      tasks: [task('bad'), task('good')],
      agent: ({ taskId }) => (taskId === 'bad' ? { outcome: 'failed', summary: 'no' } : undefined),
    });
    await swarm.resolve(await swarm.decision('task'), 'reject');
    expect(await swarm.outcome()).toMatchObject({ landed: 1, skipped: 1 });
    expect(swarm.host.log.calls.filter((one) => one.taskId === 'bad')).toHaveLength(2);
    expect((await swarm.decisions()).map((one) => one.answer?.by)).toEqual(['policy', 'policy', 'person']);
  });

  test('is skipped by the policy', async () => {
    const swarm = await world.start({
      settings: { gates: { ...ASK, task: 'skip' } },
      tasks: [task('bad'), task('good')],
      agent: ({ taskId }) => (taskId === 'bad' ? { outcome: 'failed', summary: 'no' } : undefined),
    });
    expect(await swarm.outcome()).toMatchObject({ phase: 'completed', landed: 1, skipped: 1 });
  });

  test('fails the swarm by the policy, which stops the others', async () => {
    const held = heldAgents();
    const swarm = await world.start({
      settings: { gates: { ...ASK, task: 'fail' } },
      tasks: [task('bad'), task('busy')],
      agent: held.agent,
    });
    await atWork(held, 'bad', 'busy');
    held.release('bad', { outcome: 'failed', summary: 'no' });
    await expect(swarm.outcome()).rejects.toThrow(WorkflowFailedError);
    expect(await swarm.state()).toMatchObject({ phase: 'failed', counts: { failed: 1, cancelled: 1 } });
    expect(swarm.host.running.size).toBe(0);
    expect(swarm.host.log.reports[0]?.outcome).toBe('failed');
  });

  test('leaves nothing to land when it was the only one', async () => {
    const swarm = await world.start({
      settings: { gates: { ...ASK, task: 'skip' } },
      tasks: [task('bad')],
      agent: () => ({ outcome: 'failed', summary: 'no' }),
    });
    await expect(swarm.outcome()).rejects.toThrow(WorkflowFailedError);
    expect(await swarm.state()).toMatchObject({ phase: 'failed' });
  });
});

describe('a person', () => {
  test('cancels a running task and a waiting one, and what depends on them is skipped', async () => {
    const held = heldAgents();
    const swarm = await world.start({
      settings: { parallelism: 2 },
      tasks: [task('a'), task('b', { dependsOn: ['a'] }), task('good'), task('later')],
      agent: held.agent,
    });
    await atWork(held, 'a', 'good');
    await swarm.signal('cancelTask', { taskId: 'later' });
    await swarm.signal('cancelTask', { taskId: 'a' });
    await swarm.until('two cancelled tasks', (view) => view.counts.cancelled === 2);
    expect((await swarm.tasks())['b']?.state).toBe('skipped');
    held.release('good');
    expect(await swarm.outcome()).toMatchObject({ phase: 'completed', landed: 1, skipped: 3 });
    expect(swarm.host.log.discarded).toEqual(['agent-0']);
  });

  test('tries a cancelled task again, and what was skipped with it', async () => {
    const held = heldAgents();
    const swarm = await world.start({
      tasks: [task('a'), task('b', { dependsOn: ['a'] }), task('c')],
      agent: held.agent,
    });
    await atWork(held, 'a', 'c');
    await swarm.signal('cancelTask', { taskId: 'a' });
    await swarm.until('a cancelled task', (view) => view.counts.skipped === 1);
    await swarm.signal('retryTask', { taskId: 'a' });
    await atWork(held, 'a', 'c');
    for (const id of ['a', 'b', 'c']) held.release(id);
    expect(await swarm.outcome()).toMatchObject({ landed: 3 });
    expect(swarm.host.log.calls.filter((one) => one.taskId === 'a').map((one) => one.agentId)).toEqual([
      'agent-0',
      'agent-0.2',
    ]);
  });

  test('adds, splits and removes tasks that have not started, and is refused those that have', async () => {
    const held = heldAgents();
    const swarm = await world.start({
      settings: { parallelism: 1 },
      tasks: [task('a'), task('big', { dependsOn: ['a'] }), task('end', { dependsOn: ['big'] }), task('odd')],
      agent: held.agent,
    });
    await atWork(held, 'a');
    await expect(swarm.update('editPlan', { edits: [{ kind: 'remove', taskId: 'a' }] })).rejects.toThrow(
      WorkflowUpdateFailedError,
    );
    const answer = await swarm.update('editPlan', {
      edits: [
        { kind: 'split', taskId: 'big', into: [task('big-1'), task('big-2', { dependsOn: ['big-1'] })] },
        { kind: 'remove', taskId: 'odd' },
        { kind: 'add', task: task('extra', { priority: 1 }) },
      ],
    });
    expect(answer).toMatchObject({ version: 2 });
    for (const id of ['a', 'big-1', 'big-2', 'end', 'extra']) held.release(id);
    expect(await swarm.outcome()).toMatchObject({ landed: 5 });
    expect(swarm.host.log.started).toEqual(['a', 'extra', 'big-1', 'big-2', 'end']);
    // Agents that are named by their task's ordinal never share a name.
    expect(new Set(swarm.host.log.calls.map((one) => one.agentId)).size).toBe(5);
  });

  test('claims files for agents, which are refused while another one holds them and free when it ends', async () => {
    const held = heldAgents();
    const swarm = await world.start({ tasks: [task('a'), task('b')], agent: held.agent });
    await atWork(held, 'a', 'b');
    const claim = (agentId: string): Promise<unknown> =>
      swarm.update('claimFiles', { agentId, paths: ['src/x.ts', '__proto__'] });
    expect(await claim('agent-0')).toEqual({ claimed: ['src/x.ts', '__proto__'], refused: [] });
    expect(await claim('agent-1')).toEqual({
      claimed: [],
      refused: [
        { path: 'src/x.ts', owner: 'agent-0' },
        { path: '__proto__', owner: 'agent-0' },
      ],
    });
    await expect(claim('agent-9')).rejects.toThrow(WorkflowUpdateFailedError);
    await swarm.update('releaseFiles', { agentId: 'agent-0', paths: ['__proto__'] });
    expect(await claim('agent-1')).toMatchObject({ claimed: ['__proto__'] });
    held.release('a');
    await swarm.until('the end of a', (view) => view.counts.completed === 1);
    expect(await claim('agent-1')).toMatchObject({ claimed: ['src/x.ts', '__proto__'] });
    await swarm.update('shareArtifact', { agentId: 'agent-1', name: 'notes', key: 'k' });
    held.release('b');
    await swarm.outcome();
  });
});
