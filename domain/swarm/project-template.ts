/** Projects that are started again and again: their tasks and checks under a name. Pure. */
import { slug } from '../names.ts';

/** Who does it, and what. */
interface ProjectAgent {
  /** A role, or else a category of tasks, which chooses the model. */
  readonly team?: string | undefined;
  readonly task: string;
  /** For the `command` executor. */
  readonly command?: string | undefined;
}

const TITLE_LENGTH = 120;
const ID_LENGTH = 30;
const CATEGORY_LENGTH = 40;

/** One task for each agent, in the form of a plan file; nobody waits for another one. */
export const projectPlan = (
  goal: string,
  agents: readonly ProjectAgent[],
  isRole: (name: string) => boolean,
) => ({
  goal,
  tasks: agents.map(({ team, task, command }, index) => ({
    id: `${slug(task, ID_LENGTH)}-${index + 1}`,
    title: (task.split('\n', 1)[0] ?? task).slice(0, TITLE_LENGTH),
    description: task,
    ...(team === undefined
      ? {}
      : isRole(team)
        ? { role: team }
        : { category: slug(team, CATEGORY_LENGTH, 'default') }),
    ...(command === undefined ? {} : { command }),
  })),
});
