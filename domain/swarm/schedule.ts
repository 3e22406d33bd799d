/**
 * Which task starts next. Ready are the tasks whose dependencies are done; among them the most urgent comes
 * first (priority 1), then the one with the longest chain of tasks behind it, then the order of the plan. A step
 * costs O(log n) and the task's own dependents, so that plans of 10,000 tasks work.
 */
import { dependentsOf, topologicalOrder } from '../plan/graph.ts';
import type { TaskOutline } from '../plan/plan.ts';

/** How a task stands when the schedule is built; `idle` ones are running, blocked or ended without success. */
export type Standing = 'waiting' | 'done' | 'idle';

export interface Schedule {
  /** Takes the task that should start next, if any is ready. */
  take(): string | undefined;
  /** `id` is done: its dependents may have become ready. */
  done(id: string): void;
  /** `id`, which was taken, waits again. */
  putBack(id: string): void;
}

interface Entry {
  readonly id: string;
  readonly priority: number;
  /** Tasks on the longest chain that starts with this one. */
  readonly chain: number;
  /** Place in the plan. */
  readonly place: number;
  standing: Standing;
  /** Dependencies that are not done. */
  missing: number;
}

const before = (a: Entry, b: Entry): boolean =>
  a.priority !== b.priority
    ? a.priority < b.priority
    : a.chain !== b.chain
      ? a.chain > b.chain
      : a.place < b.place;

/** A binary heap; the first entry is the next to start. */
const push = (heap: Entry[], entry: Entry): void => {
  let at = heap.length;
  heap.push(entry);
  while (at > 0) {
    const up = (at - 1) >> 1;
    const parent = heap[up] as Entry;
    if (!before(entry, parent)) break;
    heap[at] = parent;
    at = up;
  }
  heap[at] = entry;
};

const pop = (heap: Entry[]): Entry | undefined => {
  const first = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return first;
  let at = 0;
  for (;;) {
    const left = heap[2 * at + 1];
    const right = heap[2 * at + 2];
    const child = right !== undefined && left !== undefined && before(right, left) ? 2 * at + 2 : 2 * at + 1;
    const entry = heap[child];
    if (entry === undefined || !before(entry, last)) break;
    heap[at] = entry;
    at = child;
  }
  heap[at] = last;
  return first;
};

const chainLengths = (
  tasks: readonly TaskOutline[],
  dependents: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, number> => {
  const lengths = new Map<string, number>();
  for (const id of topologicalOrder(tasks).toReversed()) {
    let longest = 0;
    for (const next of dependents.get(id) ?? []) longest = Math.max(longest, lengths.get(next) ?? 0);
    lengths.set(id, longest + 1);
  }
  return lengths;
};

export const createSchedule = (
  tasks: readonly TaskOutline[],
  standing: (id: string) => Standing,
): Schedule => {
  const dependents = dependentsOf(tasks);
  const chains = chainLengths(tasks, dependents);
  const entries = new Map(
    tasks.map((task, place): [string, Entry] => [
      task.id,
      {
        id: task.id,
        priority: task.priority,
        chain: chains.get(task.id) ?? 1,
        place,
        standing: standing(task.id),
        missing: 0,
      },
    ]),
  );
  for (const entry of entries.values())
    if (entry.standing !== 'done')
      for (const id of dependents.get(entry.id) ?? []) {
        const dependent = entries.get(id);
        if (dependent !== undefined) dependent.missing += 1;
      }
  const ready: Entry[] = [];
  const offer = (entry: Entry | undefined): void => {
    if (entry?.standing === 'waiting' && entry.missing === 0) push(ready, entry);
  };
  for (const entry of entries.values()) offer(entry);

  return {
    take: () => {
      const entry = pop(ready);
      if (entry !== undefined) entry.standing = 'idle';
      return entry?.id;
    },
    done: (id) => {
      const entry = entries.get(id);
      if (entry === undefined || entry.standing === 'done') return;
      entry.standing = 'done';
      for (const next of dependents.get(id) ?? []) {
        const dependent = entries.get(next);
        if (dependent === undefined) continue;
        dependent.missing -= 1;
        offer(dependent);
      }
    },
    putBack: (id) => {
      const entry = entries.get(id);
      if (entry?.standing !== 'idle') return;
      entry.standing = 'waiting';
      offer(entry);
    },
  };
};
