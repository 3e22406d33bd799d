/** What the pages read, each with its key. How fresh it is kept is decided by `live.ts`. */
import { queryOptions, useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import type { SwarmEvent } from '../../domain/swarm/events.ts';
import type { Comparison } from '../../domain/swarm/comparison.ts';
import type { FollowedPullRequest } from '../../domain/protocol.ts';
import type { Plan, PlanVersion } from '../../domain/plan/plan.ts';
import type { Report, VerificationRecord } from '../../domain/report/report.ts';
import type { Decision, Landing, SwarmView, TasksPage, TaskView } from '../../domain/swarm/swarm.ts';
import type { Lesson } from '../../domain/lessons/lessons.ts';
import type { TeamTemplate } from '../../domain/team/team.ts';
import type { TeamView } from '../../domain/team/view.ts';
import type { MergeMatrix } from '../../domain/train/integration.ts';
import type { Feature, FeatureState } from '../../domain/backlog/backlog.ts';
import type { BacklogView } from '../../domain/backlog/run.ts';
import { ApiProblem } from './problem.ts';
import { get, getText, path } from './request.ts';
import type {
  AgentRecord,
  Backlog,
  Costs,
  PartHealth,
  Schedule,
  ServiceSettings,
  SwarmCosts,
  SwarmSummary,
  TeamAnswer,
} from './wire.ts';

const OVERVIEW_MS = 3_000;
/** As many as the API gives at once. */
const SWARMS = 1_000;

export const useSwarms = (): UseQueryResult<readonly SwarmSummary[]> =>
  useQuery({
    queryKey: ['swarms'],
    queryFn: async ({ signal }) =>
      (await get<{ swarms: SwarmSummary[] }>(`/api/swarms?limit=${SWARMS}`, signal)).swarms,
    refetchInterval: OVERVIEW_MS,
  });

export const useSwarm = (id: string): UseQueryResult<SwarmView> =>
  useQuery({
    queryKey: ['swarm', id, 'view'],
    queryFn: ({ signal }) => get<SwarmView>(path('swarms', id), signal),
  });

const TASKS_A_PAGE = 1_000;

export const useTasks = (id: string): UseQueryResult<readonly TaskView[]> =>
  useQuery({
    queryKey: ['swarm', id, 'tasks'],
    queryFn: async ({ signal }) => {
      const all: TaskView[] = [];
      for (let from: number | undefined = 0; from !== undefined;) {
        const page: TasksPage = await get(
          `${path('swarms', id, 'tasks')}?from=${from}&limit=${TASKS_A_PAGE}`,
          signal,
        );
        all.push(...page.tasks);
        from = page.next;
      }
      return all;
    },
  });

export const useDecisions = (id: string): UseQueryResult<readonly Decision[]> =>
  useQuery({
    queryKey: ['swarm', id, 'decisions'],
    queryFn: async ({ signal }) =>
      (await get<{ decisions: Decision[] }>(path('swarms', id, 'decisions'), signal)).decisions,
  });

export const usePlanVersions = (id: string): UseQueryResult<readonly PlanVersion[]> =>
  useQuery({
    queryKey: ['swarm', id, 'plans'],
    queryFn: async ({ signal }) =>
      (await get<{ versions: PlanVersion[] }>(path('swarms', id, 'plans'), signal)).versions,
  });

/** A version never changes, so it is read once. */
export const usePlan = (id: string, version: number | undefined): UseQueryResult<Plan> =>
  useQuery({
    queryKey: ['plan', id, version],
    enabled: version !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) => get<Plan>(path('swarms', id, 'plans', String(version)), signal),
  });

export const agentsQuery = (id: string) =>
  queryOptions({
    queryKey: ['swarm', id, 'agents'],
    queryFn: async ({ signal }): Promise<readonly AgentRecord[]> =>
      (await get<{ agents: AgentRecord[] }>(path('swarms', id, 'agents'), signal)).agents,
  });

export const useAgents = (id: string): UseQueryResult<readonly AgentRecord[]> => useQuery(agentsQuery(id));

