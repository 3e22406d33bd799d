/**
 * Artifacts that many activities read, parsed once. A key is the hash of its content, so what was read under it
 * is right for ever; only the newest few are kept.
 */
import type { Plan, Task } from '../../domain/plan/plan.ts';
import { getArtifact } from '../../store/artifacts.ts';
import type { SwarmDirectory } from '../../store/home.ts';

const KEPT = 8;

interface StoredPlan {
  readonly plan: Plan;
  readonly tasks: ReadonlyMap<string, Task>;
}

export type PlanReader = (swarm: SwarmDirectory, key: string) => Promise<StoredPlan>;

/** Makes a reader with a memory of its own. */
export const planReader = (): PlanReader => {
  const read = new Map<string, Promise<StoredPlan>>();
  return (swarm, key) => {
    const name = `${swarm.root}\0${key}`;
    const known = read.get(name);
    if (known !== undefined) return known;
    const loading = getArtifact<Plan>(swarm, key).then((plan) => ({
      plan,
      tasks: new Map(plan.tasks.map((task) => [task.id, task])),
    }));
    read.set(name, loading);
    for (const old of read.keys()) if (read.size > KEPT) read.delete(old);
    loading.catch(() => read.delete(name));
    return loading;
  };
};
