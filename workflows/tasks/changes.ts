/** How tasks change other than by their agents: cancelled, skipped, opened again. */
import { transitiveDependents } from '../../domain/plan/graph.ts';
import { NOTE_LENGTH, type TaskRecord } from '../../domain/swarm/task-record.ts';
import { clip } from '../../domain/text.ts';
import { answerDecision } from '../swarm/gates.ts';
import { warn, type Swarm } from '../swarm/state.ts';

const outlines = (swarm: Swarm): readonly TaskRecord['outline'][] =>
  [...swarm.state.tasks.values()].map((task) => task.outline);

/** Signals come from people; what they call a task may be anything. */
const short = (name: unknown): string => (typeof name === 'string' ? clip(name, 60) : '?');

const settle = (task: TaskRecord, state: 'skipped' | 'cancelled', note: string): void => {
  task.state = state;
  task.landing = 'skipped';
  task.note = clip(note, NOTE_LENGTH);
  task.endedAt = Date.now();
};

/** Skips all that waits for `taskId` and has not started. */
export const skipDependents = (swarm: Swarm, taskId: string, why: string): void => {
  for (const id of transitiveDependents(outlines(swarm), [taskId])) {
    const task = swarm.state.tasks.get(id);
    if (task?.state === 'pending') settle(task, 'skipped', why);
  }
};

/** Skips what can never become ready, for example because an edit made it wait for a task that was skipped. */
export const skipStuck = (swarm: Swarm): void => {
  for (const task of swarm.state.tasks.values())
    if (task.state === 'pending') settle(task, 'skipped', 'It waits for a task that did not complete');
};

export const title = (swarm: Swarm, taskId: string): string =>
  swarm.state.tasks.get(taskId)?.outline.title ?? taskId;

/** Leaves a finished branch out of the result, and those that contain it. */
export const leaveOut = (swarm: Swarm, taskId: string): void => {
  const { tasks } = swarm.state;
  const first = tasks.get(taskId);
  if (first !== undefined) first.landing = 'skipped';
  for (const id of transitiveDependents(outlines(swarm), [taskId])) {
    const task = tasks.get(id);
    if (task?.state !== 'completed' || task.landing !== undefined) continue;
    task.landing = 'skipped';
    task.note = clip(`Left out with ${taskId}, which it builds on. ${task.note}`, NOTE_LENGTH);
  }
};

const openGateOf = (swarm: Swarm, taskId: string): string | undefined =>
  swarm.state.openDecisions.find((one) => one.kind === 'task' && one.taskIds[0] === taskId)?.id;

export const cancelPendingTask = (swarm: Swarm, taskId: string): void => {
  const task = swarm.state.tasks.get(taskId);
  const gate = openGateOf(swarm, taskId);
  if (gate !== undefined) {
    answerDecision(swarm, gate, { action: 'reject', by: 'person' });
    return;
  }
  if (task?.state !== 'pending') {
    warn(swarm.state, `The task ${short(taskId)} was not cancelled: it is not pending or running.`);
    return;
  }
  settle(task, 'cancelled', 'Cancelled by a person');
  skipDependents(swarm, taskId, `It depends on ${taskId}, which was cancelled`);
};

/** What a person cancels when the swarm itself is cancelled. */
export const cancelUnfinished = (swarm: Swarm): void => {
  for (const task of swarm.state.tasks.values())
    if (['pending', 'assigned', 'in_progress'].includes(task.state))
      settle(task, 'cancelled', 'The swarm ended before it was done');
};

/** Opens a task again, and what was skipped because of it. */
export const reopenTask = (swarm: Swarm, taskId: string): void => {
  const { state } = swarm;
  const task = state.tasks.get(taskId);
  const gate = openGateOf(swarm, taskId);
  if (gate !== undefined) {
    answerDecision(swarm, gate, { action: 'approve', by: 'person' });
    return;
  }
  if (state.phase !== 'executing' || task === undefined || !isReopenable(task)) {
    warn(state, `The task ${short(taskId)} was not tried again: it did not fail, or it is too late.`);
    return;
  }
  reopen(task);
  swarm.schedule?.putBack(taskId);
  const skipped = transitiveDependents(outlines(swarm), [taskId]);
  for (const id of skipped) {
    const dependent = state.tasks.get(id);
    if (dependent?.state === 'skipped' && dependent.attempts === 0) {
      reopen(dependent);
      swarm.schedule?.putBack(id);
    }
  }
};

const isReopenable = (task: TaskRecord): boolean =>
  ['failed', 'timeout', 'skipped', 'cancelled'].includes(task.state);

export const reopen = (task: TaskRecord): void => {
  task.state = 'pending';
  task.note = '';
  delete task.landing;
  delete task.endedAt;
};

const isTrouble = (kind: string): boolean => ['conflict', 'build', 'test', 'files', 'claims'].includes(kind);

/** Leaves out the branch of a completed task before it lands, and all that builds on it. */
export const discardTask = (swarm: Swarm, taskId: string): void => {
  const { state, input } = swarm;
  const gate = state.openDecisions.find((one) => isTrouble(one.kind) && one.taskIds[0] === taskId);
  if (gate !== undefined) {
    answerDecision(swarm, gate.id, { action: 'reject', by: 'person' });
    return;
  }
  const task = state.tasks.get(taskId);
  const waits = task?.state === 'completed' && task.commit !== undefined && task.landing === undefined;
  if (task === undefined || !waits || state.phase !== 'executing' || input.independent !== undefined) {
    warn(state, `The branch of ${short(taskId)} was not discarded: it does not wait to be merged.`);
    return;
  }
  leaveOut(swarm, taskId);
  task.note = clip(`Discarded by a person. ${task.note}`, NOTE_LENGTH);
  skipDependents(swarm, taskId, `It depends on ${taskId}, which was discarded`);
};
