/** What agents of a swarm tell each other: claims of files and features, progress, shared artifacts. */
import type { Kysely } from 'kysely';

export const coordination = async (db: Kysely<unknown>): Promise<void> => {
  await db.schema
    .createTable('claims')
    .addColumn('swarm_id', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('agent_id', 'text', (column) => column.notNull())
    .addColumn('at', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('claims_key', ['swarm_id', 'kind', 'name'])
    .execute();
  await db.schema
    .createTable('agent_progress')
    .addColumn('swarm_id', 'text', (column) => column.notNull())
    .addColumn('agent_id', 'text', (column) => column.notNull())
    .addColumn('task_id', 'text', (column) => column.notNull())
    .addColumn('percent', 'integer')
    .addColumn('note', 'text', (column) => column.notNull())
    .addColumn('at', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('agent_progress_key', ['swarm_id', 'agent_id'])
    .execute();
  await db.schema
    .createTable('shared_artifacts')
    .addColumn('swarm_id', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('agent_id', 'text', (column) => column.notNull())
    .addColumn('content', 'text', (column) => column.notNull())
    .addColumn('at', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('shared_artifacts_key', ['swarm_id', 'name'])
    .execute();
};
