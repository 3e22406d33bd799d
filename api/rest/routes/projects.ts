/** Swarms by the names of a project manager: what other dashboards and scripts already call. See docs/api.md. */
import { z } from 'zod';
import type { SwarmSummary as Summary } from '../../list-swarms.ts';
import { prepareStart } from '../../start-request.ts';
import { startSwarm } from '../../start-swarm.ts';
import { resolveDecision } from '../../answer-decision.ts';
import { cancelSwarm, retryPhase } from '../../swarm-actions.ts';
import { swarmHandle } from '../../swarm-handle.ts';
import { agentReader } from '../../agent-records.ts';
import { asMetered } from '../../swarm-costs.ts';
import { swarmReader } from '../../swarm-reader.ts';
import { roleTable } from '../../../config/roles.ts';
import { teamTable } from '../../../config/teams.ts';
import type { ProjectTemplate } from '../../../config/templates.ts';
import { projectTemplate, projectTemplates } from '../../project-templates.ts';
import { DroverFailure } from '../../../domain/failures.ts';
import { projectPlan } from '../../../domain/swarm/project-template.ts';
import { Nothing, SwarmId, text } from '../fields.ts';
import { route } from '../route.ts';
import { AgentRecord, Decision, SwarmView, Time } from '../schemas/swarm.ts';
import { ResolveBody } from './decisions.ts';
import { Delivered, push, PushBody } from './deliveries.ts';

const ProjectParams = z.object({ id: SwarmId });

const Project = z.looseObject({
  id: z.string(),
  project_name: z.string(),
  status: z.string(),
  repo_path: z.string(),
  started_at: Time,
});

const projectOf = (swarm: Summary) => ({
  id: swarm.id,
  project_name: swarm.id,
  status: swarm.phase,
  repo_path: swarm.repository,
  started_at: swarm.startedAt,
});

const LaunchBody = z.strictObject({
  project_name: text(200).optional().meta({ description: 'The goal; needed without a `template`' }),
  repo_path: text(4_000),
  template: text(40).optional().meta({ description: 'Of the `drover.yml` there; see GET /api/gm/templates' }),
  build_command: text(20_000).optional(),
  test_command: text(20_000).optional(),
  agents: z
    .array(z.strictObject({ team: text(200).optional(), task: text(20_000) }))
    .min(1)
    .max(500)
    .optional()
    .meta({ description: 'One task each; needed without a `template`' }),
});

/** What is given counts more than what the template says. */
const launched = async (body: z.output<typeof LaunchBody>) => {
  const template =
    body.template === undefined ? undefined : await projectTemplate(body.repo_path, body.template);
  const goal = body.project_name ?? template?.goal ?? body.template;
  const agents = body.agents ?? template?.agents;
  if (goal === undefined || agents === undefined)
    throw new DroverFailure('invalidInput', 'Without "template", "project_name" and "agents" are needed');
  const build = body.build_command ?? template?.build;
  const test = body.test_command ?? template?.test;
  const roles = roleTable();
  return {
    plan: projectPlan(goal, agents, (name) => Object.hasOwn(roles, name)),
    config: {
      parallel: agents.length,
      verify: { ...(build === undefined ? {} : { build }), ...(test === undefined ? {} : { test }) },
    },
  };
};

/** As those of other dashboards: text, several commands joined. */
const commandText = (given: ProjectTemplate['build']): string | undefined =>
  given === undefined
    ? undefined
    : [given]
        .flat()
        .map((one) => (typeof one === 'string' ? one : one.run))
        .join(' && ');

