/** Taking what a swarm made further: into a branch of the repository, to a remote, into a pull request. */
import { z } from 'zod';
import { isBranchName } from '../../../domain/names.ts';
import { isRemoteName, isSlug, parseRemoteUrl } from '../../../domain/delivery/remote-url.ts';
import { deliverWork } from '../../deliveries.ts';
import { swarmHandle } from '../../swarm-handle.ts';
import { SwarmParams, TaskId, text } from '../fields.ts';
import { route } from '../route.ts';

export const Branch = text(200).refine(isBranchName, 'is not the name of a branch');
/** A password would be kept in the history. */
const Remote = text(2_000).refine((value) => {
  const url = isRemoteName(value) ? undefined : parseRemoteUrl(value);
  return isRemoteName(value) || (url !== undefined && url.password === undefined);
}, 'must be the name of a remote, or its address without a password');

const MergeBody = z.strictObject({
  into: Branch.optional().meta({ description: 'By default the branch that the swarm started from' }),
  task: TaskId.optional().meta({ description: 'The branch of one task instead of the result' }),
  fastForwardOnly: z.boolean().optional(),
  unverified: z
    .boolean()
    .optional()
    .meta({ description: 'Without running build and tests on what comes out' }),
});

export const PushBody = z.strictObject({
  remote: Remote.optional().meta({ description: 'By default `origin`' }),
  branch: Branch.optional().meta({ description: 'By default `drover/<swarm>`' }),
  pullRequest: z
    .strictObject({
      base: Branch.optional(),
      repository: text(200).refine(isSlug, 'must be owner/name').optional(),
      draft: z.boolean().optional(),
    })
    .optional()
    .meta({ description: 'Open a pull request on GitHub, or bring the open one up to date' }),
});

export const Delivered = z.looseObject({
  into: z.looseObject({ branch: z.string(), commit: z.string(), how: z.string() }).optional(),
  push: z
    .looseObject({ remote: z.string(), branch: z.string(), commit: z.string(), how: z.string() })
    .optional(),
  pullRequest: z
    .looseObject({ repository: z.string(), number: z.number(), url: z.string(), how: z.string() })
    .optional(),
});

type Client = Parameters<typeof deliverWork>[0];

export const deliveryOf = ({ remote = 'origin', branch, pullRequest }: z.output<typeof PushBody>) => {
  const { base, repository, draft } = pullRequest ?? {};
  return {
    push: { remote, ...(branch === undefined ? {} : { branch }) },
    ...(pullRequest === undefined
      ? {}
      : {
          pullRequest: {
            ...(base === undefined ? {} : { base }),
            ...(repository === undefined ? {} : { repository }),
            ...(draft === undefined ? {} : { draft }),
          },
        }),
  };
};

export const push = (client: Client, swarmId: string, body: z.output<typeof PushBody>) =>
  deliverWork(client, swarmHandle(client, swarmId), deliveryOf(body));

export const deliveryRoutes = [
  route({
    method: 'post',
    path: '/api/swarms/{swarmId}/merge',
    tag: 'results',
    summary:
      'Bring the result, or the branch of one task, into a branch of the repository; answers at the end',
    params: SwarmParams,
    body: MergeBody,
    answer: Delivered,
    handle: async (api, { params, body }) => {
      const swarm = swarmHandle(api.client, params.swarmId);
      const branch = body.into ?? (await swarm.state()).baseBranch;
      const into = {
        branch,
        merge: body.fastForwardOnly !== true,
        ...(body.unverified === true ? { unverified: true } : {}),
      };
      return deliverWork(api.client, swarm, { into }, body.task);
    },
  }),
  route({
    method: 'post',
    path: '/api/swarms/{swarmId}/push',
    tag: 'results',
    summary: 'Push the result to a remote, and open a pull request if asked; answers at the end',
    params: SwarmParams,
    body: PushBody,
    answer: Delivered,
    handle: (api, { params, body }) => push(api.client, params.swarmId, body),
  }),
];
