/** The workflows, by the names that clients start them with. */
export { agentTask } from './agent-task.ts';
export { swarm } from './swarm.ts';
