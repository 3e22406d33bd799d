/** Ended swarms, with everything that their queries answered at the end: for when Temporal has forgotten them. */
import { sql } from 'kysely';
import type { MergeMatrix } from '../domain/train/integration.ts';
import type { Plan, PlanVersion } from '../domain/plan/plan.ts';
import type { Report } from '../domain/report/report.ts';
import type { Decision, Phase, SwarmView, TaskView } from '../domain/swarm/swarm.ts';
import type { Store } from './database.ts';

export interface ArchivedSwarm {
  readonly view: SwarmView;
  readonly tasks: readonly TaskView[];
  readonly decisions: readonly Decision[];
  readonly versions: readonly PlanVersion[];
  /** Of the versions, in their order; null for one whose file was gone. */
  readonly plans: readonly (Plan | null)[];
  readonly matrices: readonly MergeMatrix[];
  readonly report?: Report;
}

export interface ArchiveLine {
  readonly id: string;
  readonly phase: Phase;
  readonly repository: string;
  readonly goal: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly costUsd: number;
}

/** The latest word counts: archiving twice is harmless. */
export const archiveSwarm = async ({ db }: Store, swarm: ArchivedSwarm): Promise<void> => {
  const { view } = swarm;
  const row = {
    phase: view.phase,
    repository: view.repository,
    goal: view.goal,
    started_at: view.startedAt,
    ended_at: view.endedAt ?? view.startedAt,
    cost_usd: view.usage.costUsd,
    content: JSON.stringify(swarm),
  };
  await db
    .insertInto('archive')
    .values({ swarm_id: view.swarmId, ...row })
    .onConflict((conflict) => conflict.column('swarm_id').doUpdateSet(row))
    .execute();
};

export const readArchived = async ({ db }: Store, swarmId: string): Promise<ArchivedSwarm | undefined> => {
  const row = await db
    .selectFrom('archive')
    .select('content')
    .where('swarm_id', '=', swarmId)
    .executeTakeFirst();
  return row === undefined ? undefined : (JSON.parse(row.content) as ArchivedSwarm);
};

/** Newest first. */
export const listArchive = async ({ db }: Store): Promise<readonly ArchiveLine[]> => {
  const rows = await db
    .selectFrom('archive')
    .select(['swarm_id', 'phase', 'repository', 'goal', 'started_at', 'ended_at', 'cost_usd'])
    .orderBy('started_at', 'desc')
    .execute();
  return rows.map((row) => ({
    id: row.swarm_id,
    phase: row.phase as Phase,
    repository: row.repository,
    goal: row.goal,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    costUsd: row.cost_usd,
  }));
};

/** All that is kept by swarm. Lessons stay: they have bounds of their own. */
const BY_SWARM = [
  'events',
  'projections',
  'webhook_messages',
  'swarm_files',
  'model_calls',
  'agent_budgets',
  'agent_tokens',
  'swarm_budgets',
  'claims',
  'agent_progress',
  'shared_artifacts',
  'callbacks',
  'callback_ends',
] as const;

/** Forgets ended swarms with all that is kept of them. @param before ISO 8601 @returns how many */
export const forgetBefore = async ({ db }: Store, before: string): Promise<number> =>
  db.transaction().execute(async (transaction) => {
    const old = transaction.selectFrom('archive').select('swarm_id').where('ended_at', '<', before);
    for (const table of BY_SWARM)
      await sql`delete from ${sql.table(table)} where swarm_id in (${old})`.execute(transaction);
    const { numDeletedRows } = await transaction
      .deleteFrom('archive')
      .where('ended_at', '<', before)
      .executeTakeFirst();
    return Number(numDeletedRows);
  });
