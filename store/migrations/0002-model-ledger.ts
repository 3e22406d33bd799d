/** Budgets of swarms and agents, the tokens of agents, and every call to a model with what it cost. */
import { sql, type Kysely } from 'kysely';

export const modelLedger = async (db: Kysely<unknown>): Promise<void> => {
  await db.schema
    .createTable('swarm_budgets')
    .addColumn('swarm_id', 'text', (column) => column.primaryKey())
    .addColumn('limit_micros', 'bigint')
    .addColumn('spent_micros', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('reserved_micros', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('told', 'text', (column) => column.notNull().defaultTo(''))
    .addColumn('closed', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('rules', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('agent_budgets')
    .addColumn('swarm_id', 'text', (column) => column.notNull())
    .addColumn('agent_id', 'text', (column) => column.notNull())
    .addColumn('limit_micros', 'bigint')
    .addColumn('spent_micros', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('reserved_micros', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('refused_at', 'text')
    .addPrimaryKeyConstraint('agent_budgets_key', ['swarm_id', 'agent_id'])
    .execute();
  await db.schema
    .createTable('agent_tokens')
    .addColumn('hash', 'text', (column) => column.primaryKey())
    .addColumn('swarm_id', 'text', (column) => column.notNull())
    .addColumn('agent_id', 'text', (column) => column.notNull())
    .addColumn('task_id', 'text', (column) => column.notNull())
    .addColumn('models', 'text', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('agent_tokens_agent')
    .on('agent_tokens')
    .columns(['swarm_id', 'agent_id'])
    .execute();
  await db.schema
    .createTable('model_calls')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('swarm_id', 'text', (column) => column.notNull())
    .addColumn('agent_id', 'text', (column) => column.notNull())
    .addColumn('task_id', 'text', (column) => column.notNull())
    .addColumn('gateway', 'text', (column) => column.notNull())
    .addColumn('family', 'text', (column) => column.notNull())
    .addColumn('model', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('billed', 'integer', (column) => column.notNull())
    .addColumn('priced', 'integer', (column) => column.notNull())
    .addColumn('reserved_micros', 'bigint', (column) => column.notNull())
    .addColumn('cost_micros', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('input_tokens', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('output_tokens', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('cache_read_tokens', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('cache_write_tokens', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('status', 'integer')
    .addColumn('started_at', 'text', (column) => column.notNull())
    .addColumn('ended_at', 'text')
    .addColumn('lease_until', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('model_calls_agent')
    .on('model_calls')
    .columns(['swarm_id', 'agent_id'])
    .execute();
  await sql`create index model_calls_open on model_calls (gateway) where state = 'open'`.execute(db);
};
