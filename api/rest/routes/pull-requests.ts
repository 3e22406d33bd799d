/** Following the pull request of a swarm: agents take up red checks and comments until it is closed. */
import { z } from 'zod';
import { DroverFailure } from '../../../domain/failures.ts';
import type { FollowedPullRequest } from '../../../domain/protocol.ts';
import { following, followPullRequest, stopFollowing } from '../../deliveries.ts';
import { swarmHandle } from '../../swarm-handle.ts';
import { swarmReader } from '../../swarm-reader.ts';
import { Nothing, SwarmParams } from '../fields.ts';
import type { Api } from '../api.ts';
import { route } from '../route.ts';
import { deliveryOf, PushBody } from './deliveries.ts';

const EVERY_SECONDS = 30;
const ATTEMPTS = 3;

const FollowBody = z.strictObject({
  ...PushBody.shape,
  attempts: z
    .int()
    .min(1)
    .max(20)
    .optional()
    .meta({ description: `Agents that may take feedback up, by default ${ATTEMPTS}` }),
  everySeconds: z
    .int()
    .min(1)
    .max(86_400)
    .optional()
    .meta({ description: `How often to look, by default ${EVERY_SECONDS}` }),
});

const Followed = z.looseObject({
  swarmId: z.string(),
  state: z.enum(['none', 'opening', 'watching', 'working', 'ended']),
  where: z.string().optional().meta({ example: 'acme/widgets#1' }),
  url: z.string().optional(),
  followUps: z.array(z.string()).meta({ description: 'Swarms that took feedback up, oldest first' }),
  attempts: z.number(),
  reason: z.string().optional().meta({ description: 'Why it ended' }),
  waiting: z
    .looseObject({
      swarmId: z.string(),
      decisions: z.array(z.looseObject({ id: z.string(), question: z.string() })),
    })
    .optional()
    .meta({ description: 'What the follow-up at work asks a person' }),
});

/** Most swarms have none, which is no error. */
const view = async ({ client, store }: Api, swarmId: string): Promise<FollowedPullRequest> => {
  try {
    return await following(client, swarmId);
  } catch (error) {
    if (!(error instanceof DroverFailure) || error.type !== 'notFound') throw error;
    await swarmReader(client, store, swarmId).state();
    return { swarmId, state: 'none', followUps: [], attempts: 0 };
  }
};

export const pullRequestRoutes = [
  route({
    method: 'get',
    path: '/api/swarms/{swarmId}/pull-request',
    tag: 'results',
    summary: 'How far following its pull request is',
    params: SwarmParams,
    answer: Followed,
    handle: (api, { params }) => view(api, params.swarmId),
  }),
  route({
    method: 'post',
    path: '/api/swarms/{swarmId}/pull-request/follow',
    tag: 'results',
    summary: 'Push the result, open its pull request, and let agents take up red checks and comments',
    params: SwarmParams,
    body: FollowBody,
    status: 202,
    answer: Followed,
    handle: async (api, { params, body }) => {
      const { attempts = ATTEMPTS, everySeconds = EVERY_SECONDS, ...rest } = body;
      const { push, pullRequest = {} } = deliveryOf(rest);
      await followPullRequest(api.client, swarmHandle(api.client, params.swarmId), {
        push,
        pullRequest,
        attempts,
        everySeconds,
      });
      return view(api, params.swarmId);
    },
  }),
  route({
    method: 'post',
    path: '/api/swarms/{swarmId}/pull-request/stop',
    tag: 'results',
    summary: 'Follow its pull request no longer; the pull request stays',
    params: SwarmParams,
    body: Nothing,
    status: 202,
    answer: Followed,
    handle: async (api, { params }) => {
      await stopFollowing(api.client, params.swarmId);
      return view(api, params.swarmId);
    },
  }),
];
