/** The logs of agents, each read on from where the last reading ended. */
import { useQueries, useQueryClient, type QueryClient } from '@tanstack/react-query';
import type { AgentEvent } from '../../domain/agents/agent.ts';
import { get, path } from './request.ts';

interface LogPage {
  readonly events: readonly AgentEvent[];
  /** Where to go on. */
  readonly next: number;
  /** There is more already. */
  readonly more: boolean;
}

/** An event with its place, which stays the same for as long as the page is open. */
export interface AgentLine {
  readonly agentId: string;
  readonly position: number;
  readonly event: AgentEvent;
}

interface Log {
  readonly lines: readonly AgentLine[];
  readonly count: number;
  readonly next: number;
}
const EMPTY: Log = { lines: [], count: 0, next: 0 };

/** Lines of one agent that are kept in the page. */
const KEPT = 2_000;
const FOLLOW_MS = 1_000;
/** A log is at most some ten megabytes; a page of it is a quarter of one. */
const PAGES_AT_ONCE = 100;

const readOn = async (
  before: Log,
  agentId: string,
  read: (from: number) => Promise<LogPage>,
): Promise<Log> => {
  let log = before;
  for (let pages = 0; pages < PAGES_AT_ONCE; pages += 1) {
    const { events, next, more } = await read(log.next);
    if (events.length > 0 || next !== log.next) {
      const { count } = log;
      const added = events.map((event, index) => ({ agentId, position: count + index, event }));
      log = { lines: [...log.lines, ...added].slice(-KEPT), count: count + events.length, next };
    }
    if (!more) break;
  }
  return log;
};

const logQuery = (client: QueryClient, swarmId: string, agentId: string, follow: boolean) => {
  const queryKey = ['agent-log', swarmId, agentId];
  return {
    queryKey,
    queryFn: ({ signal }: { readonly signal: AbortSignal }): Promise<Log> =>
      readOn(client.getQueryData<Log>(queryKey) ?? EMPTY, agentId, (from) =>
        get<LogPage>(`${path('swarms', swarmId, 'agents', agentId, 'log')}?from=${from}`, signal),
      ),
    refetchInterval: follow ? FOLLOW_MS : (false as const),
    structuralSharing: false,
  };
};

export interface Logs {
  readonly lines: readonly AgentLine[];
  readonly loading: boolean;
  readonly error: Error | null;
}

/** Of several agents, in the order of time. */
export const useAgentLogs = (swarmId: string, agentIds: readonly string[], follow: boolean): Logs => {
  const client = useQueryClient();
  return useQueries({
    queries: agentIds.map((agentId) => logQuery(client, swarmId, agentId, follow)),
    combine: (results): Logs => ({
      lines: ordered(results.map((result) => result.data?.lines ?? [])),
      loading: results.some((result) => result.isPending),
      error: results.find((result) => result.error !== null)?.error ?? null,
    }),
  });
};

const ordered = (logs: readonly (readonly AgentLine[])[]): readonly AgentLine[] =>
  logs.length === 1
    ? (logs[0] ?? [])
    : logs.flat().sort((a, b) => (a.event.at < b.event.at ? -1 : a.event.at > b.event.at ? 1 : 0));
