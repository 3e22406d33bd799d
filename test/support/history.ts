/** What a task costs in the history of its swarm. */
import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';

export interface HistoryPerTask {
  readonly events: number;
  readonly bytes: number;
  readonly runs: number;
  /** Events of the longest run. */
  readonly longestRun: number;
}

/** Over all runs of the swarm, including what planning and merging cost. */
export const historyPerTask = async (
  client: Client,
  swarmId: string,
  tasks: number,
): Promise<HistoryPerTask> => {
  let events = 0;
  let bytes = 0;
  let runs = 0;
  let longestRun = 0;
  for (let runId: string | undefined = (await firstRun(client, swarmId)) ?? ''; runId !== undefined;) {
    const history: readonly temporal.api.history.v1.IHistoryEvent[] =
      (await client.workflow.getHandle(swarmId, runId).fetchHistory()).events ?? [];
    events += history.length;
    bytes += history.reduce(
      (sum, event) => sum + temporal.api.history.v1.HistoryEvent.encode(event).finish().length,
      0,
    );
    runs++;
    longestRun = Math.max(longestRun, history.length);
    runId = history.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
  }
  return { events: events / tasks, bytes: bytes / tasks, runs, longestRun };
};

const firstRun = async (client: Client, swarmId: string): Promise<string | undefined> => {
  const description = await client.workflow.getHandle(swarmId).describe();
  return description.raw.workflowExecutionInfo?.firstRunId ?? undefined;
};
