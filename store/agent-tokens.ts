/** Tokens of agents. Only their hashes are kept: whoever reads the store cannot call as an agent. */
import { createHash, randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { SpendingRules } from '../domain/models/spending.ts';
import type { Tables } from './tables.ts';

type Db = Kysely<Tables>;

export interface AgentGrant {
  readonly swarmId: string;
  readonly agentId: string;
  /** Empty for the planner and the writer of the report. */
  readonly taskId: string;
  /** Full ids of the models that it may use; empty for all that have a price. */
  readonly models: readonly string[];
  /** Of this agent alone. */
  readonly limitMicros?: number;
}

export interface KnownAgent extends Omit<AgentGrant, 'limitMicros'> {
  /** JSON of `SpendingRules`, as it is stored. */
  readonly rules: string;
  readonly closed: boolean;
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** @returns a new token; there may be several for one agent, and all end with it */
export const grantToken = async (db: Db, grant: AgentGrant): Promise<string> => {
  const token = `drover-${randomBytes(24).toString('base64url')}`;
  await db
    .insertInto('agent_budgets')
    .values({
      swarm_id: grant.swarmId,
      agent_id: grant.agentId,
      limit_micros: grant.limitMicros ?? null,
    })
    .onConflict((conflict) => conflict.columns(['swarm_id', 'agent_id']).doNothing())
    .execute();
  await db
    .insertInto('agent_tokens')
    .values({
      hash: hashOf(token),
      swarm_id: grant.swarmId,
      agent_id: grant.agentId,
      task_id: grant.taskId,
      models: JSON.stringify(grant.models),
      created_at: new Date().toISOString(),
    })
    .execute();
  return token;
};

/** Of one agent, or of a whole swarm. */
export const revokeTokens = async (db: Db, swarmId: string, agentId?: string): Promise<void> => {
  const query = db.deleteFrom('agent_tokens').where('swarm_id', '=', swarmId);
  await (agentId === undefined ? query : query.where('agent_id', '=', agentId)).execute();
};

/** Whose token it is, or undefined when it is nobody's. */
export const knownAgent = async (db: Db, token: string): Promise<KnownAgent | undefined> => {
  const row = await db
    .selectFrom('agent_tokens')
    .innerJoin('swarm_budgets', 'swarm_budgets.swarm_id', 'agent_tokens.swarm_id')
    .select([
      'agent_tokens.swarm_id',
      'agent_tokens.agent_id',
      'agent_tokens.task_id',
      'agent_tokens.models',
      'swarm_budgets.rules',
      'swarm_budgets.closed',
    ])
    .where('agent_tokens.hash', '=', hashOf(token))
    .executeTakeFirst();
  return row === undefined
    ? undefined
    : {
        swarmId: row.swarm_id,
        agentId: row.agent_id,
        taskId: row.task_id,
        models: JSON.parse(row.models) as string[],
        rules: row.rules,
        closed: row.closed !== 0,
      };
};

export const parseRules = (rules: string): SpendingRules => JSON.parse(rules) as SpendingRules;
