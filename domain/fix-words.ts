/** What a fixing agent is told of the tasks whose work it has to bring together. */
import type { FixRequest } from './agent.ts';
import type { Task } from './plan.ts';
import { clip } from './text.ts';

/** Characters of each task's description. */
const DESCRIPTION_SHOWN = 4_000;

export const fixTitle = (fix: FixRequest, task: Task): string =>
  clip(
    fix.kind === 'conflict'
      ? `Resolve the conflict of "${task.title}"`
      : `Repair the ${fix.kind} after "${task.title}"`,
    120,
  );

/** The task as it was, then the tasks on the other side. */
export const fixDescription = (fix: FixRequest, task: Task, tasks: readonly Task[]): string => {
  const others = new Set(fix.kind === 'conflict' ? fix.withTasks : fix.taskIds);
  const described = tasks
    .filter((other) => other.id !== task.id && others.has(other.id))
    .map((other) => `Task ${other.id}, ${other.title}:\n${clip(other.description, DESCRIPTION_SHOWN)}`);
  return [
    `The work to be brought in was done for this task:\n${clip(task.description, DESCRIPTION_SHOWN)}`,
    ...(described.length === 0
      ? []
      : [`What has landed already, and must keep working, was done for:\n\n${described.join('\n\n')}`]),
  ].join('\n\n');
};
