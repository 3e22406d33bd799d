/** What the swarms of schedules are started with. */
import type { Kysely } from 'kysely';

export const schedules = async (db: Kysely<unknown>): Promise<void> => {
  await db.schema
    .createTable('schedule_definitions')
    .addColumn('schedule', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('definition', 'text', (column) => column.notNull())
    .addColumn('at', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('schedule_definitions_key', ['schedule', 'key'])
    .execute();
};
