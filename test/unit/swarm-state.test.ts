import { expect, test } from '@jest/globals';
import type { TaskOutline } from '../../domain/plan/plan.ts';
import { NO_USAGE } from '../../domain/models/usage.ts';
import {
  adoptOutlines,
  carry,
  newSwarmState,
  unpack,
  type CarriedSwarm,
  type SwarmState,
} from '../../workflows/swarm/state.ts';

const outlines: readonly TaskOutline[] = ['a', 'b', 'c'].map((id) => ({
  id,
  title: `Title of ${id}`,
  dependsOn: id === 'c' ? ['a'] : [],
  priority: 2,
}));

const busy = (): SwarmState => {
  const state = newSwarmState(1_790_000_000_000);
  adoptOutlines(state, outlines);
  const [a, b] = [...state.tasks.values()];
  Object.assign(a!, {
    state: 'completed',
    attempts: 2,
    commit: 'f'.repeat(40),
    note: 'done',
    landing: 'landed',
  });
  Object.assign(b!, { state: 'in_progress', attempts: 1, startedAt: state.startedAt + 5_000 });
  return Object.assign(state, {
    phase: 'executing',
    opened: { host: 'h', directory: '/d', baseBranch: 'main', baseCommit: 'e'.repeat(40) },
    inbox: [{ kind: 'pause' }],
    children: [
      {
        workflowId: 's/task/b',
        taskId: 'b',
        ordinal: 1,
        firstAttempt: 1,
        attempt: 1,
        purpose: 'task',
        standing: 'adopted',
        stopping: false,
      },
    ],
    ended: [
      {
        workflowId: 's/task/x',
        firstAttempt: 1,
        taskId: 'x',
        purpose: 'task',
        outcome: { state: 'failed', attempts: 1, note: 'no' },
      },
    ],
    overhead: { ...NO_USAGE, calls: 1, costUsd: 0.1 + 0.2 },
    claims: { 'src/x.ts': 'agent-1' },
    warnings: ['careful'],
  } satisfies Partial<SwarmState>);
};

test('all that a swarm knows survives being carried into its next run', () => {
  const state = busy();
  const carried = JSON.parse(JSON.stringify(carry(state))) as CarriedSwarm;
  expect({ ...carried, tasks: unpack(carried, outlines) }).toEqual(state);
});

test('tasks keep their number when the plan changes around them', () => {
  const state = busy();
  const [a, b, c] = outlines as [TaskOutline, TaskOutline, TaskOutline];
  adoptOutlines(state, [c, { ...b, id: 'new' }, { ...a, title: 'Another title' }]);
  expect([...state.tasks.values()].map((task) => [task.outline.id, task.ordinal, task.state])).toEqual([
    ['c', 2, 'pending'],
    ['new', 3, 'pending'],
    ['a', 0, 'completed'],
  ]);
  expect(state.tasks.get('a')?.outline.title).toBe('Another title');
});
