/** How one version of a plan differs from the one before it, task by task. */
import type { PlanChange, Task } from './plan.ts';
import { TASK_FIELDS } from './task-fields.ts';

const FIELDS = (Object.keys(TASK_FIELDS) as (keyof Task)[]).filter((name) => name !== 'id');

const sameValue = (a: Task[keyof Task], b: Task[keyof Task]): boolean =>
  Array.isArray(a) && Array.isArray(b)
    ? a.length === b.length && a.every((entry) => b.includes(entry))
    : a === b;

/** Added and changed tasks in the order of `after`, then removed ones in the order of `before`. */
export const planChanges = (before: readonly Task[], after: readonly Task[]): PlanChange[] => {
  const earlier = new Map(before.map((task) => [task.id, task]));
  const later = new Set(after.map((task) => task.id));
  const changes = after.flatMap((task): PlanChange[] => {
    const old = earlier.get(task.id);
    if (old === undefined) return [{ kind: 'added', taskId: task.id }];
    const fields = FIELDS.filter((name) => !sameValue(old[name], task[name]));
    return fields.length === 0 ? [] : [{ kind: 'changed', taskId: task.id, fields }];
  });
  const removed = before
    .filter((task) => !later.has(task.id))
    .map((task): PlanChange => ({ kind: 'removed', taskId: task.id }));
  return [...changes, ...removed];
};
