/** Which executor does a task, and with which settings. */
import type { Task } from '../plan/plan.ts';
import {
  EXECUTORS,
  type ExecutorKind,
  type ExecutorSettings,
  type SwarmSettings,
} from '../swarm/settings.ts';
import { inRole, roleOfTask } from './roles.ts';

export interface ExecutorChoice {
  readonly name: string;
  readonly kind: ExecutorKind;
  readonly settings: ExecutorSettings;
}

type Named = Pick<SwarmSettings, 'executor' | 'executors' | 'executorByCategory'>;

/** The category that stands for repairing conflicts and red builds, whatever the category of the task. */
export const FIXING = 'fixing';

const entry = <T>(table: Readonly<Record<string, T>> | undefined, key: string): T | undefined =>
  table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;

/** All names that a task may use. */
export const executorNames = (settings: Pick<Named, 'executors'>): readonly string[] => [
  ...new Set<string>([...EXECUTORS, ...Object.keys(settings.executors ?? {})]),
];

const executorNamed = (settings: Pick<Named, 'executors'>, name: string): ExecutorChoice => {
  const own = entry(settings.executors, name) ?? {};
  const builtIn = EXECUTORS.find((one) => one === name);
  return { name, kind: own.kind ?? builtIn ?? 'cli', settings: own };
};

/** A task's own executor (its role's with `inRole`), else the one for its category, else the swarm's. */
export const chooseExecutor = (
  settings: Named,
  task: Pick<Task, 'category' | 'executor'>,
  fixing = false,
): ExecutorChoice => {
  const table = settings.executorByCategory;
  const name =
    (fixing ? entry(table, FIXING) : undefined) ??
    task.executor ??
    entry(table, task.category.toLowerCase()) ??
    settings.executor;
  return executorNamed(settings, name);
};

/** A task of a plan that is not made yet. */
export const UNPLANNED = { category: 'default', title: '', description: '' } as const;

type Asking = Pick<Task, 'category' | 'executor' | 'role' | 'title' | 'description'>;

/** Does any of the tasks ask a model over the Anthropic API and nothing else? */
export const needsApi = (settings: Named & Pick<SwarmSettings, 'roles'>, tasks: readonly Asking[]): boolean =>
  tasks.some(
    (task) => chooseExecutor(settings, inRole(task, roleOfTask(settings.roles, task))).kind === 'api',
  );
