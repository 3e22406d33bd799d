/** A plan as the YAML that `drover run --plan` reads, for saving and editing. */
import { stringify } from 'yaml';
import type { Plan, Task } from '../domain/plan/plan.ts';

/** The fields in the order in which people read them; what is at its default is left out. */
const taskOf = (task: Task): Record<string, unknown> => {
  const { id, title, description, dependsOn, priority, category, files, timeoutSeconds, ...rest } = task;
  return {
    id,
    title,
    ...(description === '' ? {} : { description }),
    ...(dependsOn.length === 0 ? {} : { dependsOn }),
    ...(priority === 2 ? {} : { priority }),
    ...(category === 'default' ? {} : { category }),
    ...(files.length === 0 ? {} : { files }),
    ...rest,
    ...(timeoutSeconds === undefined ? {} : { timeout: timeoutSeconds }),
  };
};

/** @param heading lines of a comment at the top */
export const planYaml = (plan: Plan, heading: readonly string[] = []): string => {
  const comment = heading.map((line) => `# ${line}\n`).join('');
  const { goal, summary, tasks } = plan;
  const value = { goal, ...(summary === '' ? {} : { summary }), tasks: tasks.map(taskOf) };
  return comment + stringify(value, { lineWidth: 110, blockQuote: 'literal' });
};
