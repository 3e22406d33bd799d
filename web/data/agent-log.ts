/** The log of an agent, read from where the last reading ended. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { AgentEvent } from '../../domain/agent.ts';
import { get, path } from './request.ts';

interface LogPage {
  readonly events: readonly AgentEvent[];
  /** Where to go on. */
  readonly next: number;
}

/** Lines that are kept in the page. */
const KEPT = 2_000;
const FOLLOW_MS = 1_000;

interface Log {
  readonly events: readonly AgentEvent[];
  readonly next: number;
}
const EMPTY: Log = { events: [], next: 0 };

export const useAgentLog = (swarmId: string, agentId: string, follow: boolean) => {
  const client = useQueryClient();
  const queryKey = ['agent-log', swarmId, agentId];
  const query = useQuery({
    queryKey,
    queryFn: async ({ signal }): Promise<Log> => {
      const before = client.getQueryData<Log>(queryKey) ?? EMPTY;
      const page = await get<LogPage>(
        `${path('swarms', swarmId, 'agents', agentId, 'log')}?from=${before.next}`,
        signal,
      );
      if (page.events.length === 0) return before;
      return { events: [...before.events, ...page.events].slice(-KEPT), next: page.next };
    },
    refetchInterval: follow ? FOLLOW_MS : false,
    structuralSharing: false,
  });
  return { events: query.data?.events ?? EMPTY.events, loading: query.isPending, error: query.error };
};
