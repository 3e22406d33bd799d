/** The attempts at one task. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { taskWorkflowId } from '../../domain/names.ts';
import { QUERIES } from '../../domain/protocol.ts';
import type { AttemptView } from '../../domain/swarm/swarm.ts';
import { NO_USAGE } from '../../domain/models/usage.ts';
import { DroverFailure } from '../../domain/failures.ts';
import { heldAgents, task } from '../support/memory-host.ts';
import { createSwarmWorld, eventually, type SwarmWorld, type TestSwarm } from '../support/swarm-world.ts';

let world: SwarmWorld;
beforeAll(async () => {
  world = await createSwarmWorld();
});
afterAll(() => world?.close());

const attemptsOf = (swarm: TestSwarm, taskId: string): Promise<readonly AttemptView[]> =>
  world.temporal.client.workflow
    .getHandle(taskWorkflowId(swarm.id, taskId))
    .query<readonly AttemptView[]>(QUERIES.attempts);

const at = (held: ReturnType<typeof heldAgents>, id: string): Promise<true> =>
  eventually(`the agent for ${id}`, async () => (held.waiting.has(id) ? true : undefined));

describe('an attempt that fails', () => {
  test('is followed by one that is told what went wrong, and its workspace is removed', async () => {
    const usage = { ...NO_USAGE, calls: 2, costUsd: 0.25 };
    const swarm = await world.start({
      tasks: [task('a', { retries: 2 })],
      agent: ({ attempt }) =>
        attempt < 3 ? { outcome: 'failed', summary: `reason ${attempt}`, usage } : { usage },
    });
    expect(await swarm.outcome()).toMatchObject({ landed: 1, usage: { calls: 6, costUsd: 0.75 } });
    const { calls, discarded } = swarm.host.log;
    expect(calls.map((call) => call.agentId)).toEqual(['agent-0', 'agent-0.2', 'agent-0.3']);
    expect(calls[2]?.previous).toEqual([
      { agentId: 'agent-0', outcome: 'failed', reason: 'reason 1' },
      { agentId: 'agent-0.2', outcome: 'failed', reason: 'reason 2' },
    ]);
    expect(discarded).toEqual(['agent-0', 'agent-0.2']);
    expect(await attemptsOf(swarm, 'a')).toMatchObject([
      { agentId: 'agent-0', outcome: 'failed', reason: 'reason 1' },
      { agentId: 'agent-0.2', outcome: 'failed', reason: 'reason 2' },
      { agentId: 'agent-0.3', outcome: 'completed' },
    ]);
    expect((await swarm.tasks())['a']).toMatchObject({
      attempts: 3,
      agentId: 'agent-0.3',
      usage: { calls: 6 },
    });
  });

  test('has failed when it changed nothing, whatever it says', async () => {
    const swarm = await world.start({
      tasks: [task('a', { allowEmpty: false, retries: 1 }), task('b')],
      agent: ({ taskId, attempt }) => ({ changed: taskId === 'a' && attempt > 1, summary: 'All done!' }),
    });
    expect(await swarm.outcome()).toMatchObject({ landed: 1 });
    expect(await attemptsOf(swarm, 'a')).toMatchObject([{ outcome: 'no_changes' }, { outcome: 'completed' }]);
    expect((await swarm.tasks())['b']).toMatchObject({ state: 'completed', landing: 'empty' });
  });

  test('by running out of time shows as a timeout', async () => {
    const swarm = await world.start({
      tasks: [task('a'), task('b')],
      settings: { gates: SKIP },
      agent: ({ taskId }) => (taskId === 'a' ? { outcome: 'timeout', summary: '60 s' } : undefined),
    });
    await swarm.outcome();
    expect((await swarm.tasks())['a']).toMatchObject({ state: 'timeout', note: '60 s' });
  });

  test('because the agent was lost does not use up an attempt', async () => {
    const swarm = await world.start({
      tasks: [task('a', { retries: 0 })],
      agent: ({ attempt }) => (attempt === 1 ? { outcome: 'lost', summary: 'the host rebooted' } : undefined),
    });
    expect(await swarm.outcome()).toMatchObject({ landed: 1 });
    expect(swarm.host.log.calls).toHaveLength(2);
  });

  test('because the model takes no more goes on later where it was, with the reason visible', async () => {
    let runs = 0;
    const usage = { ...NO_USAGE, calls: 1, costUsd: 0.5 };
    const swarm = await world.start({
      tasks: [task('a', { retries: 0 })],
      agent: () =>
        ++runs === 1
          ? {
              outcome: 'model_unavailable',
              summary: 'the five_hour limit is used up',
              resumeAt: new Date(Date.now() + 6_000).toISOString(),
              usage,
            }
          : { usage },
    });
    expect(
      await eventually('the reason', async () => {
        const { note = '' } = (await swarm.tasks())['a'] ?? {};
        return note === '' ? undefined : note;
      }),
    ).toMatch(/^Waits until .* UTC: the five_hour limit is used up$/);
    expect(await swarm.outcome()).toMatchObject({ landed: 1, usage: { calls: 2, costUsd: 1 } });
    expect(swarm.host.log.resumed).toEqual([
      { swarmId: swarm.id, agentId: 'agent-0', leg: 2, reason: 'the five_hour limit is used up' },
    ]);
    expect(await attemptsOf(swarm, 'a')).toMatchObject([{ agentId: 'agent-0', outcome: 'completed' }]);
    expect((await swarm.tasks())['a']).toMatchObject({ attempts: 1, note: 'did a' });
  });

  test('because its process died goes on where it was, when its conversation can be taken up', async () => {
    let runs = 0;
    const swarm = await world.start({
      tasks: [task('a', { retries: 0 })],
      agent: () => (++runs === 1 ? { outcome: 'lost', summary: 'killed', resumable: true } : undefined),
    });
    expect(await swarm.outcome()).toMatchObject({ landed: 1 });
    expect(swarm.host.log.resumed).toHaveLength(1);
    expect(swarm.host.log.discarded).toEqual([]);
  });

  test('because its branch is refused counts as failed', async () => {
    const swarm = await world.start({ tasks: [task('a', { retries: 1 })] });
    const real = { ...swarm.host.activities };
    let refusals = 0;
    swarm.host.replace('handOver', (input) =>
      ++refusals === 1
        ? Promise.resolve({ kind: 'refused', reason: 'a path into .git' })
        : real.handOver(input),
    );
    expect(await swarm.outcome()).toMatchObject({ landed: 1 });
    expect(swarm.host.log.calls[1]?.previous[0]?.reason).toContain('a path into .git');
  });

  test('has not begun while the disk is full: it waits, says so, and begins when there is room', async () => {
    const swarm = await world.start({ tasks: [task('a')] });
    const real = { ...swarm.host.activities };
    let room = false;
    let asked = 0;
    swarm.host.replace('prepareAgent', (input) => {
      asked += 1;
      return room ? real.prepareAgent(input) : Promise.resolve({ kind: 'no_room', reason: '3 MB left' });
    });
    await eventually(
      'the note',
      async () => (await swarm.tasks())['a']?.note === 'Waits for room: 3 MB left',
    );
    await eventually('a second look', async () => asked >= 2);
    expect(swarm.host.log.started).toEqual([]);
    room = true;
    expect(await swarm.outcome()).toMatchObject({ landed: 1 });
    expect((await swarm.tasks())['a']?.note).not.toContain('Waits');
    expect(swarm.host.log.calls.map(({ attempt }) => attempt)).toEqual([1]);
  });

  test('because its dependencies do not merge with each other is a question that names the paths', async () => {
    const swarm = await world.start({
      tasks: [task('a', { retries: 3 }), task('b')],
      settings: { gates: SKIP },
    });
    const real = { ...swarm.host.activities };
    swarm.host.replace('prepareAgent', (input) =>
      input.taskId === 'a'
        ? Promise.resolve({ kind: 'dependency_conflict', paths: ['src/x.ts'], retries: 3 })
        : real.prepareAgent(input),
    );
    await swarm.outcome();
    expect((await swarm.tasks())['a']).toMatchObject({
      state: 'failed',
      note: expect.stringMatching(/src\/x\.ts \(npm is not installed\)/),
    });
    expect(swarm.host.log.started).toEqual(['b']);
  });

  test('begins when the conflict between its dependencies resolves without anybody', async () => {
    const swarm = await world.start({
      tasks: [task('a'), task('b'), task('c', { dependsOn: ['a', 'b'] })],
      join: true,
    });
    const real = { ...swarm.host.activities };
    const bases: string[] = [];
    swarm.host.replace('prepareAgent', (input) => {
      if (input.taskId === 'c') bases.push(input.baseCommit);
      return bases.length === 1
        ? Promise.resolve({ kind: 'dependency_conflict', paths: ['src/x.ts'], retries: 0 })
        : real.prepareAgent(input);
    });
    expect(await swarm.outcome()).toMatchObject({ landed: 3 });
    expect(new Set(bases).size).toBe(2);
  });

  test('because of a full disk is a question with the cause', async () => {
    let full = true;
    const swarm = await world.start({
      tasks: [task('a')],
      before: (activity) => {
        if (activity === 'prepareAgent' && full) throw new DroverFailure('wrongState', 'The disk is full');
      },
    });
    const decision = await swarm.decision('task');
    expect(decision.detail).toContain('The disk is full');
    full = false;
    await swarm.resolve(decision, 'approve');
    expect(await swarm.outcome()).toMatchObject({ landed: 1 });
  });

  test('because its end could not be seen keeps what its agent had used', async () => {
    const swarm = await world.start({ tasks: [task('a')], settings: { gates: SKIP } });
    const used = { ...NO_USAGE, inputTokens: 500, calls: 3, costUsd: 0.25 };
    swarm.host.replace('runAgent', () =>
      Promise.reject(new DroverFailure('wrongState', 'nothing can be seen')),
    );
    swarm.host.replace('discardAgent', () => Promise.resolve({ usage: used }));
    await swarm.outcome().catch(() => undefined);
    expect((await swarm.tasks())['a']).toMatchObject({ state: 'failed', usage: used });
    expect((await swarm.state()).usage).toMatchObject({ calls: 3, costUsd: 0.25 });
  });
});

const SKIP = { plan: 'ask', task: 'skip', conflict: 'ask', build: 'ask', test: 'ask', phase: 'ask' } as const;

describe('an attempt that changes nothing', () => {
  test('completes a task that may, without a branch', async () => {
    const swarm = await world.start({
      tasks: [task('check', { allowEmpty: true }), task('b', { dependsOn: ['check'] })],
      agent: ({ taskId }) => (taskId === 'check' ? { changed: false } : undefined),
    });
    expect(await swarm.outcome()).toMatchObject({ landed: 1, skipped: 0 });
    expect((await swarm.tasks())['check']).toMatchObject({ state: 'completed', landing: 'empty' });
    expect(swarm.host.log.discarded).toEqual(['agent-0']);
  });

  test('completes a swarm of checks alone, which delivers no branch', async () => {
    const swarm = await world.start({ tasks: [task('check')], agent: () => ({ changed: false }) });
    const outcome = await swarm.outcome();
    expect(outcome).toMatchObject({ phase: 'completed', landed: 0 });
    expect(outcome.branch).toBeUndefined();
    expect(swarm.host.log.delivered).toEqual([]);
  });
});

describe('a person', () => {
  test('kills an agent, and another one tries', async () => {
    const held = heldAgents();
    const swarm = await world.start({ tasks: [task('a', { retries: 1 })], agent: held.agent });
    await at(held, 'a');
    await swarm.signal('killAgent', { agentId: 'agent-0', reason: 'it is stuck' });
    await eventually('the next agent', async () => (await swarm.tasks())['a']?.agentId === 'agent-0.2');
    await eventually('its work', async () => swarm.host.running.has('agent-0.2') || undefined);
    held.release('a');
    expect(await swarm.outcome()).toMatchObject({ landed: 1 });
    expect(swarm.host.log.calls[1]?.previous).toEqual([
      { agentId: 'agent-0', outcome: 'killed', reason: 'it is stuck' },
    ]);
  });

  test('does not kill another agent than the one that was named', async () => {
    const held = heldAgents();
    const swarm = await world.start({ tasks: [task('a')], agent: held.agent });
    await at(held, 'a');
    await swarm.signal('killAgent', { agentId: 'agent-0.7' });
    await swarm.signal('messageAgent', { agentId: 'agent-0', text: 'go on' });
    await eventually('the message', async () => swarm.host.log.messages.length === 1 || undefined);
    expect(swarm.host.running.has('agent-0')).toBe(true);
    held.release('a');
    expect(await swarm.outcome()).toMatchObject({ landed: 1 });
    expect(swarm.host.log.calls).toHaveLength(1);
  });

  test('gives an agent messages, which arrive in their order', async () => {
    const held = heldAgents();
    const swarm = await world.start({ tasks: [task('a')], agent: held.agent });
    await at(held, 'a');
    for (const text of ['one', 'two', 'three'])
      await swarm.signal('messageAgent', { agentId: 'agent-0', text });
    await eventually('the messages', async () => swarm.host.log.messages.length === 3 || undefined);
    expect(swarm.host.log.messages.map((one) => one.text)).toEqual(['one', 'two', 'three']);
    held.release('a');
    await swarm.outcome();
  });
});
