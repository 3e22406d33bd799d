/** Swarms that go through everything the workflows can do, for histories that are kept and replayed. */
import { independentPlan } from '../../domain/swarm/comparison.ts';
import type { DeliveryRequest } from '../../domain/delivery/delivery.ts';
import { taskWorkflowId } from '../../domain/names.ts';
import { INTERNAL_SIGNALS, type BudgetNotice } from '../../domain/protocol.ts';
import type { SwarmSettings } from '../../domain/swarm/settings.ts';
import { heldAgents, task, type MemoryHost } from './memory-host.ts';
import { eventually, type SwarmWorld, type TestSwarm } from './swarm-world.ts';
import { uniqueName } from './temporal.ts';
import { approve, message, newsOf, shutDown, spawn, tasks, teamRules } from './team.ts';

const ASK: SwarmSettings['gates'] = {
  plan: 'ask',
  task: 'ask',
  conflict: 'ask',
  build: 'ask',
  test: 'ask',
  phase: 'ask',
};

/** What is kept of a scenario: ids of workflows, each with all its runs. */
type Scenario = (world: SwarmWorld) => Promise<readonly string[]>;

const ended = (swarm: TestSwarm): Promise<unknown> => swarm.outcome().catch(() => undefined);
const child = (swarm: TestSwarm, id: string): string => taskWorkflowId(swarm.id, id);

/** Dependencies, a task without changes, one merge, one verification. */
const plain: Scenario = async (world) => {
  const swarm = await world.start({
    tasks: [task('a'), task('b', { dependsOn: ['a'] }), task('check', { allowEmpty: true })],
    agent: ({ taskId }) => (taskId === 'check' ? { changed: false } : undefined),
  });
  await ended(swarm);
  return [swarm.id, child(swarm, 'b'), child(swarm, 'check')];
};

/** A rejected plan, an edited one, retries, a kill, messages, a cancelled task, a failed one tried again. */
const people: Scenario = async (world) => {
  const held = heldAgents();
  const swarm = await world.start(
    {
      settings: { parallelism: 2 },
      tasks: [task('slow', { retries: 1, priority: 1 }), task('bad')],
      replan: () => [task('slow', { retries: 1, priority: 1 }), task('bad'), task('unwanted')],
      agent: (call) =>
        call.taskId === 'slow'
          ? held.agent(call)
          : call.taskId === 'bad' && call.attempt === 1
            ? { outcome: 'failed', summary: 'it did not compile' }
            : undefined,
    },
    { approve: false },
  );
  await swarm.decision('plan');
  await swarm.signal('rejectPlan', { feedback: 'more' });
  await swarm.until('the second plan', (view) => view.plan?.version === 2 && view.openDecisions === 1);
  await swarm.signal('pause');
  await swarm.update('editPlan', { edits: [{ kind: 'add', task: task('extra', { dependsOn: ['bad'] }) }] });
  await swarm.signal('approvePlan');
  await swarm.until('the pause', (view) => view.phase === 'executing' && view.paused);
  await swarm.signal('cancelTask', { taskId: 'unwanted' });
  await swarm.update('editPlan', { edits: [{ kind: 'reorder', taskIds: ['slow', 'bad'] }] });
  await swarm.signal('resume');
  await eventually('the slow agent', async () => held.waiting.has('slow') || undefined);
  await swarm.update('claimFiles', { agentId: 'agent-0', paths: ['src/x.ts'] });
  await swarm.signal('messageAgent', { agentId: 'agent-0', text: 'hurry' });
  await eventually('the message', async () => swarm.host.log.messages.length > 0 || undefined);
  await swarm.signal('killAgent', { agentId: 'agent-0', reason: 'too slow' });
  await eventually('the next agent', async () => swarm.host.running.has('agent-0.2') || undefined);
  await swarm.resolve(await swarm.decision('task'), 'approve', 'try harder');
  await swarm.signal('setParallelism', { parallelism: 3 });
  held.release('slow');
  await ended(swarm);
  return [swarm.id, child(swarm, 'slow'), child(swarm, 'bad')];
};

