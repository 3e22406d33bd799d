/** Puts the activities of all parts together, by the task queue that they are on. */
import type { AgentActivities, WorkspaceActivities } from '../../activities/contract/agents.ts';
import type { ComparisonActivities } from '../../activities/contract/comparison.ts';
import type { DeliveryActivities, FollowActivities } from '../../activities/contract/delivery.ts';
import type { PlanActivities } from '../../activities/contract/plan.ts';
import type { ReportActivities } from '../../activities/contract/report.ts';
import type {
  BacklogActivities,
  HostActivities,
  ScheduleActivities,
} from '../../activities/contract/start.ts';
import type { TeamActivities } from '../../activities/contract/team.ts';
import type { BudgetActivities } from '../../activities/contract/budget.ts';
import type {
  ConflictActivities,
  IntegrationActivities,
  VerifyActivities,
} from '../../activities/contract/train.ts';
import { createAgentActivities, type PodLauncher } from '../../activities/agents/activities.ts';
import { createBacklogActivities } from '../../activities/backlog/activities.ts';
import { createComparisonActivities } from '../../activities/compare/activities.ts';
import { createConflictActivities } from '../../activities/conflict/activities.ts';
import { createDeliveryActivities } from '../../activities/deliver/activities.ts';
import type { GitHubAccess } from '../../activities/github/client.ts';
import { createWorkspaceActivities } from '../../activities/git/hand-over.ts';
import { learnInto } from '../../activities/lessons/learn.ts';
import { knownFrom, recallFrom } from '../../activities/lessons/recall.ts';
import { createIntegrationActivities } from '../../activities/git/integration.ts';
import { createHostActivities } from '../../activities/git/open-swarm.ts';
import { createBudgetActivities, type GatewayAccess } from '../../activities/model/access.ts';
import { createPlanActivities } from '../../activities/plan/activities.ts';
import { createReportActivities } from '../../activities/report/activities.ts';
import { createScheduleActivities } from '../../activities/schedule/activities.ts';
import { createTeamActivities } from '../../activities/team/activities.ts';
import { createVerifyActivities } from '../../activities/verify/activities.ts';
import { fileClaims, sharedTexts } from '../../store/coordination.ts';
import type { Store } from '../../store/database.ts';
import { usageOfAgent } from '../../store/model-usage.ts';
import type { Home } from '../../store/home.ts';
import type { Environment } from '../../config/environment.ts';
import { createCliLead } from '../lead/ask.ts';

export interface ActivityDependencies {
  readonly home: Home;
  readonly hostId: string;
  readonly github: GitHubAccess;
  readonly models: GatewayAccess;
  readonly store: Store;
  /** For agents in pods. */
  readonly pods: PodLauncher;
  /** The program of the runners. */
  readonly runnerEntry: string;
  /** Drover's own environment, without keys. */
  readonly env: Environment;
}

type OnThisHost = AgentActivities &
  BudgetActivities &
  ComparisonActivities &
  DeliveryActivities &
  FollowActivities &
  ConflictActivities &
  IntegrationActivities &
  PlanActivities &
  ReportActivities &
  TeamActivities &
  VerifyActivities &
  WorkspaceActivities;

/** Of the shared task queue: whichever host takes `openSwarm` keeps the swarm. */
export const sharedActivities = ({
  home,
  hostId,
  models,
  store,
}: ActivityDependencies): HostActivities & ScheduleActivities & BacklogActivities => ({
  ...createHostActivities({
    home,
    hostId,
    openSpending: (swarmId, settings) => models.openSwarm(swarmId, settings),
  }),
  ...createScheduleActivities({ home, store }),
  ...createBacklogActivities({ home, store }),
});

/** Of this host's own task queue. */
export const hostActivities = (deps: ActivityDependencies): OnThisHost => {
  const { home, env, github, models, runnerEntry } = deps;
  const modelAccess = models.ofSwarm;
  const recall = recallFrom(deps.store);
  return {
    ...createAgentActivities({
      home,
      env,
      doors: models,
      runnerEntry,
      nodePath: process.execPath,
      pods: deps.pods,
    }),
    ...createBudgetActivities(deps.store),
    ...createPlanActivities({ home, modelAccess, recall, known: knownFrom(deps.store) }),
    ...createConflictActivities({ home, env }),
    ...createWorkspaceActivities({
      home,
      recall,
      shared: sharedTexts(deps.store.db),
      fileClaims: (swarmId) => fileClaims(deps.store.db, swarmId),
      metered: async (swarmId, agentId) => (await usageOfAgent(deps.store.db, swarmId, agentId)).usage,
    }),
    ...createIntegrationActivities({ home }),
    ...createComparisonActivities({ home, modelAccess }),
    ...createDeliveryActivities({ home, env, github }),
    ...createReportActivities({ home, modelAccess, learn: learnInto(deps.store) }),
    ...createTeamActivities({ home, modelAccess, leadAccess: models.ofLead, cliLead: createCliLead(env) }),
    ...createVerifyActivities({ home, env }),
  };
};