/** Read when somebody wants to see it. */
export const useRunnerLog = (
  id: string,
  agentId: string,
  wanted: boolean,
): UseQueryResult<readonly string[]> =>
  useQuery({
    queryKey: ['runner-log', id, agentId],
    enabled: wanted,
    queryFn: async ({ signal }) =>
      (await get<{ lines: string[] }>(path('swarms', id, 'agents', agentId, 'runner-log'), signal)).lines,
  });

export const useMatrices = (id: string): UseQueryResult<readonly MergeMatrix[]> =>
  useQuery({
    queryKey: ['swarm', id, 'matrix'],
    queryFn: async ({ signal }) =>
      (await get<{ matrices: MergeMatrix[] }>(path('swarms', id, 'matrix'), signal)).matrices,
  });

export const useReport = (id: string, ended: boolean): UseQueryResult<Report> =>
  useQuery({
    queryKey: ['swarm', id, 'report'],
    enabled: ended,
    queryFn: ({ signal }) => get<Report>(path('swarms', id, 'report'), signal),
  });

export interface Merges {
  readonly landings: readonly Landing[];
  readonly verifications: readonly VerificationRecord[];
}

export const useMerges = (id: string): UseQueryResult<Merges> =>
  useQuery({
    queryKey: ['swarm', id, 'merges'],
    queryFn: ({ signal }) => get<Merges>(path('swarms', id, 'merges'), signal),
  });

/** It goes on after the swarm's end, when no stream of events tells of it. */
export const usePullRequest = (id: string): UseQueryResult<FollowedPullRequest> =>
  useQuery({
    queryKey: ['swarm', id, 'pull-request'],
    queryFn: ({ signal }) => get<FollowedPullRequest>(path('swarms', id, 'pull-request'), signal),
    refetchInterval: ({ state }) =>
      state.data === undefined || state.data.state === 'none' || state.data.state === 'ended'
        ? false
        : OVERVIEW_MS,
  });

/** Against what the task started from. */
export const useTaskDiff = (id: string, taskId: string, wanted: boolean): UseQueryResult<string> =>
  useQuery({
    queryKey: ['swarm', id, 'diff', taskId],
    enabled: wanted,
    queryFn: ({ signal }) =>
      getText(`${path('swarms', id, 'diff')}?task=${encodeURIComponent(taskId)}`, signal),
  });

/** Where a branch conflicts with what has landed, between git's markers. */
export const useConflict = (id: string, taskId: string): UseQueryResult<string> =>
  useQuery({
    queryKey: ['swarm', id, 'conflict', taskId],
    queryFn: ({ signal }) =>
      getText(`${path('swarms', id, 'conflict')}?task=${encodeURIComponent(taskId)}`, signal),
  });

/** The result against the base. */
export const useResultDiff = (id: string): UseQueryResult<string> =>
  useQuery({
    queryKey: ['swarm', id, 'diff'],
    queryFn: ({ signal }) => getText(path('swarms', id, 'diff'), signal),
  });

export const useSwarmCosts = (id: string): UseQueryResult<SwarmCosts> =>
  useQuery({
    queryKey: ['swarm', id, 'costs'],
    queryFn: ({ signal }) => get<SwarmCosts>(path('swarms', id, 'costs'), signal),
  });

/** Of a swarm in independent mode whose agents have all ended. */
export const useComparison = (id: string): UseQueryResult<Comparison> =>
  useQuery({
    queryKey: ['swarm', id, 'comparison'],
    queryFn: ({ signal }) => get<Comparison>(path('swarms', id, 'comparison'), signal),
  });

/** @param pollMs where no live swarm keeps it fresh */
export const useTeam = (id: string, pollMs?: number): UseQueryResult<TeamView> =>
  useQuery({
    queryKey: ['swarm', id, 'team'],
    queryFn: async ({ signal }) => (await get<TeamAnswer>(path('teams', id), signal)).team,
    refetchInterval: pollMs ?? false,
  });

