/** Plans and edits of plans, as they are read and as they are answered. */
import { z } from 'zod';
import 'zod-openapi';
import { PLAN_LIMITS } from '../../../domain/plan/plan.ts';
import { TaskId, text } from '../fields.ts';

/** Lengths and ranges are checked by the domain, so that every way in has the same limits and words. */
const neededFields = {
  title: text(2_000),
  description: text(PLAN_LIMITS.descriptionLength * 2, 0),
  dependsOn: z.array(TaskId).max(PLAN_LIMITS.tasks),
  priority: z.int().min(1).max(1_000),
  category: text(200),
  files: z.array(text(4_000)).max(1_000),
};

const defaultedFields = z.strictObject({
  executor: text(200),
  model: text(200),
  command: text(20_000),
  acceptance: text(20_000),
  timeoutSeconds: z.number().positive().max(31_536_000),
  retries: z.int().min(0).max(100),
  allowEmpty: z.boolean(),
  role: text(40),
  readOnly: z.boolean(),
  phase: text(20),
  estimateMinutes: z.int().min(1).max(10_000),
});

const TaskInput = defaultedFields
  .partial()
  .extend({ id: TaskId, ...neededFields })
  .meta({ id: 'TaskInput' });

const { shape } = defaultedFields;
const TaskChanges = z
  .strictObject({
    ...neededFields,
    executor: shape.executor.nullable(),
    model: shape.model.nullable(),
    command: shape.command.nullable(),
    acceptance: shape.acceptance.nullable(),
    timeoutSeconds: shape.timeoutSeconds.nullable(),
    retries: shape.retries.nullable(),
    allowEmpty: shape.allowEmpty.nullable(),
    role: shape.role.nullable(),
    readOnly: shape.readOnly.nullable(),
    phase: shape.phase.nullable(),
    estimateMinutes: shape.estimateMinutes.nullable(),
  })
  .partial()
  .meta({ id: 'TaskChanges', description: 'Null takes a field back to the default of the swarm' });

export const PlanEdit = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('add'), task: TaskInput }),
    z.strictObject({ kind: z.literal('modify'), taskId: TaskId, set: TaskChanges }),
    z.strictObject({ kind: z.literal('remove'), taskId: TaskId }),
    z.strictObject({ kind: z.literal('split'), taskId: TaskId, into: z.array(TaskInput).min(1).max(1_000) }),
    z.strictObject({ kind: z.literal('reorder'), taskIds: z.array(TaskId).min(1).max(PLAN_LIMITS.tasks) }),
  ])
  .meta({ id: 'PlanEdit' });

export const Plan = z
  .looseObject({
    goal: z.string(),
    summary: z.string(),
    tasks: z.array(
      z.looseObject({
        id: z.string(),
        title: z.string(),
        description: z.string(),
        dependsOn: z.array(z.string()),
        priority: z.number(),
        category: z.string(),
        files: z.array(z.string()),
      }),
    ),
  })
  .meta({ id: 'Plan' });

export const EditPlanResult = z
  .looseObject({ version: z.int().min(1), warnings: z.array(z.string()) })
  .meta({ id: 'EditPlanResult' });
