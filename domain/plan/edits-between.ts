/** The edits that turn one list of tasks into another, for people who edit a plan as a text. */
import { planChanges } from './diff.ts';
import { applyEdits } from './edits.ts';
import type { PlanEdit, Task } from './plan.ts';

/** `null` survives JSON and takes a field back to its default; the type of an edit only knows values. */
const fieldsOf = (task: Task, fields: readonly (keyof Task)[]): Partial<Omit<Task, 'id'>> =>
  Object.fromEntries(fields.map((field) => [field, task[field] ?? null]));

/**
 * Tasks that are gone are removed, new ones added, the rest modified field by field. `applyEdits` of the result
 * gives the tasks of `after`, in an order that does not matter.
 */
export const editsBetween = (before: readonly Task[], after: readonly Task[]): readonly PlanEdit[] => {
  const wanted = new Map(after.map((task) => [task.id, task]));
  const changes = planChanges(before, after);
  const removed = changes.flatMap((change): PlanEdit[] =>
    change.kind === 'removed' ? [{ kind: 'remove', taskId: change.taskId }] : [],
  );
  const added = changes.flatMap((change): PlanEdit[] => {
    const task = change.kind === 'added' ? wanted.get(change.taskId) : undefined;
    return task === undefined ? [] : [{ kind: 'add', task }];
  });
  // A removal redirects those who waited, so what is left to modify is seen from after the removals.
  const between = removed.length + added.length === 0 ? before : applyEdits(before, [...removed, ...added]);
  const modified = planChanges(between, after).flatMap((change): PlanEdit[] => {
    const task = wanted.get(change.taskId);
    return change.kind === 'changed' && task !== undefined
      ? [{ kind: 'modify', taskId: change.taskId, set: fieldsOf(task, change.fields ?? []) }]
      : [];
  });
  return [...removed, ...added, ...modified];
};
