/** Gives the tasks of the approved plan to agents, the most urgent first, as many at once as is allowed. */
import { condition } from '@temporalio/workflow';
import { taskWorkflowId } from '../../domain/names.ts';
import { createSchedule, type Schedule } from '../../domain/swarm/schedule.ts';
import { dependencyNotes } from '../../domain/agents/dependency-notes.ts';
import type { TaskRecord } from '../../domain/swarm/task-record.ts';
import { startChildTask } from '../tasks/children.ts';
import { continueIfLong } from './continue.ts';
import { actOnFilesGates, openFilesGate } from '../tasks/files-gate.ts';
import { MAX_OPEN_DECISIONS } from './gates.ts';
import { answerPlanRequests } from '../plan/versions.ts';
import { hostOf } from './opening.ts';
import { newestVersion, type Swarm } from './state.ts';
import { skipStuck } from '../tasks/changes.ts';
import { actOnTaskGates, openTaskGate } from '../tasks/task-gate.ts';
import { takeEnds } from '../tasks/ends.ts';
import { enterPhase, showProgress } from './web-ui.ts';

/** Temporal's default limit of pending children is 2,000 a run; a host with this many agents is a large one. */
const MAX_CHILDREN = 500;

export const executing = async (swarm: Swarm): Promise<void> => {
  if (swarm.state.phase !== 'executing') return;
  swarm.schedule = scheduleOf(swarm);
  do {
    swarm.news = false;
    for (const task of takeEnds(swarm))
      // In independent mode a failure is an answer like any other: the comparison shows it.
      if (swarm.input.independent === undefined)
        if (task.state === 'completed') openFilesGate(swarm, task);
        else openTaskGate(swarm, task);
    actOnTaskGates(swarm);
    actOnFilesGates(swarm);
    await changePlan(swarm);
    await continueIfLong(swarm, () => changePlan(swarm));
    startReady(swarm);
    showProgress(swarm);
    await condition(() => swarm.news || isFinished(swarm));
  } while (!isFinished(swarm));
  skipStuck(swarm);
  delete swarm.schedule;
  enterPhase(swarm, 'integrating');
};

export const scheduleOf = (swarm: Swarm): Schedule =>
  createSchedule(
    [...swarm.state.tasks.values()].map((task) => task.outline),
    (id) => {
      const state = swarm.state.tasks.get(id)?.state;
      return state === 'completed' ? 'done' : state === 'pending' ? 'waiting' : 'idle';
    },
  );

const changePlan = async (swarm: Swarm): Promise<void> => {
  if (swarm.planRequests.length === 0) return;
  await answerPlanRequests(swarm);
  swarm.schedule = scheduleOf(swarm);
};

/**
 * Nothing runs, nothing has to be looked at, nobody is being asked. What is pending although nothing holds it
 * back waits for a task that will never be done.
 */
const isFinished = ({ news, state, planRequests }: Swarm): boolean =>
  !news &&
  state.children.length === 0 &&
  state.ended.length === 0 &&
  planRequests.length === 0 &&
  state.openDecisions.length === 0 &&
  (!state.paused || ![...state.tasks.values()].some((task) => task.state === 'pending'));

export const startReady = (swarm: Swarm): void => {
  const { state } = swarm;
  while (
    !state.paused &&
    state.openDecisions.length < MAX_OPEN_DECISIONS &&
    state.children.length < Math.min(state.parallelism, MAX_CHILDREN)
  ) {
    const id = swarm.schedule?.take();
    if (id === undefined) return;
    const task = state.tasks.get(id);
    // It may have been cancelled while it was in the queue.
    if (task?.state === 'pending') start(swarm, task);
  }
};

const start = (swarm: Swarm, task: TaskRecord): void => {
  const { input, state } = swarm;
  const { id, title } = task.outline;
  task.state = 'assigned';
  task.attempts += 1;
  task.startedAt ??= Date.now();
  startChildTask(
    swarm,
    { workflowId: taskWorkflowId(input.swarmId, id), purpose: 'task' },
    {
      swarmId: input.swarmId,
      taskId: id,
      ordinal: task.ordinal,
      host: hostOf(swarm),
      planKey: newestVersion(state)?.key ?? '',
      settingsKey: input.settingsKey,
      baseCommit: state.opened?.baseCommit ?? '',
      ...(task.outline.dependsOn.length === 0 ? {} : { dependencies: dependencyNotes(task, state.tasks) }),
      ...(task.attempts === 1 ? {} : { firstAttempt: task.attempts }),
      ...(task.previous.length === 0 ? {} : { previous: task.previous }),
    },
    title,
  );
};
