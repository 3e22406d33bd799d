/** The form of a plan file. Names of both worlds are taken: `depends_on` and `dependsOn`, `name` and `title`. */
import { z } from 'zod';
import { PLAN_LIMITS } from '../domain/plan/plan.ts';
import { settingsGroup } from './schema-issues.ts';
import { taskSeconds } from './values.ts';

const reference = z.union([z.string(), z.int()], { error: 'must be the id of a task' });
const references = z.union([reference, z.array(reference)], {
  error: 'must be the id of a task, or a list of ids',
});
const paths = z.union([z.string(), z.array(z.string())], {
  error: 'must be a path or a glob, or a list of them',
});

/** Lengths and ranges are checked by the domain, as they are for plans of a model and for edits. */
const task = settingsGroup({
  id: reference.optional(),
  title: z.string().optional(),
  name: z.string().optional(),
  description: z.string().optional(),
  dependsOn: references.optional(),
  depends_on: references.optional(),
  priority: z.number().optional(),
  category: z.string().optional(),
  files: paths.optional(),
  executor: z.string().optional(),
  model: z.string().optional(),
  command: z.string().optional(),
  acceptance: z.string().optional(),
  timeout: taskSeconds.optional(),
  retries: z.number().optional(),
  allowEmpty: z.boolean().optional(),
  allow_empty: z.boolean().optional(),
  role: z.string().optional(),
  specialist: z.string().optional(),
  agent_type: z.string().optional(),
  readOnly: z.boolean().optional(),
  read_only: z.boolean().optional(),
  phase: z.string().optional(),
  estimateMinutes: z.number().optional(),
  estimate_minutes: z.number().optional(),
  // Of feature lists that other programs keep. A feature that is done is left out.
  steps: z.array(z.string()).optional(),
  passes: z.boolean().optional(),
  status: z.string().optional(),
  notes: z.unknown().optional(),
  claimed_at: z.unknown().optional(),
})
  .refine(
    ({ title, name, description, command }) =>
      [title, name, description, command].some((text) => text !== undefined && text.trim() !== ''),
    { error: 'must say what is to be done: give a "title" and a "description"' },
  )
  .refine(({ dependsOn, depends_on: snake }) => dependsOn === undefined || snake === undefined, {
    error: 'must not have both "dependsOn" and "depends_on"; keep one',
    path: ['depends_on'],
  });

const planGroup = settingsGroup({
  goal: z.string().max(PLAN_LIMITS.goalLength).optional(),
  summary: z.string().max(PLAN_LIMITS.summaryLength).optional(),
  tasks: z.array(task).optional(),
  features: z.array(task).optional(),
}).refine(({ tasks, features }) => (tasks === undefined) !== (features === undefined), {
  error: 'must have a list "tasks" (or a list "features", but not both)',
});

const taskList = z.array(task);

export type PlanFileTask = z.output<typeof task>;
export type PlanFileInput = z.output<typeof planGroup>;

/** The form that `value` is meant to have. */
export const planFile = (value: unknown): z.ZodType<PlanFileInput | PlanFileTask[]> =>
  Array.isArray(value) ? taskList : planGroup;
