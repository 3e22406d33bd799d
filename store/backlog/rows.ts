/** The rows of a backlog, its lock, and what waits for what. */
import { sql, type Kysely, type Selectable, type Transaction } from 'kysely';
import type { Feature, FeatureState } from '../../domain/backlog/backlog.ts';
import type { Task } from '../../domain/plan/plan.ts';
import type { Tables } from '../tables.ts';

export type Db = Kysely<Tables>;
export type Row = Selectable<Tables['features']>;

export const now = (): string => new Date().toISOString();

export const toFeature = (row: Row): Feature => ({
  id: row.id,
  task: JSON.parse(row.task) as Task,
  state: row.state as FeatureState,
  attempts: row.attempts,
  waitsFor: row.waits_for,
  notes: row.notes,
  ...(row.owner === null ? {} : { owner: row.owner }),
  ...(row.claimed_at === null ? {} : { claimedAt: row.claimed_at }),
  changedAt: row.changed_at,
});

/** The end of the last change that this process has begun, by repository. */
const turns = new WeakMap<Db, Map<string, Promise<unknown>>>();

/** One after the other within this process, so that those who wait hold no connection that others need. */
const inTurn = async <T>(db: Db, repository: string, work: () => Promise<T>): Promise<T> => {
  const known = turns.get(db) ?? new Map<string, Promise<unknown>>();
  turns.set(db, known);
  const turn = (known.get(repository) ?? Promise.resolve()).then(work, work);
  known.set(repository, turn);
  try {
    return await turn;
  } finally {
    if (known.get(repository) === turn) known.delete(repository);
  }
};

/** Runs `change` with the backlog to itself. @param more ids to set aside; `change` gets the first of them */
export const alone = <T>(
  db: Db,
  repository: string,
  more: number,
  change: (transaction: Transaction<Tables>, firstId: number) => Promise<T>,
): Promise<T> =>
  inTurn(db, repository, () =>
    db.transaction().execute(async (transaction) => {
      const lock = () =>
        transaction
          .updateTable('backlogs')
          .set((row) => ({ last_id: row('last_id', '+', more) }))
          .where('repository', '=', repository)
          .returning('last_id');
      let row = await lock().executeTakeFirst();
      if (row === undefined) {
        await transaction
          .insertInto('backlogs')
          .values({ repository, last_id: 0 })
          .onConflict((conflict) => conflict.column('repository').doNothing())
          .execute();
        row = await lock().executeTakeFirstOrThrow();
      }
      return change(transaction, row.last_id - more + 1);
    }),
  );

/** Of a feature that nobody holds. */
export const FREE = { owner: null, owner_kind: null, claimed_at: null, lease_until: null } as const;

/** Of those that wait for the features: `by` more or fewer to wait for. */
export const shiftWaits = async (
  db: Db,
  repository: string,
  ids: readonly number[],
  by: 1 | -1,
): Promise<void> => {
  if (ids.length === 0) return;
  const waiting = sql`select n.feature from feature_needs n where n.repository = ${repository} and n.needs in (${sql.join([...ids])})`;
  await sql`update features set waits_for = waits_for + ${sql.lit(by)} *
      (select count(*) from (${waiting}) w where w.feature = features.id)
    where repository = ${repository} and id in (${waiting})`.execute(db);
};
