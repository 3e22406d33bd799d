/** Every route of the REST API, in the order of the document. */
import type { Route } from '../route.ts';
import { agentRoutes } from './agents.ts';
import { decisionRoutes } from './decisions.ts';
import { deliveryRoutes } from './deliveries.ts';
import { featureRoutes } from './features.ts';
import { lessonRoutes } from './lessons.ts';
import { planRoutes } from './plans.ts';
import { projectRoutes } from './projects.ts';
import { pullRequestRoutes } from './pull-requests.ts';
import { resultRoutes } from './results.ts';
import { scheduleRoutes } from './schedules.ts';
import { serviceRoutes } from './service.ts';
import { swarmRoutes } from './swarms.ts';
import { taskRoutes } from './tasks.ts';
import { teamRoutes } from './teams.ts';

export const ROUTES: readonly Route[] = [
  ...swarmRoutes,
  ...planRoutes,
  ...taskRoutes,
  ...agentRoutes,
  ...decisionRoutes,
  ...resultRoutes,
  ...deliveryRoutes,
  ...pullRequestRoutes,
  ...featureRoutes,
  ...lessonRoutes,
  ...scheduleRoutes,
  ...serviceRoutes,
  ...projectRoutes,
  ...teamRoutes,
];
