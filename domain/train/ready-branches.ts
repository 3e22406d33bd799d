/** Which finished branches the merge train may take next. */
import { topologicalOrder } from '../plan/graph.ts';
import type { BranchTip } from './integration.ts';
import type { TaskRecord } from '../swarm/task-record.ts';

/**
 * At most `limit` branches, each after those it builds on. A branch whose dependency is held or was left out is
 * not among them: it contains that dependency's work and would bring it in.
 * @param held tasks at their gates
 */
export const readyBranches = (
  tasks: ReadonlyMap<string, TaskRecord>,
  held: ReadonlySet<string>,
  limit: number,
): readonly BranchTip[] => {
  const ready: BranchTip[] = [];
  const chosen = new Set<string>();
  /** Landed, chosen, or nothing to land, and so are all it builds on. */
  const clear = new Set<string>();
  for (const id of topologicalOrder([...tasks.values()].map((task) => task.outline))) {
    const task = tasks.get(id);
    if (task === undefined || task.state !== 'completed' || held.has(id)) continue;
    if (task.landing === 'landed') clear.add(id);
    else if (task.landing !== 'skipped' && task.outline.dependsOn.every((one) => clear.has(one))) {
      if (task.commit === undefined) clear.add(id);
      else if (ready.length < limit) {
        clear.add(id);
        chosen.add(id);
        ready.push({
          taskId: id,
          commit: task.commit,
          priority: task.outline.priority,
          dependsOn: task.outline.dependsOn.filter((one) => chosen.has(one)),
        });
      }
    }
  }
  return ready;
};
