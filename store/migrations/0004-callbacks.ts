/** What agents that run elsewhere report of themselves, until it is taken over where their run directories are. */
import type { Kysely } from 'kysely';

export const callbacks = async (db: Kysely<unknown>): Promise<void> => {
  await db.schema
    .createTable('callback_ends')
    .addColumn('swarm_id', 'text', (column) => column.notNull())
    .addColumn('agent_id', 'text', (column) => column.notNull())
    .addColumn('last', 'integer', (column) => column.notNull())
    .addColumn('bytes', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('callback_ends_key', ['swarm_id', 'agent_id'])
    .execute();
  await db.schema
    .createTable('callbacks')
    .addColumn('swarm_id', 'text', (column) => column.notNull())
    .addColumn('agent_id', 'text', (column) => column.notNull())
    .addColumn('sequence', 'integer', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .addColumn('at', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('callbacks_key', ['swarm_id', 'agent_id', 'sequence'])
    .execute();
};
