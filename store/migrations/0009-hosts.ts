/** What processes on several machines must know of each other: hosts, and small files of swarms. */
import type { Kysely } from 'kysely';

export const hosts = async (db: Kysely<unknown>): Promise<void> => {
  await db.schema
    .createTable('hosts')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('url', 'text', (column) => column.notNull())
    .addColumn('started_at', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('swarm_files')
    .addColumn('swarm_id', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('content', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('swarm_files_key', ['swarm_id', 'name'])
    .execute();
};
