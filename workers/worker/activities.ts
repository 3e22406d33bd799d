/** Puts the activities of all parts together, by the task queue that they are on. */
import type {
  AgentActivities,
  ComparisonActivities,
  DeliveryActivities,
  FollowActivities,
  ConflictActivities,
  HostActivities,
  IntegrationActivities,
  PlanActivities,
  ReportActivities,
  VerifyActivities,
  WorkspaceActivities,
} from '../../activities/contract.ts';
import { createAgentActivities } from '../../activities/agents/activities.ts';
import { createComparisonActivities } from '../../activities/compare/activities.ts';
import { createConflictActivities } from '../../activities/conflict/activities.ts';
import { createDeliveryActivities } from '../../activities/deliver/activities.ts';
import type { GitHubAccess } from '../../activities/github/client.ts';
import { createWorkspaceActivities } from '../../activities/git/hand-over.ts';
import { createIntegrationActivities } from '../../activities/git/integration.ts';
import { createHostActivities } from '../../activities/git/open-swarm.ts';
import { createPlanActivities } from '../../activities/plan/activities.ts';
import { createReportActivities } from '../../activities/report/activities.ts';
import { createVerifyActivities } from '../../activities/verify/activities.ts';
import type { Home } from '../../store/home.ts';
import type { Environment } from '../../config/environment.ts';

export interface ActivityDependencies {
  readonly home: Home;
  readonly hostId: string;
  readonly modelAccess: { readonly anthropicApiKey?: string; readonly anthropicBaseUrl?: string };
  readonly github: GitHubAccess;
  /** The program of the runners. */
  readonly runnerEntry: string;
  /** Drover's own environment, without keys. */
  readonly env: Environment;
}

type OnThisHost = AgentActivities &
  ComparisonActivities &
  DeliveryActivities &
  FollowActivities &
  ConflictActivities &
  IntegrationActivities &
  PlanActivities &
  ReportActivities &
  VerifyActivities &
  WorkspaceActivities;

/** Of the shared task queue: whichever host takes `openSwarm` keeps the swarm. */
export const sharedActivities = ({ home, hostId }: ActivityDependencies): HostActivities =>
  createHostActivities({ home, hostId });

/** Of this host's own task queue. */
export const hostActivities = (deps: ActivityDependencies): OnThisHost => {
  const { home, env, github, modelAccess, runnerEntry } = deps;
  return {
    ...createAgentActivities({ home, env, modelAccess, runnerEntry, nodePath: process.execPath }),
    ...createPlanActivities({ home, modelAccess }),
    ...createConflictActivities({ home, env }),
    ...createWorkspaceActivities({ home }),
    ...createIntegrationActivities({ home }),
    ...createComparisonActivities({ home, modelAccess }),
    ...createDeliveryActivities({ home, env, github }),
    ...createReportActivities({ home, modelAccess }),
    ...createVerifyActivities({ home, env }),
  };
};
