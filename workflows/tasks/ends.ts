/** Takes in how tasks ended. */
import type { AgentTaskOutcome } from '../../domain/protocol.ts';
import { addUsage, NO_USAGE } from '../../domain/models/usage.ts';
import type { TaskRecord } from '../../domain/swarm/task-record.ts';
import type { EndedChild, Swarm } from '../swarm/state.ts';
import { skipDependents } from './changes.ts';

/** Failures that the next attempt is told of. */
const MAX_NOTES = 3;

/** @returns the tasks that need a decision: they failed, or changed what they had not declared */
export const takeEnds = (swarm: Swarm): readonly TaskRecord[] => {
  const ends = swarm.state.ended;
  swarm.state.ended = [];
  return ends.flatMap((end) => {
    const task = swarm.state.tasks.get(end.taskId);
    return task !== undefined && takeEnd(swarm, task, end) ? [task] : [];
  });
};

const takeEnd = (swarm: Swarm, task: TaskRecord, { firstAttempt, outcome, purpose }: EndedChild): boolean => {
  task.usage = addUsage(task.usage, outcome.usage ?? NO_USAGE);
  // A fixing agent works on a task that is completed and stays so.
  if (purpose === 'fix') return false;
  task.attempts = Math.max(task.attempts, firstAttempt + outcome.attempts - 1);
  task.state = outcome.state;
  task.note = outcome.note;
  task.endedAt = Date.now();
  switch (outcome.state) {
    case 'completed':
      complete(swarm, task, outcome);
      return task.outside !== undefined;
    case 'cancelled':
      task.landing = 'skipped';
      skipDependents(swarm, task.outline.id, `It depends on ${task.outline.id}, which was cancelled`);
      return false;
    default:
      task.previous = [...task.previous, ...(outcome.failures ?? [])].slice(-MAX_NOTES);
      return true;
  }
};

const complete = (swarm: Swarm, task: TaskRecord, { commit, outside }: AgentTaskOutcome): void => {
  if (commit === undefined) task.landing = 'empty';
  else task.commit = commit;
  if (outside === undefined) delete task.outside;
  else task.outside = outside;
  task.previous = [];
  swarm.state.completed += 1;
  swarm.schedule?.done(task.outline.id);
};
