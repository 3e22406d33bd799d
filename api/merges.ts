/** What has landed and been verified while the report is not written yet: tasks, and events of the store. */
import type { VerifyResult } from '../domain/train/integration.ts';
import type { VerificationRecord } from '../domain/report/report.ts';
import type { Landing } from '../domain/swarm/swarm.ts';
import type { Store } from '../store/database.ts';
import { readEvents } from '../store/events.ts';
import type { SwarmReader } from './swarm-reader.ts';

const PAGE = 1_000;

interface MergedData {
  readonly merged: readonly {
    readonly taskId: string;
    readonly mergeCommit: string;
    readonly reason: string;
  }[];
}

export const mergesSoFar = async (
  store: Store,
  reader: SwarmReader,
): Promise<{
  readonly landings: readonly Landing[];
  readonly verifications: readonly VerificationRecord[];
}> => {
  const tasks = await reader.tasks();
  const commits = new Map(
    tasks.flatMap(({ id, landing, commit }) => (landing === 'landed' ? [[id, commit ?? ''] as const] : [])),
  );
  // A branch that is merged anew comes later in the order, with its newest merge.
  const landings = new Map<string, Landing>();
  const verifications: VerificationRecord[] = [];
  for (let after = 0; ;) {
    const events = await readEvents(store, reader.handle.id, after, PAGE);
    for (const { type, data } of events) {
      if (type === 'merged')
        for (const { taskId, mergeCommit, reason } of (data as unknown as MergedData).merged) {
          const commit = commits.get(taskId);
          landings.delete(taskId);
          if (commit !== undefined) landings.set(taskId, { taskId, commit, mergeCommit, reason });
        }
      if (type === 'verified')
        verifications.push({
          commit: String(data['commit']),
          taskIds: [],
          result: data['result'] as VerifyResult,
        });
    }
    if (events.length < PAGE) return { landings: [...landings.values()], verifications };
    after = events.at(-1)?.sequence ?? after;
  }
};
