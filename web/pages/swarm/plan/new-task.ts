/** A task to begin with, with an id that no other task has. */
import type { Task } from '../../../../domain/plan/plan.ts';

export const freeId = (tasks: readonly Task[], wanted: string): string => {
  const taken = new Set(tasks.map((task) => task.id));
  if (!taken.has(wanted)) return wanted;
  for (let n = 2; ; n += 1) if (!taken.has(`${wanted}-${n}`)) return `${wanted}-${n}`;
};

export const newTask = (tasks: readonly Task[]): Task => ({
  id: freeId(tasks, `task-${tasks.length + 1}`),
  title: 'New task',
  description: '',
  dependsOn: [],
  priority: 2,
  category: 'default',
  files: [],
});
