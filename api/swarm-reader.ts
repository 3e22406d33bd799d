/**
 * Reads a swarm wherever it still is: from its workflow, or from the archive when Temporal has forgotten it or
 * does not answer.
 */
import { DroverFailure } from '../domain/failures.ts';
import type { MergeMatrix } from '../domain/train/integration.ts';
import type { Plan, PlanVersion } from '../domain/plan/plan.ts';
import type { TasksQuery } from '../domain/protocol.ts';
import type { Report } from '../domain/report/report.ts';
import type { Decision, SwarmView, TasksPage, TaskView } from '../domain/swarm/swarm.ts';
import { getArtifact } from '../store/artifacts.ts';
import { readArchived, type ArchivedSwarm } from '../store/archive.ts';
import type { Store } from '../store/database.ts';
import type { DroverClient } from './client.ts';
import { readReport } from '../store/reports.ts';
import { swarmHandle, type SwarmHandle } from './swarm-handle.ts';

export interface SwarmReader {
  readonly handle: SwarmHandle;
  state(): Promise<SwarmView>;
  tasksPage(query: TasksQuery): Promise<TasksPage>;
  tasks(): Promise<readonly TaskView[]>;
  decisions(): Promise<readonly Decision[]>;
  versions(): Promise<readonly PlanVersion[]>;
  /** @throws DroverFailure `notFound` */
  plan(version: number): Promise<Plan>;
  matrices(): Promise<readonly MergeMatrix[]>;
  report(): Promise<Report | undefined>;
}

const DEFAULT_PAGE = 200;

const isGone = (error: unknown): boolean =>
  error instanceof DroverFailure && (error.type === 'notFound' || error.type === 'unavailable');

const pageOf = (
  tasks: readonly TaskView[],
  { from = 0, limit = DEFAULT_PAGE, states }: TasksQuery,
): TasksPage => {
  const all = states === undefined ? tasks : tasks.filter((task) => states.includes(task.state));
  return {
    tasks: all.slice(from, from + limit),
    total: all.length,
    ...(from + limit < all.length ? { next: from + limit } : {}),
  };
};

export const swarmReader = (client: DroverClient, store: Store, id: string): SwarmReader => {
  const handle = swarmHandle(client, id);
  const either = async <T>(live: () => Promise<T>, archived: (swarm: ArchivedSwarm) => T): Promise<T> => {
    try {
      return await live();
    } catch (error) {
      const swarm = isGone(error) ? await readArchived(store, id) : undefined;
      if (swarm === undefined) throw error;
      return archived(swarm);
    }
  };
  const noVersion = (version: number): DroverFailure =>
    new DroverFailure('notFound', `Swarm ${id} has no version ${version} of its plan`, {
      hint: `GET /api/swarms/${id}/plans lists them`,
    });
  return {
    handle,
    state: () =>
      either(
        () => handle.state(),
        ({ view }) => view,
      ),
    tasksPage: (query) =>
      either(
        () => handle.tasksPage(query),
        ({ tasks }) => pageOf(tasks, query),
      ),
    tasks: () =>
      either(
        () => handle.tasks(),
        ({ tasks }) => tasks,
      ),
    decisions: () =>
      either(
        () => handle.decisions(),
        ({ decisions }) => decisions,
      ),
    versions: () =>
      either(
        () => handle.planVersions(),
        ({ versions }) => versions,
      ),
    plan: (version) =>
      either(
        async () => {
          const found = (await handle.planVersions()).find((one) => one.version === version);
          if (found === undefined) throw noVersion(version);
          return handle.plan(found.key);
        },
        ({ versions, plans }) => {
          const plan = plans[versions.findIndex((one) => one.version === version)];
          if (plan === undefined || plan === null) throw noVersion(version);
          return plan;
        },
      ),
    matrices: () =>
      either(
        async () => {
          const keys = await handle.matrixKeys();
          return Promise.all(keys.map((key) => getArtifact<MergeMatrix>(handle.directory, key)));
        },
        ({ matrices }) => matrices,
      ),
    report: async () => (await readReport(client.home, id)) ?? (await readArchived(store, id))?.report,
  };
};
