/**
 * What people tell a swarm to do. A signal says nothing back, so each action first looks whether the swarm is in
 * a state in which it would do something, and refuses otherwise with the state it is in.
 */
import { DroverFailure } from '../domain/failures.ts';
import type { PlanEdit, PlanVersion } from '../domain/plan/plan.ts';
import type { EditPlanResult } from '../domain/protocol.ts';
import type { Decision, Phase, SwarmView, TaskState, TaskView } from '../domain/swarm/swarm.ts';
import { nearestName } from '../domain/text.ts';
import { agentRecord } from './agent-records.ts';
import type { SwarmHandle } from './swarm-handle.ts';

const ENDED: ReadonlySet<Phase> = new Set<Phase>(['completed', 'failed', 'cancelled']);
const RUNNING: ReadonlySet<TaskState> = new Set<TaskState>(['assigned', 'in_progress']);
const MAX_PARALLELISM = 1_000;

export const hasEnded = (view: SwarmView): boolean => ENDED.has(view.phase);
export const isRunning = (task: TaskView): boolean => RUNNING.has(task.state);

/** `awaiting_approval` as people say it. */
export const phaseName = (phase: Phase): string => phase.replaceAll('_', ' ');

export const wrongState = (message: string, hint: string): DroverFailure =>
  new DroverFailure('wrongState', message, { hint });

/** @throws DroverFailure `wrongState` when the swarm has ended */
export const running = async (swarm: SwarmHandle): Promise<SwarmView> => {
  const view = await swarm.state();
  if (hasEnded(view))
    throw wrongState(
      `Swarm ${swarm.id} has ended: it is ${phaseName(view.phase)}`,
      `drover report ${swarm.id} shows what came of it`,
    );
  return view;
};

/** The plan that waits for an answer. */
const proposed = async (swarm: SwarmHandle): Promise<PlanVersion> => {
  const view = await running(swarm);
  if (view.phase === 'awaiting_approval' && view.plan !== undefined) return view.plan;
  throw wrongState(
    `No plan of swarm ${swarm.id} awaits approval: the swarm is ${phaseName(view.phase)}`,
    view.phase === 'planning'
      ? `wait for the plan: drover status ${swarm.id} --watch`
      : `drover plan ${swarm.id} --edit changes tasks that have not started`,
  );
};

/** Then only its author can revise it, or a model when there is one. */
export const isFromFile = async (swarm: SwarmHandle): Promise<boolean> =>
  (await swarm.planVersions())[0]?.origin === 'file';

/** @returns the version that was approved */
export const approvePlan = async (swarm: SwarmHandle, version?: number): Promise<number> => {
  const plan = await proposed(swarm);
  if (version !== undefined && version !== plan.version)
    throw wrongState(
      `Version ${version} is not on the table: the newest version of the plan is ${plan.version}`,
      `look at it with drover plan ${swarm.id}, then approve that one`,
    );
  await swarm.signal('approvePlan', { version: plan.version });
  return plan.version;
};

/**
 * @param hasPlanner is there a model that could revise a plan from a file?
 * @returns the version that was rejected
 */
export const rejectPlan = async (
  swarm: SwarmHandle,
  feedback: string,
  hasPlanner: boolean,
): Promise<number> => {
  const plan = await proposed(swarm);
  if (!hasPlanner && (await isFromFile(swarm)))
    throw wrongState(
      `The plan of swarm ${swarm.id} came from a file, and no model is there that could revise it`,
      `change it yourself: drover plan ${swarm.id} --edit, or --replace <file>; drover cancel ${swarm.id} gives it up`,
    );
  await swarm.signal('rejectPlan', { feedback });
  return plan.version;
};

export const pauseSwarm = async (swarm: SwarmHandle): Promise<void> => {
  const view = await running(swarm);
  if (view.paused) throw wrongState(`Swarm ${swarm.id} is paused already`, `drover resume ${swarm.id}`);
  await swarm.signal('pause', undefined);
};

export const resumeSwarm = async (swarm: SwarmHandle): Promise<void> => {
  const view = await running(swarm);
  if (!view.paused)
    throw wrongState(
      `Swarm ${swarm.id} is not paused: it is ${phaseName(view.phase)}`,
      'nothing needs to be done',
    );
  await swarm.signal('resume', undefined);
};

export const setParallelism = async (swarm: SwarmHandle, parallelism: number): Promise<void> => {
  if (!Number.isSafeInteger(parallelism) || parallelism < 1 || parallelism > MAX_PARALLELISM)
    throw new DroverFailure('invalidInput', `${parallelism} agents at once is not possible`, {
      hint: `give a whole number from 1 to ${MAX_PARALLELISM}; drover pause stops new agents`,
    });
  await running(swarm);
  await swarm.signal('setParallelism', { parallelism });
};

export const cancelSwarm = async (swarm: SwarmHandle): Promise<void> => {
  await running(swarm);
  await swarm.cancel();
};