/** Those of Drover, and those of the repository's `drover.yml`. */
export const useTeamTemplates = (repository: string): UseQueryResult<readonly TeamTemplate[]> =>
  useQuery({
    queryKey: ['team-templates', repository],
    queryFn: async ({ signal }) =>
      (
        await get<{ templates: TeamTemplate[] }>(
          `/api/teams/templates${repository === '' ? '' : `?repository=${encodeURIComponent(repository)}`}`,
          signal,
        )
      ).templates,
  });

export const useCosts = (): UseQueryResult<Costs> =>
  useQuery({
    queryKey: ['costs'],
    queryFn: ({ signal }) => get<Costs>('/api/costs', signal),
    refetchInterval: HEALTH_MS,
  });

export const useSchedules = (): UseQueryResult<readonly Schedule[]> =>
  useQuery({
    queryKey: ['schedules'],
    queryFn: async ({ signal }) => (await get<{ schedules: Schedule[] }>('/api/schedules', signal)).schedules,
    refetchInterval: HEALTH_MS,
  });

/** The repositories that have features. */
export const useBacklogs = (): UseQueryResult<readonly Backlog[]> =>
  useQuery({
    queryKey: ['backlogs'],
    queryFn: async ({ signal }) =>
      (await get<{ repositories: Backlog[] }>('/api/features/repositories', signal)).repositories,
    refetchInterval: OVERVIEW_MS,
  });

/** As many as the API gives at once. */
export const FEATURES = 1_000;

export const useFeatures = (
  repository: string,
  state: FeatureState | undefined,
): UseQueryResult<readonly Feature[]> =>
  useQuery({
    queryKey: ['features', repository, state ?? ''],
    queryFn: async ({ signal }) => {
      const query = new URLSearchParams({
        repository,
        limit: String(FEATURES),
        ...(state === undefined ? {} : { state }),
      });
      return (await get<{ features: Feature[] }>(`/api/features?${query.toString()}`, signal)).features;
    },
    refetchInterval: OVERVIEW_MS,
  });

/** null when no run has worked through it in the time that Temporal remembers. */
export const useBacklogRun = (repository: string): UseQueryResult<BacklogView | null> =>
  useQuery({
    queryKey: ['backlog-run', repository],
    queryFn: async ({ signal }) => {
      try {
        return await get<BacklogView>(
          `/api/features/run?repository=${encodeURIComponent(repository)}`,
          signal,
        );
      } catch (error) {
        if (error instanceof ApiProblem && error.status === 404) return null;
        throw error;
      }
    },
    refetchInterval: OVERVIEW_MS,
  });

export const useLessons = (): UseQueryResult<readonly Lesson[]> =>
  useQuery({
    queryKey: ['lessons'],
    queryFn: async ({ signal }) => (await get<{ lessons: Lesson[] }>('/api/lessons', signal)).lessons,
  });

const HEALTH_MS = 10_000;

export const useHealth = (): UseQueryResult<readonly PartHealth[]> =>
  useQuery({
    queryKey: ['health'],
    queryFn: async ({ signal }) => (await get<{ parts: PartHealth[] }>('/api/health', signal)).parts,
    refetchInterval: HEALTH_MS,
  });

export const useServiceSettings = (): UseQueryResult<ServiceSettings> =>
  useQuery({
    queryKey: ['settings'],
    queryFn: ({ signal }) => get<ServiceSettings>('/api/settings', signal),
    staleTime: 60_000,
  });

const EVENTS_A_PAGE = 1_000;
const EVENT_PAGES = 20;

/** What happened so far; of a very long swarm, the beginning. */
export const useEvents = (id: string): UseQueryResult<readonly SwarmEvent[]> => {
  const client = useQueryClient();
  const queryKey = ['swarm', id, 'events'];
  return useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      const all = [...(client.getQueryData<readonly SwarmEvent[]>(queryKey) ?? [])];
      for (let page = 0; page < EVENT_PAGES; page += 1) {
        const after = all.at(-1)?.sequence ?? 0;
        const { events } = await get<{ events: SwarmEvent[] }>(
          `${path('swarms', id, 'events')}?after=${after}&limit=${EVENTS_A_PAGE}`,
          signal,
        );
        all.push(...events);
        if (events.length < EVENTS_A_PAGE) break;
      }
      return all;
    },
  });
};
