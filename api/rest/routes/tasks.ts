/** Tasks of a swarm: a page of them, one with its attempts, cancelling and trying again. */
import { z } from 'zod';
import { TASK_STATES } from '../../../domain/swarm/swarm.ts';
import { cancelTask, discardTask, retryTask } from '../../swarm-actions.ts';
import { swarmHandle } from '../../swarm-handle.ts';
import { swarmReader } from '../../swarm-reader.ts';
import { DroverFailure } from '../../../domain/failures.ts';
import { Nothing, SwarmParams, TaskParams, wholeNumber } from '../fields.ts';
import { route } from '../route.ts';
import { AttemptView, TasksPage, TaskView } from '../schemas/swarm.ts';

export const taskRoutes = [
  route({
    method: 'get',
    path: '/api/swarms/{swarmId}/tasks',
    tag: 'tasks',
    summary: 'Tasks in the order of the plan',
    params: SwarmParams,
    query: z.strictObject({
      from: wholeNumber(0, 1_000_000).optional(),
      limit: wholeNumber(1, 1_000).optional(),
      state: z.enum(TASK_STATES).optional(),
    }),
    answer: TasksPage,
    handle: (api, { params, query: { from, limit, state } }) =>
      swarmReader(api.client, api.store, params.swarmId).tasksPage({
        ...(from === undefined ? {} : { from }),
        ...(limit === undefined ? {} : { limit }),
        ...(state === undefined ? {} : { states: [state] }),
      }),
  }),
  route({
    method: 'get',
    path: '/api/swarms/{swarmId}/tasks/{taskId}',
    tag: 'tasks',
    summary: 'One task, with its attempts that have ended',
    params: TaskParams,
    answer: z.looseObject({ task: TaskView, attempts: z.array(AttemptView) }),
    handle: async (api, { params: { swarmId, taskId } }) => {
      const reader = swarmReader(api.client, api.store, swarmId);
      const task = (await reader.tasks()).find(({ id }) => id === taskId);
      if (task === undefined)
        throw new DroverFailure('notFound', `Swarm ${swarmId} has no task "${taskId}"`, {
          hint: `GET /api/swarms/${swarmId}/tasks lists them`,
        });
      return { task, attempts: await reader.handle.attempts(taskId) };
    },
  }),
  route({
    method: 'post',
    path: '/api/swarms/{swarmId}/tasks/{taskId}/cancel',
    tag: 'tasks',
    summary: 'Cancel a task; what depends on it is skipped',
    params: TaskParams,
    body: Nothing,
    handle: (api, { params }) => cancelTask(swarmHandle(api.client, params.swarmId), params.taskId),
  }),
  route({
    method: 'post',
    path: '/api/swarms/{swarmId}/tasks/{taskId}/retry',
    tag: 'tasks',
    summary: 'Try a task again that failed, was skipped or cancelled',
    params: TaskParams,
    body: Nothing,
    handle: (api, { params }) => retryTask(swarmHandle(api.client, params.swarmId), params.taskId),
  }),
  route({
    method: 'post',
    path: '/api/swarms/{swarmId}/tasks/{taskId}/discard',
    tag: 'tasks',
    summary: 'Leave out the finished branch of a task that has not landed, and those that build on it',
    params: TaskParams,
    body: Nothing,
    handle: (api, { params }) => discardTask(swarmHandle(api.client, params.swarmId), params.taskId),
  }),
];
