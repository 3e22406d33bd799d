/** Versions of a swarm's plan; edits, words to the planner, approval and rejection. */
import { z } from 'zod';
import { PLAN_LIMITS } from '../../../domain/plan/plan.ts';
import type { PlanEdit as Edit } from '../../../domain/plan/plan.ts';
import { approvePlan, editPlan, isFromFile, rejectPlan } from '../../swarm-actions.ts';
import { swarmHandle } from '../../swarm-handle.ts';
import { swarmReader } from '../../swarm-reader.ts';
import { SwarmId, SwarmParams, text, wholeNumber } from '../fields.ts';
import { route } from '../route.ts';
import { EditPlanResult, Plan, PlanEdit } from '../schemas/plan.ts';
import { PlanVersion } from '../schemas/swarm.ts';

const Answered = z.looseObject({ version: z.int().min(1) });

export const planRoutes = [
  route({
    method: 'get',
    path: '/api/swarms/{swarmId}/plans',
    tag: 'plans',
    summary: 'All versions of the plan, oldest first',
    params: SwarmParams,
    answer: z.looseObject({ versions: z.array(PlanVersion) }),
    handle: async (api, { params }) => ({
      versions: await swarmReader(api.client, api.store, params.swarmId).versions(),
    }),
  }),
  route({
    method: 'get',
    path: '/api/swarms/{swarmId}/plans/{version}',
    tag: 'plans',
    summary: 'One version with all its tasks; it never changes',
    params: z.object({ swarmId: SwarmId, version: wholeNumber(1, 1_000_000) }),
    answer: Plan,
    handle: (api, { params }) => swarmReader(api.client, api.store, params.swarmId).plan(params.version),
  }),
  route({
    method: 'post',
    path: '/api/swarms/{swarmId}/plan/approve',
    tag: 'plans',
    summary: 'Approve the plan that waits',
    params: SwarmParams,
    body: z.strictObject({
      version: z
        .int()
        .min(1)
        .max(1_000_000)
        .optional()
        .meta({ description: 'Refused when a newer one is on the table' }),
    }),
    answer: Answered,
    handle: async (api, { params, body }) => ({
      version: await approvePlan(swarmHandle(api.client, params.swarmId), body.version),
    }),
  }),
  route({
    method: 'post',
    path: '/api/swarms/{swarmId}/plan/reject',
    tag: 'plans',
    summary: 'Reject the plan; the next version takes up the feedback',
    params: SwarmParams,
    body: z.strictObject({ feedback: text(PLAN_LIMITS.goalLength) }),
    answer: Answered,
    handle: async (api, { params, body }) => {
      const swarm = swarmHandle(api.client, params.swarmId);
      const hasPlanner = (await api.hasModelKey()) || !(await isFromFile(swarm));
      return { version: await rejectPlan(swarm, body.feedback, hasPlanner) };
    },
  }),
  route({
    method: 'post',
    path: '/api/swarms/{swarmId}/plan/discuss',
    tag: 'plans',
    summary: 'A word to the planner, answered with a new version',
    params: SwarmParams,
    body: z.strictObject({ text: text(PLAN_LIMITS.goalLength) }),
    answer: EditPlanResult,
    handle: (api, { params, body }) => swarmHandle(api.client, params.swarmId).discuss(body),
  }),
  route({
    method: 'post',
    path: '/api/swarms/{swarmId}/plan/edits',
    tag: 'plans',
    summary: 'Change tasks that have not started: add, modify, remove, split, reorder',
    params: SwarmParams,
    body: z.strictObject({ edits: z.array(PlanEdit).min(1).max(1_000) }),
    answer: EditPlanResult,
    handle: (api, { params, body }) =>
      editPlan(swarmHandle(api.client, params.swarmId), body.edits as readonly Edit[]),
  }),
];