/** A conflict and a red test, each fixed by an agent; a red build that is left out; a full disk. */
const troubles: Scenario = async (world) => {
  let full = true;
  const swarm = await world.start({
    settings: { gates: { ...ASK, build: 'skip' } },
    tasks: ['a', 'clash', 'red', 'hopeless'].map((id) => task(id)),
    conflict: (id, tip, fixed) => (id === 'clash' && tip.has('a') && !fixed ? ['src/x.ts'] : []),
    red: (work) =>
      work.has('hopeless') ? 'build' : work.has('red') && !work.has('red+') ? 'test' : undefined,
    before: (activity) => {
      if (activity === 'deliver' && full) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    },
  });
  await swarm.resolve(await swarm.decision('conflict'), 'approve');
  await swarm.resolve(await swarm.decision('test'), 'approve', 'mind the clock');
  const decision = await swarm.decision('phase');
  full = false;
  await swarm.resolve(decision, 'approve');
  await ended(swarm);
  return [swarm.id, `${swarm.id}/fix/1`];
};

/** Several runs, with an agent that outlives them. */
const long: Scenario = async (world) => {
  const held = heldAgents();
  const swarm = await world.start(
    {
      settings: { parallelism: 3 },
      tasks: [task('long', { priority: 1 }), ...Array.from({ length: 14 }, (_, at) => task(`q${at}`))],
      agent: (call) => (call.taskId === 'long' ? held.agent(call) : undefined),
    },
    { continueAsNewAfter: 70 },
  );
  await swarm.until('the quick tasks', (view) => view.counts.completed === 14);
  held.release('long');
  await ended(swarm);
  return [swarm.id, child(swarm, 'long')];
};

/** Cancelled while agents work. */
const cancelled: Scenario = async (world) => {
  const held = heldAgents();
  const swarm = await world.start({ tasks: [task('a'), task('b', { dependsOn: ['a'] })], agent: held.agent });
  await eventually('the agent', async () => held.waiting.has('a') || undefined);
  await swarm.handle.cancel();
  await ended(swarm);
  return [swarm.id, child(swarm, 'a')];
};

/** Failed by the policy of a gate, with an agent at work. */
const failed: Scenario = async (world) => {
  const held = heldAgents();
  const swarm = await world.start({
    settings: { gates: { ...ASK, task: 'fail' } },
    tasks: [task('bad'), task('busy')],
    agent: held.agent,
  });
  await eventually('both agents', async () => held.waiting.size === 2 || undefined);
  held.release('bad', { outcome: 'timeout', summary: '60 s' });
  await ended(swarm);
  return [swarm.id, child(swarm, 'bad')];
};

/** Answers to one prompt, judged; one is picked. */
const independent: Scenario = async (world) => {
  const swarm = await world.start(
    {
      tasks: independentPlan('make it fast', 3).tasks,
      judge: (agents) => agents,
      red: (work) => (work.has('agent-1') ? 'test' : undefined),
    },
    { independent: { judge: true } },
  );
  await swarm.decision('pick');
  await swarm.signal('pick', { agent: 'agent-2' });
  await ended(swarm);
  return [swarm.id];
};

/** A task whose dependencies do not merge with each other until their conflict is resolved. */
const joined: Scenario = async (world) => {
  const swarm = await world.start({
    tasks: [task('a'), task('b'), task('c', { dependsOn: ['a', 'b'] })],
    join: true,
  });
  const real = { ...swarm.host.activities };
  let hasMet = false;
  swarm.host.replace('prepareAgent', (input) => {
    if (input.taskId !== 'c' || hasMet) return real.prepareAgent(input);
    hasMet = true;
    return Promise.resolve({ kind: 'dependency_conflict', paths: ['src/x.ts'], retries: 0 });
  });
  await ended(swarm);
  return [swarm.id, child(swarm, 'c')];
};

