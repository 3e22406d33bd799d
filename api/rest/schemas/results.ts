/** Answers about merging, verifying, the report and costs. */
import { z } from 'zod';
import 'zod-openapi';
import { TASK_STATES } from '../../../domain/swarm/swarm.ts';
import { Time, Usage } from './swarm.ts';

const count = z.int().min(0);

export const MergeMatrix = z
  .looseObject({
    base: z.string(),
    branches: z.array(
      z.looseObject({
        taskId: z.string(),
        commit: z.string(),
        files: count,
        insertions: count,
        deletions: count,
      }),
    ),
    pairs: z.array(
      z.looseObject({
        a: z.string(),
        b: z.string(),
        sharedPaths: z.array(z.string()),
        overlappingHunks: count,
        conflictPaths: z.array(z.string()),
      }),
    ),
  })
  .meta({ id: 'MergeMatrix' });

const Landing = z
  .looseObject({
    taskId: z.string(),
    commit: z.string(),
    mergeCommit: z.string(),
    reason: z.string(),
  })
  .meta({ id: 'Landing' });

const Verification = z
  .looseObject({
    commit: z.string(),
    taskIds: z.array(z.string()),
    result: z.looseObject({ ok: z.boolean(), tree: z.string(), seconds: z.number(), cached: z.boolean() }),
  })
  .meta({ id: 'Verification' });

export const Merges = z
  .looseObject({ landings: z.array(Landing), verifications: z.array(Verification) })
  .meta({ id: 'Merges' });

export const Report = z
  .looseObject({
    swarmId: z.string(),
    outcome: z.enum(['completed', 'failed', 'cancelled']),
    goal: z.string(),
    repository: z.string(),
    startedAt: Time,
    endedAt: Time,
    usage: Usage,
    landings: z.array(Landing),
  })
  .meta({ id: 'Report' });

const CostLine = z.looseObject({
  name: z.string(),
  usage: Usage,
});

const Budget = z
  .looseObject({
    limitUsd: z.number().min(0),
    spentUsd: z.number().min(0),
    reservedUsd: z.number().min(0).meta({ description: 'The most that the calls under way can cost' }),
  })
  .meta({ id: 'Budget', description: 'What the gateway lets through' });

export const SwarmCosts = z
  .looseObject({
    total: Usage,
    budget: Budget.optional(),
    byTask: z.array(CostLine),
    byModel: z.array(CostLine),
    byAgent: z.array(CostLine),
  })
  .meta({ id: 'SwarmCosts' });

export const Costs = z
  .looseObject({
    totalUsd: z.number().min(0),
    byDay: z.array(z.looseObject({ day: z.string(), costUsd: z.number(), swarms: count })),
    bySwarm: z.array(z.looseObject({ id: z.string(), startedAt: Time, costUsd: z.number() })),
    byRepository: z.array(z.looseObject({ repository: z.string(), costUsd: z.number(), swarms: count })),
    byModel: z.array(CostLine).meta({ description: 'From the ledger of the gateway, the dearest first' }),
    byAgent: z
      .array(z.looseObject({ swarmId: z.string(), agentId: z.string(), usage: Usage }))
      .meta({ description: 'From the ledger of the gateway, the dearest first' }),
    budgets: z
      .array(Budget.extend({ swarmId: z.string() }))
      .meta({ description: 'Of swarms that have a limit, the most used ones first' }),
  })
  .meta({ id: 'Costs' });

export const Comparison = z
  .looseObject({
    candidates: z
      .array(
        z.looseObject({
          agent: z.string(),
          state: z.enum(TASK_STATES),
          commit: z.string().optional(),
          size: z
            .looseObject({ files: count, insertions: count, deletions: count, paths: z.array(z.string()) })
            .optional(),
          verified: z.enum(['green', 'red', 'not verified']),
          failure: z.string().optional(),
          seconds: z.number().optional(),
          usage: Usage,
          summary: z.string(),
          judgement: z.string().optional(),
        }),
      )
      .meta({ description: 'The best first' }),
    judged: z.boolean().meta({ description: 'A model has ranked them' }),
    picked: z.string().optional().meta({ description: 'The agent whose branch became the result' }),
  })
  .meta({ id: 'Comparison' });