export const findTask = async (swarm: SwarmHandle, taskId: string): Promise<TaskView> => {
  const tasks = await swarm.tasks();
  const task = tasks.find((one) => one.id === taskId);
  if (task !== undefined) return task;
  const meant = nearestName(
    taskId,
    tasks.map((one) => one.id),
  );
  throw new DroverFailure('notFound', `Swarm ${swarm.id} has no task "${taskId}"`, {
    hint:
      meant !== undefined
        ? `did you mean ${meant}?`
        : tasks.length === 0
          ? 'it has no plan yet'
          : `drover status ${swarm.id} lists its tasks`,
  });
};

export const cancelTask = async (swarm: SwarmHandle, taskId: string): Promise<void> => {
  await running(swarm);
  const task = await findTask(swarm, taskId);
  if (task.state !== 'pending' && !isRunning(task))
    throw wrongState(`Task ${taskId} is ${task.state} already`, 'nothing is left to cancel');
  await swarm.signal('cancelTask', { taskId });
};

export const retryTask = async (swarm: SwarmHandle, taskId: string): Promise<void> => {
  await running(swarm);
  const task = await findTask(swarm, taskId);
  if (!['failed', 'timeout', 'skipped', 'cancelled'].includes(task.state))
    throw wrongState(
      `Task ${taskId} is ${task.state.replaceAll('_', ' ')}`,
      'only a task that failed, timed out, was skipped or cancelled can be tried again',
    );
  await swarm.signal('retryTask', { taskId });
};

/** Leaves out the branch of a finished task, and all that builds on it. */
export const discardTask = async (swarm: SwarmHandle, taskId: string): Promise<void> => {
  const view = await running(swarm);
  const task = await findTask(swarm, taskId);
  const decisions = await swarm.decisions();
  const gate = decisions.find(
    (one) =>
      one.answer === undefined &&
      ['conflict', 'build', 'test'].includes(one.kind) &&
      one.taskIds[0] === taskId,
  );
  const waits = task.state === 'completed' && task.commit !== undefined && task.landing === undefined;
  if (gate === undefined && !waits)
    throw wrongState(
      `The branch of ${taskId} does not wait to be merged: ${task.landing ?? task.state.replaceAll('_', ' ')}`,
      isRunning(task) && task.agentId !== undefined
        ? `drover kill ${swarm.id} ${task.agentId} ends its agent`
        : 'only what is finished and has not landed can be discarded',
    );
  if (gate === undefined && view.phase !== 'executing')
    throw wrongState(
      `The branch of ${taskId} is being merged now: the swarm is ${phaseName(view.phase)}`,
      'leave it out at its gate, if it comes to one, or revert it in the result',
    );
  await swarm.signal('discardTask', { taskId });
};

/** The task that an agent at work works on: its own, or one whose branch it repairs. */
const taskOfRunningAgent = async (swarm: SwarmHandle, agentId: string): Promise<string> => {
  await running(swarm);
  const tasks = await swarm.tasks();
  const task = tasks.find((one) => one.agentId === agentId && isRunning(one));
  if (task !== undefined) return task.id;
  const onDisk = /^agent-\d{1,6}(\.\d{1,4})?$/.test(agentId)
    ? await agentRecord(swarm.directory, agentId)
    : undefined;
  if (onDisk?.fixes !== undefined && onDisk.outcome === undefined) return onDisk.taskId;
  const atWork = tasks.filter(isRunning).map((one) => one.agentId);
  const hint = atWork.length === 0 ? 'no agent is at work' : `agents at work: ${atWork.join(', ')}`;
  if (onDisk !== undefined || tasks.some((one) => one.agentId === agentId))
    throw wrongState(`Agent ${agentId} has ended`, hint);
  throw new DroverFailure('notFound', `No agent "${agentId}" is at work in swarm ${swarm.id}`, { hint });
};

/** @returns the task the agent worked on */
export const killAgent = async (swarm: SwarmHandle, agentId: string, reason?: string): Promise<string> => {
  const task = await taskOfRunningAgent(swarm, agentId);
  await swarm.signal('killAgent', { agentId, ...(reason === undefined ? {} : { reason }) });
  return task;
};

/** @returns the task the agent works on */
export const messageAgent = async (swarm: SwarmHandle, agentId: string, text: string): Promise<string> => {
  const task = await taskOfRunningAgent(swarm, agentId);
  await swarm.signal('messageAgent', { agentId, text });
  return task;
};

export const editPlan = async (swarm: SwarmHandle, edits: readonly PlanEdit[]): Promise<EditPlanResult> => {
  await running(swarm);
  return swarm.editPlan({ edits });
};

/** A word to the planner about the plan on the table. It takes as long as the planner thinks. */
export const discussPlan = async (swarm: SwarmHandle, text: string): Promise<EditPlanResult> => {
  await proposed(swarm);
  return swarm.discuss({ text });
};

/** Answers the open `phase` decision so that the failed phase is tried again; the decision, or none. */
export const retryPhase = async (swarm: SwarmHandle): Promise<Decision | undefined> => {
  await running(swarm);
  const open = (await swarm.decisions()).find((one) => one.kind === 'phase' && one.answer === undefined);
  if (open === undefined) return undefined;
  await swarm.signal('resolveDecision', { id: open.id, action: 'approve' });
  return open;
};
