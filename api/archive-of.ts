/** Everything that an ended swarm can be asked, asked once more before Temporal forgets it. */
import type { Plan } from '../domain/plan/plan.ts';
import type { MergeMatrix } from '../domain/train/integration.ts';
import { getArtifact } from '../store/artifacts.ts';
import type { ArchivedSwarm } from '../store/archive.ts';
import type { DroverClient } from './client.ts';
import { readReport } from '../store/reports.ts';
import { swarmHandle } from './swarm-handle.ts';

/** Newest matrices; each can be large. */
const MATRICES = 20;
const PLANS = 50;

export const archiveOf = async (client: DroverClient, swarmId: string): Promise<ArchivedSwarm> => {
  const swarm = swarmHandle(client, swarmId);
  // A file that is gone, or lies on another host, is no reason to keep nothing.
  const artifact = <T>(key: string): Promise<T | undefined> =>
    getArtifact<T>(swarm.directory, key).catch(() => undefined);
  const [view, tasks, decisions, versions, keys] = await Promise.all([
    swarm.state(),
    swarm.tasks(),
    swarm.decisions(),
    swarm.planVersions(),
    swarm.matrixKeys(),
  ]);
  const plans = await Promise.all(
    versions.map(async ({ key }, index) =>
      index < versions.length - PLANS ? null : ((await artifact<Plan>(key)) ?? null),
    ),
  );
  const matrices = await Promise.all(keys.slice(-MATRICES).map((key) => artifact<MergeMatrix>(key)));
  const report = await readReport(client.home, swarmId);
  return {
    view,
    tasks,
    decisions,
    versions,
    plans,
    matrices: matrices.filter((matrix) => matrix !== undefined),
    ...(report === undefined ? {} : { report }),
  };
};
