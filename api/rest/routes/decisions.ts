/** Questions to a person, and answering them. */
import { z } from 'zod';
import { DECISION_ACTIONS } from '../../../domain/swarm/swarm.ts';
import { pickAnswer, resolveDecision } from '../../answer-decision.ts';
import { swarmHandle } from '../../swarm-handle.ts';
import { swarmReader } from '../../swarm-reader.ts';
import { AgentId, DecisionId, SwarmId, SwarmParams, TaskId, text } from '../fields.ts';
import { route } from '../route.ts';
import { Decision } from '../schemas/swarm.ts';

export const ResolveBody = z.strictObject({
  action: z.enum(DECISION_ACTIONS),
  feedback: text(10_000).optional(),
  choice: text(200).optional().meta({ description: 'One of the choices of the decision' }),
});

export const decisionRoutes = [
  route({
    method: 'get',
    path: '/api/swarms/{swarmId}/decisions',
    tag: 'decisions',
    summary: 'Questions to a person, and their answers',
    params: SwarmParams,
    answer: z.looseObject({ decisions: z.array(Decision) }),
    handle: async (api, { params }) => ({
      decisions: await swarmReader(api.client, api.store, params.swarmId).decisions(),
    }),
  }),
  route({
    method: 'post',
    path: '/api/swarms/{swarmId}/decisions/{decisionId}/resolve',
    tag: 'decisions',
    summary: 'Answer a decision; 409 when somebody was faster',
    params: z.object({ swarmId: SwarmId, decisionId: DecisionId }),
    body: ResolveBody,
    answer: Decision,
    handle: (api, { params, body }) =>
      resolveDecision(
        swarmHandle(api.client, params.swarmId),
        params.decisionId,
        body.action,
        body.feedback,
        body.choice,
      ),
  }),
  route({
    method: 'post',
    path: '/api/swarms/{swarmId}/pick',
    tag: 'decisions',
    summary: 'Independent mode: take the answer of this agent',
    params: SwarmParams,
    body: z.strictObject({ agent: z.union([AgentId, TaskId]), feedback: text(10_000).optional() }),
    answer: Decision,
    handle: (api, { params, body }) =>
      pickAnswer(swarmHandle(api.client, params.swarmId), body.agent, body.feedback),
  }),
];
