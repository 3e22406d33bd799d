/** Agents of a swarm: what they are at, their logs, a message, ending one. */
import { z } from 'zod';
import { agentReader } from '../../agent-records.ts';
import { asMetered } from '../../swarm-costs.ts';
import { DroverFailure } from '../../../domain/failures.ts';
import { readAnswer } from '../../agent-answer.ts';
import { readAgentLog } from '../../agent-log.ts';
import { readRunnerLog } from '../../runner-log.ts';
import { isRunning, killAgent, messageAgent } from '../../swarm-actions.ts';
import { swarmHandle } from '../../swarm-handle.ts';
import { swarmReader } from '../../swarm-reader.ts';
import { AgentParams, SwarmParams, text, wholeNumber } from '../fields.ts';
import { route } from '../route.ts';
import { AgentAnswer, AgentLog, AgentRecord, RunnerLog } from '../schemas/swarm.ts';

const OfTask = z.looseObject({ taskId: z.string() });

export const agentRoutes = [
  route({
    method: 'get',
    path: '/api/swarms/{swarmId}/agents',
    tag: 'agents',
    summary: 'Agents, at work and ended',
    onHost: true,
    params: SwarmParams,
    answer: z.looseObject({ agents: z.array(AgentRecord) }),
    handle: async (api, { params: { swarmId } }) => {
      const reader = swarmReader(api.client, api.store, swarmId);
      const tasks = await reader.tasks();
      const onDisk = await agentReader(reader.handle.directory)();
      const known = new Set(onDisk.map(({ agentId }) => agentId));
      // On other hosts: only what the workflow knows.
      const elsewhere = tasks.flatMap(({ agentId, id, startedAt, ...task }) =>
        agentId === undefined || known.has(agentId) || !isRunning({ id, ...task })
          ? []
          : [{ agentId, taskId: id, ...(startedAt === undefined ? {} : { startedAt }) }],
      );
      return { agents: await asMetered(api.store.db, swarmId, [...onDisk, ...elsewhere]) };
    },
  }),
  route({
    method: 'get',
    path: '/api/swarms/{swarmId}/agents/{agentId}/log',
    tag: 'agents',
    summary: "A page of an agent's log; ask again with `from` for what comes after it",
    params: AgentParams,
    query: z.strictObject({ from: wholeNumber(0, 1_000_000_000_000).optional() }),
    answer: AgentLog,
    onHost: true,
    handle: async (api, { params: { swarmId, agentId }, query }) => {
      const reader = swarmReader(api.client, api.store, swarmId);
      const page = await readAgentLog(reader.handle.directory, agentId, query.from ?? 0);
      // A swarm that does not exist is a slip; an agent that has not started yet is not.
      if (page.events.length === 0 && page.next === 0) await reader.state();
      return page;
    },
  }),
  route({
    method: 'get',
    path: '/api/swarms/{swarmId}/agents/{agentId}/runner-log',
    tag: 'agents',
    summary: 'What the runner of an agent says of itself, in a pod too; the end of it when it is long',
    params: AgentParams,
    answer: RunnerLog,
    onHost: true,
    handle: async (api, { params: { swarmId, agentId } }) => {
      const reader = swarmReader(api.client, api.store, swarmId);
      const lines = await readRunnerLog(reader.handle.directory, agentId);
      if (lines.length === 0) await reader.state();
      return { lines };
    },
  }),
  route({
    method: 'get',
    path: '/api/swarms/{swarmId}/agents/{agentId}/answer',
    tag: 'agents',
    summary: "All of an agent's closing words, when they are more than its summary tells",
    params: AgentParams,
    answer: AgentAnswer,
    onHost: true,
    handle: async (api, { params: { swarmId, agentId } }) => {
      const reader = swarmReader(api.client, api.store, swarmId);
      const text = await readAnswer(reader.handle.directory, agentId);
      if (text !== undefined) return { text };
      await reader.state();
      throw new DroverFailure('notFound', `${agentId} has said no more than its summary tells`, {
        hint: `GET /api/swarms/${swarmId}/agents has the summaries`,
      });
    },
  }),
  route({
    method: 'post',
    path: '/api/swarms/{swarmId}/agents/{agentId}/kill',
    tag: 'agents',
    summary: 'End an agent; another one tries again if attempts are left',
    params: AgentParams,
    body: z.strictObject({ reason: text(2_000).optional() }),
    answer: OfTask,
    handle: async (api, { params, body }) => ({
      taskId: await killAgent(swarmHandle(api.client, params.swarmId), params.agentId, body.reason),
    }),
  }),
  route({
    method: 'post',
    path: '/api/swarms/{swarmId}/agents/{agentId}/message',
    tag: 'agents',
    summary: 'Give an agent a message to read between two turns',
    params: AgentParams,
    body: z.strictObject({ text: text(10_000) }),
    answer: OfTask,
    handle: async (api, { params, body }) => ({
      taskId: await messageAgent(swarmHandle(api.client, params.swarmId), params.agentId, body.text),
    }),
  }),
];