/** A wait for room, a conflict that resolves by itself, one by hand, fixing agents that end at the same failure. */
const repairs: Scenario = async (world) => {
  let refused = false;
  let full = true;
  const swarm = await world.start({
    tasks: ['a', 'b', 'c', 'd'].map((id) => task(id)),
    settings: { gates: { ...ASK, test: 'auto' }, fixAttempts: 5 },
    conflict: (id, tip, isFixed) => (['b', 'c'].includes(id) && tip.has('a') && !isFixed ? ['src/x.ts'] : []),
    resolve: (id) => (id === 'c' ? 'the lock file was made anew' : undefined),
    byHand: () => (refused ? undefined : ((refused = true), 'markers are left')),
    red: (work) => (work.has('d') ? 'test' : undefined),
  });
  const real = { ...swarm.host.activities };
  swarm.host.replace('prepareAgent', (input) => {
    if (input.taskId !== 'a' || !full) return real.prepareAgent(input);
    full = false;
    return Promise.resolve({ kind: 'no_room', reason: '3 MB left' });
  });
  const conflict = await swarm.decision('conflict');
  await swarm.resolve(conflict, 'manual');
  await eventually('the worktree', async () => (await swarm.decision('conflict')).worktree);
  await swarm.resolve(conflict, 'done');
  await eventually('the refusal', async () =>
    (await swarm.decision('conflict')).refused?.reason.includes('markers are left'),
  );
  await swarm.resolve(conflict, 'done');
  await swarm.resolve(await swarm.decision('test'), 'reject');
  await ended(swarm);
  return [swarm.id, child(swarm, 'a')];
};

/** A lead that is refused, shuts down, repeats itself and is told; a person approves plans and pauses; several runs. */
const team: Scenario = async (world) => {
  const held = heldAgents();
  const swarm = await world.start(
    {
      tasks: [],
      agent: (call) =>
        call.taskId.startsWith('slow') || call.taskId === 'r-1'
          ? held.agent(call)
          : call.taskId === 'a-1'
            ? { changed: false }
            : call.taskId === 'r-2'
              ? { outcome: 'failed', summary: 'it broke', changed: false }
              : undefined,
      lead: ({ turn, news, closing }) => {
        if (closing !== undefined) return 'The end.';
        if (turn === 1)
          return [['Bash', { command: 'ls' }], spawn('slow', 'reviewer'), spawn('r', 'reviewer'), spawn('a')];
        if (turn === 2) return [tasks(['add', 't', { title: 'T' }], ['assign', 't', { agent: 'a' }])];
        const plans = newsOf(news, 'plan').map((name) => approve(name));
        const ended = newsOf(news, 'ended');
        const next = [
          ...plans,
          ...(ended.includes('r') ? [shutDown('slow'), message('r', 'Once more.')] : []),
          ...(ended.includes('a') ? [tasks(['done', 't'])] : []),
        ];
        return next.length === 0 ? 'Nothing to do now.' : next;
      },
    },
    { team: teamRules({ approval: 'person' }), continueAsNewAfter: 60 },
  );
  const first = await swarm.decision('plan');
  await swarm.resolve(first, 'approve');
  await eventually('both at work', async () => held.waiting.has('slow-1') && held.waiting.has('r-1'));
  await swarm.signal('messageAgent', { agentId: 'lead', text: 'Hurry.' });
  await swarm.signal('messageAgent', { agentId: 'r', text: 'Look twice.' });
  await swarm.signal('pause');
  held.release('r-1', { changed: false });
  await swarm.until('the pause', (view) => view.paused);
  await swarm.signal('resume');
  await ended(swarm);
  return [swarm.id, child(swarm, 'a-2')];
};

