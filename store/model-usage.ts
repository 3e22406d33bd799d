/** Sums over the ledger of model calls: what agents, models and swarms used. */
import { sql, type Kysely } from 'kysely';
import { toDollars } from '../domain/models/money.ts';
import { NO_USAGE, type Usage } from '../domain/models/usage.ts';
import type { Tables } from './tables.ts';

type Db = Kysely<Tables>;

/** Names in one answer about all swarms, the dearest. */
const NAMES = 200;

const whole = (expression: ReturnType<typeof sql>) =>
  sql<number>`cast(coalesce(sum(${expression}), 0) as bigint)`;
const total = (column: string) => whole(sql.ref(column));

/** Costs of an agent's own login are none of the swarm's. */
const SUMS = [
  total('input_tokens').as('input'),
  total('output_tokens').as('output'),
  total('cache_read_tokens').as('read'),
  total('cache_write_tokens').as('write'),
  whole(sql`case when billed = 1 then cost_micros else 0 end`).as('cost'),
  whole(sql`case when state in ('done', 'assumed') then 1 else 0 end`).as('calls'),
  whole(sql`case when state = 'open' then 1 else 0 end`).as('open'),
  whole(sql`case when priced = 0 and state <> 'failed' then 1 else 0 end`).as('unpriced'),
] as const;

type Row = Readonly<
  Record<'input' | 'output' | 'read' | 'write' | 'cost' | 'calls' | 'open' | 'unpriced', number>
>;

const usageOf = (row: Row): Usage => ({
  inputTokens: row.input,
  outputTokens: row.output,
  cacheReadTokens: row.read,
  cacheWriteTokens: row.write,
  calls: row.calls,
  costUsd: toDollars(row.cost),
  costIncomplete: row.unpriced > 0,
});

interface AgentUsage {
  readonly usage: Usage;
  /** Calls under way; what they may cost is not in `usage`. */
  readonly open: number;
}

/** What an agent (or with no agent a whole swarm) used. */
export const usageOfAgent = async (
  db: Db,
  swarmId: string,
  agentId?: string,
  since?: string,
): Promise<AgentUsage> => {
  let query = db.selectFrom('model_calls').select(SUMS).where('swarm_id', '=', swarmId);
  if (agentId !== undefined) query = query.where('agent_id', '=', agentId);
  if (since !== undefined) query = query.where('started_at', '>=', since);
  const row = await query.executeTakeFirst();
  return row === undefined ? { usage: NO_USAGE, open: 0 } : { usage: usageOf(row), open: row.open };
};

export interface AgentUsageLine {
  readonly swarmId: string;
  readonly agentId: string;
  readonly usage: Usage;
}

/** Agents of all swarms, the dearest first. */
export const dearestAgents = async (db: Db, limit = NAMES): Promise<readonly AgentUsageLine[]> => {
  const rows = await db
    .selectFrom('model_calls')
    .select(['swarm_id', 'agent_id', ...SUMS])
    .groupBy(['swarm_id', 'agent_id'])
    .orderBy('cost', 'desc')
    .orderBy('swarm_id')
    .orderBy('agent_id')
    .limit(limit)
    .execute();
  return rows.map(({ swarm_id: swarmId, agent_id: agentId, ...row }) => ({
    swarmId,
    agentId,
    usage: usageOf(row),
  }));
};

export interface UsageLine {
  readonly name: string;
  readonly usage: Usage;
}

/** The dearest first. Agents have the names that they have in their swarm. @param swarmId of all swarms when absent */
export const usageBy = async (
  db: Db,
  what: 'model' | 'agent_id',
  swarmId?: string,
): Promise<readonly UsageLine[]> => {
  const rows = await db
    .selectFrom('model_calls')
    .select([`${what} as name`, ...SUMS])
    .$if(swarmId !== undefined, (query) => query.where('swarm_id', '=', swarmId ?? ''))
    .groupBy(what)
    .orderBy('cost', 'desc')
    .orderBy('name')
    .$if(swarmId === undefined, (query) => query.limit(NAMES))
    .execute();
  return rows.map(({ name, ...row }) => ({ name, usage: usageOf(row) }));
};
