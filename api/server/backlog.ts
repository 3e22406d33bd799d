/** How much waits in the task queue of new swarms, as Temporal counts it: the number by which hosts are scaled. */
import { WORKFLOW_TASK_QUEUE } from '../../domain/names.ts';
import type { DroverClient } from '../client.ts';

/** Of Temporal's `TaskQueueType`. */
const TYPES = { workflow: 1, activity: 2 } as const;
const TIMEOUT_MS = 3_000;

/** @returns tasks that no worker has taken yet; undefined when Temporal does not tell */
export const backlog = async ({ temporal, target }: DroverClient): Promise<number | undefined> => {
  const { connection } = temporal;
  const count = async (taskQueueType: number): Promise<number> => {
    const { stats } = await connection.workflowService.describeTaskQueue({
      namespace: target.namespace,
      taskQueue: { name: WORKFLOW_TASK_QUEUE },
      taskQueueType,
      reportStats: true,
    });
    return Number(stats?.approximateBacklogCount ?? 0);
  };
  try {
    const counts = await connection.withDeadline(Date.now() + TIMEOUT_MS, () =>
      Promise.all(Object.values(TYPES).map(count)),
    );
    return counts.reduce((sum, waiting) => sum + waiting, 0);
  } catch {
    return undefined;
  }
};
