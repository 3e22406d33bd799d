/** What a fixing agent is told of the tasks whose work it has to bring together, and what it is held to. */
import type { FixRequest } from '../agents/agent.ts';
import type { Task } from '../plan/plan.ts';
import { clip } from '../text.ts';

/** Characters of each task's description. */
const DESCRIPTION_SHOWN = 4_000;

/** The step that is red: one of the project's, or what a task is to be accepted by. */
export const whatFailed = ({
  kind,
  acceptanceOf,
}: Pick<Extract<FixRequest, { onto: string; command: string }>, 'kind' | 'acceptanceOf'>): string =>
  acceptanceOf === undefined ? `the ${kind}` : `the acceptance command of ${acceptanceOf}`;

export const fixTitle = (fix: FixRequest, task: Task): string =>
  clip(
    fix.kind === 'conflict'
      ? `Resolve the conflict of "${task.title}"`
      : `Repair ${whatFailed(fix)} after "${task.title}"`,
    120,
  );

/** The task as it was, then the tasks on the other side. */
export const fixDescription = (
  fix: FixRequest,
  task: Task,
  tasks: readonly Task[],
  changes: readonly { readonly taskId: string; readonly diff: string }[] = [],
): string => {
  const others = new Set(fix.kind === 'conflict' ? fix.withTasks : fix.taskIds);
  const described = tasks
    .filter((other) => other.id !== task.id && others.has(other.id))
    .map((other) => `Task ${other.id}, ${other.title}:\n${clip(other.description, DESCRIPTION_SHOWN)}`);
  return [
    `The work to be brought in was done for this task:\n${clip(task.description, DESCRIPTION_SHOWN)}`,
    ...(described.length === 0
      ? []
      : [`What has landed already, and must keep working, was done for:\n\n${described.join('\n\n')}`]),
    ...changes.map(({ taskId, diff }) => `What the branch of ${taskId} changed:\n\n${diff}`),
  ].join('\n\n');
};

/** What a resolved conflict must meet: the acceptance of each task whose work is in it. */
export const fixAcceptance = (fix: FixRequest, task: Task, tasks: readonly Task[]): string | undefined => {
  if (fix.kind !== 'conflict') return undefined;
  const others = new Set(fix.withTasks);
  const commands = [task, ...tasks.filter((other) => other.id !== task.id && others.has(other.id))]
    .map((one) => one.acceptance?.trim() ?? '')
    .filter((command) => command !== '');
  return commands.length === 0 ? undefined : commands.map((command) => `(\n${command}\n)`).join(' && ');
};
