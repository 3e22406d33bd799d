/**
 * Brings a database to the newest form. All in one transaction under a lock of the database's own, so that
 * processes that start at the same moment do not get in each other's way and a killed one leaves nothing half done.
 */
import { sql, type Kysely } from 'kysely';
import { DroverFailure } from '../domain/failures.ts';
import { events } from './migrations/0001-events.ts';
import { callbacks } from './migrations/0004-callbacks.ts';
import { coordination } from './migrations/0003-coordination.ts';
import { schedules } from './migrations/0008-schedules.ts';
import { features } from './migrations/0009-features.ts';
import { hosts } from './migrations/0009-hosts.ts';
import { modelLedger } from './migrations/0002-model-ledger.ts';
import { moneyWaits } from './migrations/0010-money-waits.ts';
import { webhooks } from './migrations/0005-webhooks.ts';
import { lessons } from './migrations/0008-lessons.ts';

type Migration = (db: Kysely<unknown>) => Promise<void>;

/** In this order, for ever: what has been released is never changed, only followed by another one. */
const MIGRATIONS: readonly (readonly [name: string, migration: Migration])[] = [
  ['0001-events', events],
  ['0002-model-ledger', modelLedger],
  ['0003-coordination', coordination],
  ['0004-callbacks', callbacks],
  ['0005-webhooks', webhooks],
  ['0008-schedules', schedules],
  ['0009-hosts', hosts],
  ['0008-lessons', lessons],
  ['0009-features', features],
  ['0010-money-waits', moneyWaits],
];

/** Any number, the same in all of Drover's processes. */
const POSTGRES_LOCK = 7_420_001;

const appliedTo = async <T>(db: Kysely<T>): Promise<ReadonlySet<string>> => {
  const { rows } = await sql<{ name: string }>`select name from drover_migrations`.execute(db);
  return new Set(rows.map(({ name }) => name));
};

/** What this Drover needs and the database does not have: all of it when it is a new one. */
export const missingMigrations = async <T>(db: Kysely<T>): Promise<readonly string[]> => {
  const names = await appliedTo(db);
  return MIGRATIONS.flatMap(([name]) => (names.has(name) ? [] : [name]));
};

/** @throws DroverFailure `unavailable` when a newer Drover has been at this database */
export const migrate = async (db: Kysely<unknown>, kind: 'sqlite' | 'postgres'): Promise<void> => {
  await db.transaction().execute(async (transaction) => {
    if (kind === 'postgres') await sql`select pg_advisory_xact_lock(${POSTGRES_LOCK})`.execute(transaction);
    await sql`create table if not exists drover_migrations (name text primary key, at text not null)`.execute(
      transaction,
    );
    const names = await appliedTo(transaction);
    const unknown = [...names].filter((name) => !MIGRATIONS.some(([known]) => known === name));
    if (unknown.length > 0)
      throw new DroverFailure(
        'unavailable',
        `The store was made by a newer Drover: it has ${unknown.join(', ')}`,
        {
          hint: 'use that Drover, or another DROVER_HOME or DROVER_DATABASE_URL',
        },
      );
    for (const [name, migration] of MIGRATIONS) {
      if (names.has(name)) continue;
      await migration(transaction);
      await sql`insert into drover_migrations (name, at) values (${name}, ${new Date().toISOString()})`.execute(
        transaction,
      );
    }
  });
};
