/** A task that is right in every field, for tests of plans. */
import type { Task } from '../../domain/plan/plan.ts';

export const task = (id: string, more: Partial<Task> = {}): Task => ({
  id,
  title: `Do ${id}`,
  description: 'Do it well',
  dependsOn: [],
  priority: 2,
  category: 'default',
  files: [],
  ...more,
});
