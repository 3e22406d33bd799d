/** What swarms taught about their repositories, who was told, and which swarms have been read already. */
import type { Kysely } from 'kysely';

export const lessons = async (db: Kysely<unknown>): Promise<void> => {
  await db.schema
    .createTable('lessons')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('repository', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('content', 'text', (column) => column.notNull())
    .addColumn('weight', 'double precision', (column) => column.notNull())
    .addColumn('learnt_at', 'text', (column) => column.notNull())
    .addColumn('seen_at', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('lessons_by_repository')
    .on('lessons')
    .columns(['repository', 'seen_at'])
    .execute();
  await db.schema
    .createTable('lesson_uses')
    .addColumn('swarm_id', 'text', (column) => column.notNull())
    .addColumn('task_id', 'text', (column) => column.notNull())
    .addColumn('lesson_id', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('lesson_uses_key', ['swarm_id', 'task_id', 'lesson_id'])
    .execute();
  await db.schema
    .createTable('learnt_swarms')
    .addColumn('swarm_id', 'text', (column) => column.primaryKey())
    .addColumn('at', 'text', (column) => column.notNull())
    .execute();
};
