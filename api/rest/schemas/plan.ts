/** Plans and edits of plans, as they are read and as they are answered. */
import { z } from 'zod';
import 'zod-openapi';
import { PLAN_LIMITS } from '../../../domain/plan.ts';
import { TaskId, text } from '../fields.ts';

/** Lengths and ranges are checked by the domain, so that every way in has the same limits and words. */
const taskFields = {
  title: text(2_000),
  description: text(PLAN_LIMITS.descriptionLength * 2, 0),
  dependsOn: z.array(TaskId).max(PLAN_LIMITS.tasks),
  priority: z.int().min(1).max(1_000),
  category: text(200),
  files: z.array(text(4_000)).max(1_000),
  executor: text(200).optional(),
  model: text(200).optional(),
  command: text(20_000).optional(),
  acceptance: text(20_000).optional(),
  timeoutSeconds: z.number().positive().max(31_536_000).optional(),
  retries: z.int().min(0).max(100).optional(),
  allowEmpty: z.boolean().optional(),
};

export const TaskInput = z.strictObject({ id: TaskId, ...taskFields }).meta({ id: 'TaskInput' });

const TaskChanges = z.strictObject(taskFields).partial().meta({ id: 'TaskChanges' });

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
