/** The feature backlog of each repository. */
import type { Kysely } from 'kysely';

export const features = async (db: Kysely<unknown>): Promise<void> => {
  await db.schema
    .createTable('backlogs')
    .addColumn('repository', 'text', (column) => column.primaryKey())
    .addColumn('last_id', 'integer', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('features')
    .addColumn('repository', 'text', (column) => column.notNull())
    .addColumn('id', 'integer', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('priority', 'integer', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('waits_for', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('task', 'text', (column) => column.notNull())
    .addColumn('notes', 'text', (column) => column.notNull().defaultTo(''))
    .addColumn('owner', 'text')
    .addColumn('owner_kind', 'text')
    .addColumn('claimed_at', 'text')
    .addColumn('lease_until', 'text')
    .addColumn('changed_at', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('features_key', ['repository', 'id'])
    .addUniqueConstraint('features_name', ['repository', 'name'])
    .execute();
  await db.schema
    .createIndex('features_next')
    .on('features')
    .columns(['repository', 'state', 'waits_for', 'priority', 'attempts', 'id'])
    .execute();
  await db.schema.createIndex('features_owner').on('features').columns(['owner']).execute();
  await db.schema
    .createTable('feature_needs')
    .addColumn('repository', 'text', (column) => column.notNull())
    .addColumn('feature', 'integer', (column) => column.notNull())
    .addColumn('needs', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('feature_needs_key', ['repository', 'feature', 'needs'])
    .execute();
  await db.schema
    .createIndex('feature_needs_back')
    .on('feature_needs')
    .columns(['repository', 'needs'])
    .execute();
};
