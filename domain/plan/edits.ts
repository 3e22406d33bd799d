/**
 * Edits of a plan: what is wrong with them and what they make of the tasks. The workflow checks edits on the
 * outlines it keeps, the activity applies them to the whole plan; both come to the same tasks.
 */
import type { PlanEdit, PlanProblem, Task, TaskOutline } from './plan.ts';
import { graphProblems } from './problems.ts';
import { changedFieldProblems, cleanTask, isOptional, taskProblems } from './task-fields.ts';
import { clip, didYouMean, plainLine } from '../text.ts';

/** Edits in one go; more fit into no signal or update. */
const EDITS = 1_000;

type Make<T> = (task: Task) => T;

/**
 * Priorities that put the tasks of `order` behind each other: their own ones in ascending order, raised where two
 * would be equal and the plan has them the other way round.
 */
const reordered = <T extends TaskOutline>(tasks: readonly T[], order: readonly string[]): T[] => {
  const place = new Map(tasks.map((task, index) => [task.id, index]));
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const own = order.map((id) => byId.get(id)?.priority ?? 2).sort((a, b) => a - b);
  const priorities = new Map<string, number>();
  let last = { priority: 0, place: -1 };
  for (const [index, id] of order.entries()) {
    const here = place.get(id) ?? 0;
    const least = here > last.place ? last.priority : last.priority + 1;
    const priority = Math.max(own[index] ?? 2, least);
    priorities.set(id, priority);
    last = { priority, place: here };
  }
  return tasks.map((task) => ({ ...task, priority: priorities.get(task.id) ?? task.priority }));
};

/** `tasks` where each dependency on `id` is one on `others` instead. */
const redirected = <T extends TaskOutline>(tasks: readonly T[], id: string, others: readonly string[]): T[] =>
  tasks.map((task) =>
    task.dependsOn.includes(id)
      ? {
          ...task,
          dependsOn: [
            ...new Set(task.dependsOn.flatMap((dependency) => (dependency === id ? others : [dependency]))),
          ],
        }
      : task,
  );

const applyOne = <T extends TaskOutline>(tasks: readonly T[], edit: PlanEdit, make: Make<T>): T[] => {
  switch (edit.kind) {
    case 'add':
      return [...tasks, make(edit.task)];
    case 'modify':
      return tasks.map((task) => {
        if (task.id !== edit.taskId) return task;
        const set = Object.entries(edit.set).filter(([, value]) => value !== undefined);
        // What an edit sets to null goes back to the default of the swarm.
        const merged = Object.entries({ ...task, ...Object.fromEntries(set) }).filter(
          ([, value]) => value !== null,
        );
        return make(Object.fromEntries(merged) as unknown as Task);
      });
    case 'remove': {
      const removed = tasks.find((task) => task.id === edit.taskId);
      const rest = tasks.filter((task) => task.id !== edit.taskId);
      return redirected(rest, edit.taskId, removed?.dependsOn ?? []);
    }
    case 'split': {
      const old = tasks.find((task) => task.id === edit.taskId);
      const parts = edit.into.map((task) =>
        make({ ...task, dependsOn: [...new Set([...(old?.dependsOn ?? []), ...task.dependsOn])] }),
      );
      const names = edit.into.map((task) => task.id);
      return tasks.flatMap((task) =>
        task.id === edit.taskId ? parts : redirected([task], edit.taskId, names),
      );
    }
    case 'reorder':
      return reordered(tasks, edit.taskIds);
  }
};

/**
 * The tasks after `edits`, which `editProblems` found nothing wrong with. Who waited for a removed task now waits
 * for what that one waited for; who waited for a split one waits for all its parts.
 */
export const applyEdits = (tasks: readonly Task[], edits: readonly PlanEdit[]): Task[] =>
  edits.reduce<Task[]>((now, edit) => applyOne(now, edit, cleanTask), [...tasks]);

const outline: Make<TaskOutline> = ({ id, title, dependsOn, priority }) => ({
  id,
  title,
  dependsOn,
  priority,
});

const error = (message: string, taskId?: string): PlanProblem => ({
  severity: 'error',
  ...(taskId === undefined ? {} : { taskId }),
  message,
});

