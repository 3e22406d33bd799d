/**
 * Deliveries that a person asks for: the result of a swarm, or the branch of one task, goes into a branch, to a
 * remote, into a pull request. Each is a workflow of its own on the swarm's host, so that it outlives its client.
 */
import { randomBytes } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import {
  ApplicationFailure,
  TemporalFailure,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/common';
import type {
  DeliveryRequest,
  DeliveryResult,
  PullRequestRequest,
  PushRequest,
} from '../domain/delivery/delivery.ts';
import { DroverFailure, FAILURE_TYPES, type FailureType } from '../domain/failures.ts';
import { deliveryWorkflowId, followWorkflowId, resultBranch, WORKFLOW_TASK_QUEUE } from '../domain/names.ts';
import {
  QUERIES,
  WORKFLOWS,
  type DeliveryInput,
  type FollowedPullRequest,
  type FollowInput,
  type Following,
} from '../domain/protocol.ts';
import type { DroverClient } from './client.ts';
import { findTask, phaseName } from './swarm-actions.ts';
import { swarmHandle, type SwarmHandle } from './swarm-handle.ts';
import { calling, fromTemporal } from './temporal-errors.ts';

type Work = Omit<DeliveryInput, 'request'>;

/** What is delivered: the result of the swarm, or the branch of a task. */
const workOf = async (swarm: SwarmHandle, taskId?: string): Promise<Work> => {
  const view = await swarm.state();
  const task = taskId === undefined ? undefined : await findTask(swarm, taskId);
  const commit = task === undefined ? view.result?.commit : task.commit;
  if (commit === undefined)
    throw task === undefined
      ? new DroverFailure('wrongState', `Swarm ${swarm.id} has no result: it is ${phaseName(view.phase)}`, {
          hint: 'a result is there once a swarm is completed; drover merge <swarm> <task> takes a finished branch now',
        })
      : new DroverFailure(
          'wrongState',
          `Task ${task.id} has no finished branch: it is ${task.state.replaceAll('_', ' ')}`,
          { hint: `drover task ${swarm.id} ${task.id} shows its attempts` },
        );
  return {
    swarmId: swarm.id,
    host: view.host,
    repository: view.repository,
    settingsKey: view.settingsKey ?? '',
    goal: view.goal,
    commit,
    name: task === undefined ? resultBranch(swarm.id) : task.id,
    baseBranch: view.baseBranch,
  };
};

/** The failure closest to where it went wrong, as one of Drover's. */
const fromWorkflow = (error: unknown, subject: string): unknown => {
  if (!(error instanceof WorkflowFailedError)) return fromTemporal(error, subject);
  let cause: unknown = error.cause;
  while (cause instanceof TemporalFailure && !(cause instanceof ApplicationFailure)) cause = cause.cause;
  if (!(cause instanceof ApplicationFailure)) return error;
  const name = cause.type ?? '';
  const type: FailureType = name in FAILURE_TYPES ? (name as FailureType) : 'toolBroken';
  return new DroverFailure(type, cause.message, { hint: 'nothing else was touched' });
};

/** Starts the delivery and waits for its end. */
export const deliverWork = async (
  client: DroverClient,
  swarm: SwarmHandle,
  request: DeliveryRequest,
  taskId?: string,
): Promise<DeliveryResult> => {
  const input: DeliveryInput = { ...(await workOf(swarm, taskId)), request };
  const workflowId = deliveryWorkflowId(swarm.id, randomBytes(4).toString('hex'));
  try {
    const handle = await client.temporal.workflow.start(WORKFLOWS.delivery, {
      workflowId,
      taskQueue: WORKFLOW_TASK_QUEUE,
      args: [input],
      staticSummary: `deliver ${input.name}`,
    });
    return (await handle.result()) as DeliveryResult;
  } catch (error) {
    throw fromWorkflow(error, `delivery of ${input.name}`);
  }
};

export interface FollowRequest {
  readonly push: PushRequest;
  readonly pullRequest: PullRequestRequest;
  readonly attempts: number;
  readonly everySeconds: number;
}

/** Starts to follow the pull request of a swarm, which is pushed and opened first. */
export const followPullRequest = async (
  client: DroverClient,
  swarm: SwarmHandle,
  request: FollowRequest,
): Promise<void> => {
  const input: FollowInput = { ...(await workOf(swarm)), ...request };
  try {
    await client.temporal.workflow.start(WORKFLOWS.followPullRequest, {
      workflowId: followWorkflowId(swarm.id),
      taskQueue: WORKFLOW_TASK_QUEUE,
      args: [input],
      workflowIdConflictPolicy: 'FAIL',
      staticSummary: `follow the pull request of ${input.name}`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError))
      throw fromTemporal(error, `pull request of ${swarm.id}`);
    throw new DroverFailure('wrongState', `The pull request of swarm ${swarm.id} is followed already`, {
      hint: `drover pr show ${swarm.id} says how far it is`,
    });
  }
};

/** What the newest follow-up asks, if it asks. It may be gone, or not be there yet. */
const waitingIn = async (client: DroverClient, view: Following): Promise<FollowedPullRequest['waiting']> => {
  const swarmId = view.state === 'working' ? view.followUps.at(-1) : undefined;
  if (swarmId === undefined) return undefined;
  const decisions = await swarmHandle(client, swarmId)
    .decisions()
    .catch(() => []);
  const open = decisions.filter(({ answer }) => answer === undefined);
  return open.length === 0
    ? undefined
    : { swarmId, decisions: open.map(({ id, question }) => ({ id, question })) };
};

/** How far whoever follows the pull request is. */
export const following = async (client: DroverClient, swarmId: string): Promise<FollowedPullRequest> => {
  const subject = `one that follows the pull request of ${swarmId}`;
  const handle = client.temporal.workflow.getHandle(followWorkflowId(swarmId));
  const view = await calling(subject, () => handle.query<Following>(QUERIES.following));
  if (view.state === 'ended') return view;
  const { status } = await calling(subject, () => handle.describe());
  if (status.name === 'RUNNING') {
    const waiting = await waitingIn(client, view);
    return { ...view, ...(waiting === undefined ? {} : { waiting }) };
  }
  if (status.name === 'CANCELLED') return { ...view, state: 'ended', reason: 'it is no longer followed' };
  const failure: unknown = await handle.result().catch((error: unknown) => fromWorkflow(error, subject));
  return {
    ...view,
    state: 'ended',
    reason: failure instanceof Error ? failure.message : status.name.toLowerCase(),
  };
};

export const stopFollowing = async (client: DroverClient, swarmId: string): Promise<void> => {
  await calling(`one that follows the pull request of ${swarmId}`, () =>
    client.temporal.workflow.getHandle(followWorkflowId(swarmId)).cancel(),
  );
};
