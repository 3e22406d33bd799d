/** The lists of a report from its pages, with what the pages leave out because it is known otherwise. */
import type { TaskOutline } from '../plan/plan.ts';
import type { Landing, TaskView } from '../swarm/swarm.ts';
import { NO_USAGE } from '../models/usage.ts';

type Known = 'title' | 'priority' | 'dependsOn' | 'usage';
type TaskRow = Omit<TaskView, Known> & Partial<Pick<TaskView, Known>>;
type LandingRow = Omit<Landing, 'commit'> & Partial<Pick<Landing, 'commit'>>;

/** @param plan tasks of the newest plan */
export const wholeTasks = (rows: readonly TaskRow[], plan: readonly TaskOutline[]): TaskView[] => {
  const outlines = new Map(plan.map((task) => [task.id, task]));
  return rows.map((row) => {
    const { title = row.id, priority = 2, dependsOn = [] } = outlines.get(row.id) ?? {};
    return { title, priority, dependsOn, usage: NO_USAGE, ...row };
  });
};

export const wholeLandings = (rows: readonly LandingRow[], tasks: readonly TaskView[]): Landing[] => {
  const commits = new Map(tasks.map((task) => [task.id, task.commit]));
  return rows.map((row) => ({ commit: commits.get(row.taskId) ?? '', ...row }));
};
