/** What came of a swarm: merges, overlap matrices, diffs, the report, costs. */
import { basename } from 'node:path';
import { z } from 'zod';
import { DroverFailure } from '../../../domain/failures.ts';
import { toDollars } from '../../../domain/models/money.ts';
import type { Spending } from '../../../domain/models/spending.ts';
import { readIfThere } from '../../../store/files.ts';
import { limitedSpending, readSpending } from '../../../store/budgets.ts';
import { dearestAgents, usageBy } from '../../../store/model-usage.ts';
import { costsOf, summed } from '../../swarm-costs.ts';
import { agentReader } from '../../agent-records.ts';
import { mergesSoFar } from '../../merges.ts';
import { conflictText, swarmConflict } from '../../swarm-conflict.ts';
import { wholePatch } from '../../swarm-diff.ts';
import { swarmHandle } from '../../swarm-handle.ts';
import { swarmReader } from '../../swarm-reader.ts';
import { SwarmParams, TaskId } from '../fields.ts';
import { route } from '../route.ts';
import { Comparison, Costs, MergeMatrix, Merges, Report, SwarmCosts } from '../schemas/results.ts';

const noReport = (swarmId: string): DroverFailure =>
  new DroverFailure('notFound', `Swarm ${swarmId} has no report yet`, {
    hint: 'it is written when the swarm has ended',
  });

const budgetOf = (limitMicros: number, { spentMicros, reservedMicros }: Spending) => ({
  limitUsd: toDollars(limitMicros),
  spentUsd: toDollars(spentMicros),
  reservedUsd: toDollars(reservedMicros),
});

export const resultRoutes = [
  route({
    method: 'get',
    path: '/api/swarms/{swarmId}/merges',
    tag: 'results',
    summary: 'What has landed, in order, and what was verified',
    params: SwarmParams,
    answer: Merges,
    handle: async (api, { params }) => {
      const reader = swarmReader(api.client, api.store, params.swarmId);
      const report = await reader.report();
      return report ?? mergesSoFar(api.store, reader);
    },
  }),
  route({
    method: 'get',
    path: '/api/swarms/{swarmId}/matrix',
    tag: 'results',
    summary: 'Overlap matrices of the branches, oldest first',
    params: SwarmParams,
    answer: z.looseObject({ matrices: z.array(MergeMatrix) }),
    handle: async (api, { params }) => ({
      matrices: await swarmReader(api.client, api.store, params.swarmId).matrices(),
    }),
  }),
  route({
    method: 'get',
    path: '/api/swarms/{swarmId}/comparison',
    tag: 'results',
    summary: 'The answers of a swarm in independent mode, side by side, once all its agents have ended',
    params: SwarmParams,
    answer: Comparison,
    handle: async (api, { params }) => {
      const reader = swarmReader(api.client, api.store, params.swarmId);
      const report = await reader.report();
      const comparison = report === undefined ? await reader.handle.comparison() : report.comparison;
      if (comparison !== undefined) return comparison;
      throw new DroverFailure('notFound', `Swarm ${params.swarmId} has no answers to compare`, {
        hint: 'swarms in independent mode have, once all their agents have ended',
      });
    },
  }),
  route({
    method: 'get',
    path: '/api/swarms/{swarmId}/diff',
    tag: 'results',
    summary: 'The result against the base or, with `task`, what one task changed, as a unified diff',
    params: SwarmParams,
    query: z.strictObject({ task: TaskId.optional() }),
    answer: z.string(),
    text: true,
    onHost: true,
    handle: (api, { params, query }) =>
      wholePatch(swarmReader(api.client, api.store, params.swarmId), api.env['PATH'] ?? '', query.task),
  }),
  route({
    method: 'get',
    path: '/api/swarms/{swarmId}/conflict',
    tag: 'results',
    summary:
      'Where the finished branch of a task conflicts with what has landed; empty when it no longer does',
    params: SwarmParams,
    query: z.strictObject({ task: TaskId }),
    answer: z.string(),
    text: true,
    onHost: true,
    handle: async (api, { params, query }) =>
      conflictText(
        await swarmConflict(swarmHandle(api.client, params.swarmId), api.env['PATH'] ?? '', query.task),
      ),
  }),
  route({
    method: 'get',
    path: '/api/swarms/{swarmId}/report',
    tag: 'results',
    summary: 'The report, once the swarm has ended',
    params: SwarmParams,
    answer: Report,
    handle: async (api, { params }) => {
      const report = await swarmReader(api.client, api.store, params.swarmId).report();
      if (report === undefined) throw noReport(params.swarmId);
      return report;
    },
  }),
  route({
    method: 'get',
    path: '/api/swarms/{swarmId}/report.md',
    tag: 'results',
    summary: 'The report as Markdown',
    params: SwarmParams,
    answer: z.string(),
    text: true,
    handle: async (api, { params }) => {
      const { handle } = swarmReader(api.client, api.store, params.swarmId);
      const { reportMarkdown, shelf } = handle.directory;
      const markdown = (await readIfThere(reportMarkdown)) ?? (await shelf?.get(basename(reportMarkdown)));
      if (markdown === undefined) throw noReport(params.swarmId);
      return markdown;
    },
  }),
  route({
    method: 'get',
    path: '/api/swarms/{swarmId}/costs',
    tag: 'results',
    summary: 'What a swarm has cost, by task, model and agent',
    params: SwarmParams,
    answer: SwarmCosts,
    handle: async (api, { params }) => {
      const reader = swarmReader(api.client, api.store, params.swarmId);
      const [view, tasks, agents] = await Promise.all([
        reader.state(),
        reader.tasks(),
        agentReader(reader.handle.directory)(),
      ]);
      const spending = await readSpending(api.store.db, params.swarmId);
      return {
        total: view.usage,
        ...(spending?.limitMicros === undefined ? {} : { budget: budgetOf(spending.limitMicros, spending) }),
        byTask: summed(
          tasks.filter(({ usage }) => usage.calls > 0).map(({ id, usage }) => ({ name: id, usage })),
        ),
        ...(await costsOf(api.store.db, params.swarmId, agents)),
      };
    },
  }),
  route({
    method: 'get',
    path: '/api/costs',
    tag: 'results',
    summary: 'What all swarms have cost, by day, swarm, repository, model and agent, and their budgets',
    answer: Costs,
    handle: async (api) => {
      const swarms = await api.swarms();
      const sums = (key: (swarm: (typeof swarms)[number]) => string) => {
        const found = new Map<string, { costUsd: number; swarms: number }>();
        for (const swarm of swarms) {
          const sum = found.get(key(swarm)) ?? { costUsd: 0, swarms: 0 };
          found.set(key(swarm), { costUsd: sum.costUsd + swarm.costUsd, swarms: sum.swarms + 1 });
        }
        return [...found];
      };
      return {
        totalUsd: swarms.reduce((sum, { costUsd }) => sum + costUsd, 0),
        byDay: sums(({ startedAt }) => startedAt.slice(0, 10)).map(([day, sum]) => ({ day, ...sum })),
        bySwarm: swarms.map(({ id, startedAt, costUsd }) => ({ id, startedAt, costUsd })),
        byModel: await usageBy(api.store.db, 'model'),
        byAgent: await dearestAgents(api.store.db),
        budgets: (await limitedSpending(api.store.db)).map(({ swarmId, ...spending }) => ({
          swarmId,
          ...budgetOf(spending.limitMicros, spending),
        })),
        byRepository: sums(({ repository }) => repository).map(([repository, sum]) => ({
          repository,
          ...sum,
        })),
      };
    },
  }),
];
