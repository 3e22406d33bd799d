/** The workflows, by the names that clients start them with. */
export { agentTask } from './agent-task.ts';
export { backlog } from './backlog.ts';
export { delivery } from './delivery.ts';
export { followPullRequest } from './follow-pull-request.ts';
export { scheduledSwarm } from './scheduled-swarm.ts';
export { swarm, team } from './swarm.ts';