/** What is wrong with naming `id` in an edit, if anything. */
const namedProblem = (
  id: unknown,
  tasks: readonly TaskOutline[],
  frozen: ReadonlySet<string>,
): PlanProblem[] => {
  if (typeof id !== 'string') return [error('An edit names no task; give its "taskId"')];
  if (!tasks.some((task) => task.id === id)) {
    const hint =
      didYouMean(
        id,
        tasks.map((task) => task.id),
      ) || '; drover plan lists the ids';
    return [error(`There is no task "${clip(plainLine(id), 60)}" in the plan${hint}`)];
  }
  return frozen.has(id)
    ? [
        error(
          `Task "${id}" has started, so it can no longer be changed; cancel it or add a task after it`,
          id,
        ),
      ]
    : [];
};

const newTaskProblems = (
  added: readonly Task[],
  tasks: readonly TaskOutline[],
  replaced?: string,
): PlanProblem[] => {
  const taken = new Set(tasks.map((task) => task.id));
  if (replaced !== undefined) taken.delete(replaced);
  return added.flatMap((task, index) => {
    const problems = taskProblems(task, index);
    if (problems.length > 0) return problems;
    return taken.has(task.id)
      ? [error(`There is a task "${task.id}" in the plan already; give the new one another id`, task.id)]
      : [];
  });
};

/** What is wrong with one edit of `tasks`, given in whatever form a client sent it. */
const editProblem = (
  edit: PlanEdit,
  tasks: readonly TaskOutline[],
  frozen: ReadonlySet<string>,
): PlanProblem[] => {
  switch (edit?.kind) {
    case 'add':
      return newTaskProblems([edit.task], tasks);
    case 'modify': {
      const named = namedProblem(edit.taskId, tasks, frozen);
      if (named.length > 0) return named;
      const set: unknown = edit.set;
      const values =
        typeof set === 'object' && set !== null && !Array.isArray(set)
          ? Object.fromEntries(
              Object.entries(set).filter(([name, value]) => value !== null || !isOptional(name)),
            )
          : set;
      return changedFieldProblems(edit.taskId, values);
    }
    case 'remove':
      return namedProblem(edit.taskId, tasks, frozen);
    case 'split': {
      const named = namedProblem(edit.taskId, tasks, frozen);
      if (named.length > 0) return named;
      if (!Array.isArray(edit.into) || edit.into.length === 0)
        return [error(`Task "${edit.taskId}" is to be split into nothing; remove it instead`, edit.taskId)];
      return newTaskProblems(edit.into, tasks, edit.taskId);
    }
    case 'reorder': {
      if (!Array.isArray(edit.taskIds) || edit.taskIds.length < 2)
        return [error('A reorder names fewer than two tasks; list the tasks in the order they should come')];
      if (new Set(edit.taskIds).size < edit.taskIds.length)
        return [error('A reorder names a task twice; list each task once')];
      return edit.taskIds.flatMap((id) => namedProblem(id, tasks, frozen));
    }
    default:
      return [
        error('An edit has an unknown kind; the kinds are "add", "modify", "remove", "split" and "reorder"'),
      ];
  }
};

/**
 * What is wrong with `edits`, each seen after those before it; nothing when they can be applied.
 * @param frozen ids of the tasks that have started or ended
 */
export const editProblems = (
  tasks: readonly TaskOutline[],
  edits: readonly PlanEdit[],
  frozen: ReadonlySet<string>,
): PlanProblem[] => {
  if (!Array.isArray(edits) || edits.length === 0)
    return [error('There are no edits; give a list with at least one')];
  if (edits.length > EDITS)
    return [error(`There are ${edits.length} edits, the limit is ${EDITS} at once; send them in parts`)];
  const problems: PlanProblem[] = [];
  let now: TaskOutline[] = [...tasks];
  for (const edit of edits as readonly PlanEdit[]) {
    const found = editProblem(edit, now, frozen);
    problems.push(...found);
    // Later edits may build on this one, so they are only judged when it holds.
    if (found.length > 0) return problems;
    now = applyOne(now, edit, outline);
  }
  return graphProblems(now);
};