/** A person gives a team more money once, and then ends its spending. */
const teamMoney: Scenario = async (world) => {
  const held = heldAgents();
  const swarm = await world.start(
    {
      tasks: [],
      agent: (call) =>
        call.taskId === 'b-2'
          ? held.agent(call)
          : call.taskId.endsWith('-1')
            ? { changed: false }
            : undefined,
      lead: ({ turn, news }) =>
        turn === 1 ? [spawn('a'), spawn('b')] : newsOf(news, 'plan').map((name) => approve(name)),
    },
    { team: teamRules() },
  );
  await eventually('b at work, a done', async () => {
    const told = swarm.host.log.leadTurns.flatMap(({ news }) => newsOf(news, 'ended'));
    return told.includes('a') && held.waiting.has('b-2');
  });
  for (const [limitMicros, answer] of [
    [1_000_000, 'approve'],
    [1_500_000, 'reject'],
  ] as const) {
    const notice: BudgetNotice = { kind: 'reached', limitMicros, spentMicros: limitMicros, neededMicros: 1 };
    await world.temporal.client.workflow
      .getHandle(swarm.id)
      .signal<[BudgetNotice]>(INTERNAL_SIGNALS.budget, notice);
    await swarm.resolve(await swarm.decision('budget'), answer);
    await eventually('the answer is acted on', async () => {
      const { closedAt } = (await swarm.decisions()).findLast(({ kind }) => kind === 'budget') ?? {};
      return closedAt !== undefined;
    });
  }
  await ended(swarm);
  return [swarm.id];
};

/** Nothing comes of what the lead does. */
const stuckTeam: Scenario = async (world) => {
  const swarm = await world.start({ tasks: [], lead: () => [approve('nobody')] }, { team: teamRules() });
  await ended(swarm);
  return [swarm.id];
};

/** A schedule starts a swarm. */
const scheduled: Scenario = async (world) => {
  const host = await world.host({ tasks: [task('a')] });
  // As Temporal names the runs of a schedule.
  const id = `${uniqueName('night')}-2026-11-21T03:00:00Z`;
  await world.run('scheduledSwarm', id, { schedule: host.hostId, definition: 'definition' });
  return [id];
};

/** A run through a backlog: two swarms, one on the result of the other. */
const backlog: Scenario = async (world) => {
  const { hostId: repository } = await world.host({ tasks: [task('a')] });
  const id = uniqueName('backlog');
  await world.run('backlog', id, { repository, name: uniqueName('features'), definition: 'definition' });
  return [id];
};

const workOf = ({ hostId, base }: MemoryHost) => ({
  swarmId: 'swarm',
  host: hostId,
  repository: hostId,
  settingsKey: 'settings',
  goal: 'make it better',
  commit: base,
  name: 'drover/swarm',
  baseBranch: 'main',
});

const delivery =
  (request: DeliveryRequest): Scenario =>
  async (world) => {
    const id = uniqueName('delivery');
    await world.run('delivery', id, { ...workOf(await world.host({ tasks: [] })), request });
    return [id];
  };

/** A result is merged into a branch as it is, goes to a remote and into a pull request. */
const delivered = delivery({
  into: { branch: 'main', merge: true, unverified: true },
  push: { remote: 'origin' },
  pullRequest: { draft: true },
});

/** A branch is moved forward to a result once that was verified. */
const movedForward = delivery({ into: { branch: 'main', merge: false } });

/** A pull request is followed: quiet, then red, which a further swarm takes up, then merged. */
const followed: Scenario = async (world) => {
  const host = await world.host({
    tasks: [task('mend')],
    pullRequestNews: [
      { kind: 'quiet' },
      { kind: 'feedback', taken: ['1'], checks: [{ name: 'ci', output: 'red' }], comments: [] },
    ],
  });
  const id = uniqueName('follow');
  await world.run('followPullRequest', id, {
    ...workOf(host),
    push: { remote: 'origin' },
    pullRequest: {},
    attempts: 2,
    everySeconds: 60,
  });
  return [id];
};

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  plain,
  people,
  troubles,
  long,
  cancelled,
  failed,
  independent,
  repairs,
  joined,
  team,
  teamMoney,
  stuckTeam,
  scheduled,
  backlog,
  delivered,
  movedForward,
  followed,
};
