/** Answers about merging, verifying, the report and costs. */
import { z } from 'zod';
import 'zod-openapi';
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

export const SwarmCosts = z
  .looseObject({
    total: Usage,
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
  })
  .meta({ id: 'Costs' });