export const projectRoutes = [
  route({
    method: 'post',
    path: '/api/gm/launch',
    tag: 'general-manager',
    summary: 'Start a swarm with one task for each agent; its plan needs no approval',
    body: LaunchBody,
    answer: z.looseObject({ id: z.string() }),
    status: 201,
    handle: async (api, { body, idempotencyKey }) => {
      const start = await prepareStart(
        {
          repository: body.repo_path,
          ...(await launched(body)),
          approve: true,
          ...(idempotencyKey === undefined ? {} : { key: idempotencyKey }),
        },
        { home: api.client.home, env: api.env, defaults: api.defaults },
      );
      const { id } = await startSwarm(api.client, start);
      api.started(id);
      return { id };
    },
  }),
  route({
    method: 'get',
    path: '/api/gm/projects',
    tag: 'general-manager',
    summary: 'All swarms, as projects',
    answer: z.looseObject({ projects: z.array(Project) }),
    handle: async (api) => ({ projects: (await api.swarms()).map(projectOf) }),
  }),
  route({
    method: 'get',
    path: '/api/gm/projects/{id}',
    tag: 'general-manager',
    summary: 'One swarm with its agents and decisions',
    params: ProjectParams,
    answer: z.looseObject({
      project: SwarmView,
      agents: z.array(AgentRecord),
      decisions: z.array(Decision),
    }),
    handle: async (api, { params: { id } }) => {
      const reader = swarmReader(api.client, api.store, id);
      const [project, agents, decisions] = await Promise.all([
        reader.state(),
        agentReader(reader.handle.directory)(),
        reader.decisions(),
      ]);
      return {
        project,
        agents: await asMetered(api.store.db, id, agents),
        decisions: decisions.map((decision) => ({ ...decision, global_id: `${id}.${decision.id}` })),
      };
    },
  }),
  route({
    method: 'post',
    path: '/api/gm/projects/{id}/cancel',
    tag: 'general-manager',
    summary: 'The same as POST /api/swarms/{swarmId}/cancel',
    params: ProjectParams,
    body: Nothing,
    handle: (api, { params }) => cancelSwarm(swarmHandle(api.client, params.id)),
  }),
  route({
    method: 'post',
    path: '/api/gm/projects/{id}/retry',
    tag: 'general-manager',
    summary: 'The same as POST /api/swarms/{swarmId}/retry',
    params: ProjectParams,
    body: Nothing,
    answer: z.looseObject({ decision: z.string().nullable() }),
    handle: async (api, { params }) => ({
      decision: (await retryPhase(swarmHandle(api.client, params.id)))?.id ?? null,
    }),
  }),
  route({
    method: 'post',
    path: '/api/gm/projects/{id}/push',
    tag: 'general-manager',
    summary: 'The same as POST /api/swarms/{swarmId}/push',
    params: ProjectParams,
    body: PushBody,
    answer: Delivered,
    handle: (api, { params, body }) => push(api.client, params.id, body),
  }),
  route({
    method: 'get',
    path: '/api/gm/templates',
    tag: 'general-manager',
    summary:
      'Project templates of the `drover.yml` of `repository`, and the teams that come with Drover; all fit a launch',
    query: z.strictObject({ repository: text(4_000).optional() }),
    answer: z.looseObject({
      templates: z.array(
        z.looseObject({
          name: z.string(),
          description: z.string(),
          repo_path: z.string().optional(),
          build_command: z.string().optional(),
          test_command: z.string().optional(),
          agents: z.array(z.looseObject({ name: z.string(), team: z.string(), task: z.string() })),
        }),
      ),
    }),
    handle: async (_, { query: { repository } }) => {
      const own = repository === undefined ? {} : await projectTemplates(repository);
      const projects = Object.entries(own).map(([name, { description = '', build, test, agents }]) => ({
        name,
        description,
        repo_path: repository,
        build_command: commandText(build),
        test_command: commandText(test),
        agents: agents.map(({ team = '', task }, index) => ({ name: `agent-${index}`, team, task })),
      }));
      const teams = Object.values(teamTable()).map(({ name, description, members }) => ({
        name,
        description,
        agents: members.map((member) => ({ name: member.name, team: member.role, task: member.task ?? '' })),
      }));
      return { templates: [...projects, ...teams] };
    },
  }),
  route({
    method: 'post',
    path: '/api/gm/decisions/{id}/resolve',
    tag: 'general-manager',
    summary: 'Answer a decision by its `global_id`: the id of the swarm, a dot, the id of the decision',
    params: z.object({
      id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}\.d[1-9][0-9]{0,8}$/, 'must be like add-search-k3f9.d1'),
    }),
    body: ResolveBody,
    answer: Decision,
    handle: (api, { params, body }) => {
      const [swarmId = '', decisionId = ''] = params.id.split('.');
      return resolveDecision(swarmHandle(api.client, swarmId), decisionId, body.action, body.feedback);
    },
  }),
];
