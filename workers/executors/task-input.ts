/** The task as an agent's program gets it on standard input: the spec without Drover's own affairs. */
import type { AgentSpec } from '../../domain/agents/agent.ts';

export const taskForAgent = (spec: AgentSpec) => ({
  swarm: spec.swarmId,
  task: spec.taskId,
  agent: spec.agentId,
  attempt: spec.attempt,
  goal: spec.goal,
  title: spec.title,
  description: spec.description,
  category: spec.category,
  role: spec.role,
  readOnly: spec.readOnly,
  files: spec.files,
  dependencies: spec.dependencies,
  previous: spec.previous,
  fix: spec.fix,
  lessons: spec.lessons ?? [],
  context: spec.context?.pieces ?? [],
  workspace: spec.workspace,
  branch: spec.branch,
});
