/** What an agent is told of the tasks that its own builds on. */
import type { DependencyNote } from './agent.ts';
import type { TaskRecord } from '../swarm/task-record.ts';

/** Characters of all titles and summaries together. */
const WORDS = 48_000;

/**
 * The commits that make up a task's starting point. A dependency that changed nothing has none; its own
 * dependencies stand in for it.
 */
export const dependencyNotes = (
  task: TaskRecord,
  tasks: ReadonlyMap<string, TaskRecord>,
): readonly DependencyNote[] => {
  const seen = new Set<string>();
  const found: (TaskRecord & { commit: string })[] = [];
  const open = task.outline.dependsOn.toReversed();
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const dependency = tasks.get(id);
    if (dependency === undefined || seen.has(id)) continue;
    seen.add(id);
    const { commit } = dependency;
    if (commit === undefined) open.push(...dependency.outline.dependsOn.toReversed());
    else found.push({ ...dependency, commit });
  }
  const share = Math.floor(WORDS / Math.max(1, found.length));
  return found.map(({ outline, commit, note }) => ({
    taskId: outline.id,
    title: outline.title.slice(0, share).toWellFormed(),
    commit,
    summary: note.slice(0, Math.max(0, share - outline.title.length)).toWellFormed(),
  }));
};
