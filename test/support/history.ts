/** Histories of workflows: fetched run by run, measured, stored as text and read again. */
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';

const { History } = proto.temporal.api.history.v1;
export type History = proto.temporal.api.history.v1.History;

/** All runs of a workflow, oldest first. */
export const runsOf = async (client: Client, workflowId: string): Promise<readonly History[]> => {
  const { raw, runId } = await client.workflow.getHandle(workflowId).describe();
  const runs: History[] = [];
  for (let id: string | undefined = raw.workflowExecutionInfo?.firstRunId ?? runId; id;) {
    const history: proto.temporal.api.history.v1.IHistory = await client.workflow
      .getHandle(workflowId, id)
      .fetchHistory();
    runs.push(History.fromObject(history));
    id =
      history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
  }
  return runs;
};

export const workflowTypeOf = ({ events }: History): string | undefined =>
  events[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name ?? undefined;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** What a task costs, over all runs of its swarm, including what planning and merging cost. */
export const historyPerTask = (
  runs: readonly History[],
  tasks: number,
): { readonly events: number; readonly bytes: number; readonly longestRun: number } => ({
  events: sum(runs.map((run) => run.events.length)) / tasks,
  bytes: sum(runs.map((run) => History.encode(run).finish().length)) / tasks,
  longestRun: Math.max(...runs.map((run) => run.events.length)),
});

/** What says where it was recorded is left out. */
const neutral = (key: string, value: unknown): unknown =>
  key === 'identity' ? 'recorder' : key === 'stackTrace' ? '' : value;

// The SDK's own form of JSON needs one copy of protobufjs in the whole tree, which npm does not always give.
export const historyToText = (history: History): string =>
  JSON.stringify(History.toObject(history, { longs: String, enums: String, bytes: String }), neutral);

export const historyFromText = (text: string): History => History.fromObject(JSON.parse(text));
