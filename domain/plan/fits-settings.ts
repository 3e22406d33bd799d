/** Does a plan fit the settings it is to be carried out with? */
import { chooseExecutor, executorNames, UNPLANNED } from '../agents/executor-choice.ts';
import { notHeld } from '../agents/held-tools.ts';
import type { Plan, PlanProblem, Task } from './plan.ts';
import { inRole, roleNameProblem, roleOfTask } from '../agents/roles.ts';
import type { SwarmSettings } from '../swarm/settings.ts';
import { didYouMean } from '../text.ts';

type Own = Pick<Task, 'executor' | 'model' | 'timeoutSeconds'> & { readonly readOnly?: boolean };

/** Findings that are listed; a missing command is missing for every task. */
const LISTED = 20;

export const planSettingsProblems = (
  plan: Plan,
  settings: Pick<
    SwarmSettings,
    'executor' | 'executors' | 'executorByCategory' | 'command' | 'modelAliases' | 'roles'
  >,
): readonly PlanProblem[] => {
  const aliases = Object.keys(settings.modelAliases);
  const names = executorNames(settings);
  const problems = plan.tasks.flatMap((task): PlanProblem[] => {
    const { id, command } = task;
    const noRole =
      task.role === undefined ? undefined : roleNameProblem(settings.roles, `Task "${id}"`, task.role);
    if (noRole !== undefined) return [{ severity: 'error', taskId: id, field: 'role', message: noRole }];
    const role = roleOfTask(settings.roles, task);
    const { model, ...asRole } = inRole(task, role);
    const chosen = chooseExecutor(settings, asRole);
    const { name: used, kind } = chosen;
    if (!names.includes(used))
      return [
        {
          severity: 'error',
          taskId: id,
          field: 'executor',
          message: `Task "${id}" is for the executor "${used}", which does not exist${didYouMean(used, names) || `; the executors are ${names.join(', ')}`}`,
        },
      ];
    if (kind === 'command' && (command ?? settings.command ?? '').trim() === '')
      return [
        {
          severity: 'error',
          taskId: id,
          field: 'command',
          message: `Task "${id}" is for the executor "command" and has no command; give it one, or set "command" in drover.yml or with --command`,
        },
      ];
    // What the role has by itself was said when the configuration was read.
    const itself = chooseExecutor(settings, { ...UNPLANNED, ...inRole<Own>({}, role) });
    const unheld = itself.name === used ? undefined : notHeld(role?.tools, chosen);
    if (unheld !== undefined)
      return [
        {
          severity: 'warning',
          taskId: id,
          field: 'executor',
          message: `Task "${id}" is for the executor "${used}", which is not held to the tools of its role "${role?.name}": ${unheld}`,
        },
      ];
    // A full model id has a separator in it; a word without one was meant to be an alias.
    return model === undefined || aliases.includes(model) || /[-/.:]/.test(model)
      ? []
      : [
          {
            severity: 'warning',
            taskId: id,
            field: 'model',
            message: `Task "${id}" names the model "${model}", which is no alias (${aliases.join(', ')}), so it is taken as a full model id`,
          },
        ];
  });
  const more = problems.length - LISTED;
  const last = problems.at(-1);
  return more <= 0 || last === undefined
    ? problems
    : [...problems.slice(0, LISTED), { severity: last.severity, message: `… and ${more} more like these` }];
};
