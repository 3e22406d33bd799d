/**
 * What is wrong with a plan. An error makes it unusable; a warning is what a person should know before approving.
 * Every finding says what, why and what to do, and all are found at once.
 */
import { fileOverlaps } from './file-overlap.ts';
import { findCycle } from './graph.ts';
import { PLAN_LIMITS, type Plan, type PlanProblem, type Task, type TaskOutline } from './plan.ts';
import { cleanTask, taskProblems } from './task-fields.ts';
import { clip, didYouMean, plainLine, plainText } from '../text.ts';

/** Findings of one severity that are listed; the rest is counted. */
const LISTED = 50;
/** Names of one cycle that are listed. */
const CYCLE_NAMES = 12;

const error = (message: string, taskId?: string, field?: keyof Task): PlanProblem => ({
  severity: 'error',
  ...(taskId === undefined ? {} : { taskId }),
  ...(field === undefined ? {} : { field }),
  message,
});

const warning = (message: string, taskId?: string, field?: keyof Task): PlanProblem => ({
  ...error(message, taskId, field),
  severity: 'warning',
});

const cycleNames = (cycle: readonly string[]): string =>
  cycle.length <= CYCLE_NAMES
    ? cycle.join(' → ')
    : `${cycle.slice(0, CYCLE_NAMES - 2).join(' → ')} → … ${cycle.length - CYCLE_NAMES} more … → ${cycle.slice(-2).join(' → ')}`;

/** What is wrong with the ids and the dependencies: enough to know that the tasks can be scheduled. */
export const graphProblems = (tasks: readonly Pick<TaskOutline, 'id' | 'dependsOn'>[]): PlanProblem[] => {
  if (tasks.length === 0)
    return [error('The plan has no tasks, so there is nothing to do; add at least one task')];
  if (tasks.length > PLAN_LIMITS.tasks)
    return [
      error(
        `The plan has ${tasks.length} tasks, the limit is ${PLAN_LIMITS.tasks}; divide it into several swarms`,
      ),
    ];
  const problems: PlanProblem[] = [];
  const ids = new Set<string>();
  // The nearest of 10,000 names takes milliseconds to find, so only findings that are listed get one.
  const nearest = (name: string): string => (problems.length < LISTED ? didYouMean(name, ids) : '');
  for (const { id } of tasks) {
    if (ids.has(id))
      problems.push(error(`Two tasks have the id "${id}"; give one of them another`, id, 'id'));
    ids.add(id);
  }
  for (const { id, dependsOn } of tasks)
    for (const dependency of dependsOn)
      if (dependency === id)
        problems.push(
          error(
            `Task "${id}" depends on itself, so it could never start; remove the dependency`,
            id,
            'dependsOn',
          ),
        );
      else if (!ids.has(dependency))
        problems.push(
          error(
            `Task "${id}" depends on "${clip(plainLine(dependency), 60)}", which is not in the plan${nearest(dependency) || '; remove the dependency or add the task'}`,
            id,
            'dependsOn',
          ),
        );
  const cycle = problems.length === 0 ? findCycle(tasks) : undefined;
  if (cycle !== undefined)
    problems.push(
      error(
        `The dependencies go round in a circle: ${cycleNames(cycle)}. None of these tasks could ever start; remove one of the dependencies`,
        cycle[0],
        'dependsOn',
      ),
    );
  return problems;
};

const listSome = (names: readonly string[], most: number): string => {
  const shown = names.slice(0, most).map((name) => clip(name, 80));
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
};

const overlapWarnings = (plan: Plan): PlanProblem[] => {
  const { overlaps, complete } = fileOverlaps(plan.tasks);
  const warnings = overlaps.map(({ taskIds, paths }) =>
    warning(
      `Tasks ${listSome(taskIds, 6)} can run at the same time and expect to change the same files: ${listSome(paths, 4)}. Their branches may conflict; let one depend on the other, or divide the files`,
      taskIds[0],
      'files',
    ),
  );
  if (!complete)
    warnings.push(
      warning('The plan has too many file patterns to compare them all; some overlaps may be missing'),
    );
  return warnings;
};

const capped = (problems: readonly PlanProblem[]): readonly PlanProblem[] => {
  const more = problems.length - LISTED;
  const first = problems[0];
  return more <= 0 || first === undefined
    ? problems
    : [...problems.slice(0, LISTED), { severity: first.severity, message: `… and ${more} more` }];
};

/** All that is wrong with `plan`, errors first; each severity is cut to 50 findings and the rest counted. */
export const planProblems = (plan: Plan): readonly PlanProblem[] => {
  const errors: PlanProblem[] = [];
  if (plainLine(plan.goal) === '')
    errors.push(error('The plan has no goal; say in a sentence what is to be reached'));
  for (const [name, limit] of [
    ['goal', PLAN_LIMITS.goalLength],
    ['summary', PLAN_LIMITS.summaryLength],
  ] as const)
    if (plan[name].length > limit)
      errors.push(
        error(
          `The plan's ${name} is ${plan[name].length} characters long, the limit is ${limit}; shorten it`,
        ),
      );
  const fields = plan.tasks.flatMap((task, index) => taskProblems(task, index));
  errors.push(...fields);
  // Ids and dependencies can only be compared when they are there.
  const comparable = plan.tasks.filter(
    (task) => typeof task?.id === 'string' && Array.isArray(task.dependsOn),
  );
  if (comparable.length === plan.tasks.length) errors.push(...graphProblems(plan.tasks));
  return [...capped(errors), ...capped(errors.length === 0 ? overlapWarnings(plan) : [])];
};

/** `plan` with nothing in its texts that a terminal would act on, and no fields that tasks do not have. */
export const cleanPlan = (plan: Plan): Plan => ({
  goal: plainText(plan.goal).trim(),
  summary: plainText(plan.summary).trim(),
  tasks: plan.tasks.map(cleanTask),
});
