/** Answers to requests that carried an idempotency key: the same request again gets the same answer. */
import type { Store } from './database.ts';

export type Begun =
  | { readonly kind: 'new' }
  | { readonly kind: 'atWork' }
  /** The key was used for something else. */
  | { readonly kind: 'other' }
  | { readonly kind: 'answered'; readonly status: number; readonly body: string };

/** A request that has not been answered for so long was lost with its process. */
const LOST_AFTER_MS = 15 * 60_000;

const now = (): string => new Date().toISOString();

/** Claims the key for this request, or tells what came of it. */
export const beginRequest = async ({ db }: Store, key: string, request: string): Promise<Begun> => {
  const lost = new Date(Date.now() - LOST_AFTER_MS).toISOString();
  await db
    .deleteFrom('answers')
    .where('key', '=', key)
    .where('status', '=', 0)
    .where('at', '<', lost)
    .execute();
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('answers')
    .values({ key, request, status: 0, body: '', at: now() })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .executeTakeFirst();
  if (Number(numInsertedOrUpdatedRows ?? 0) > 0) return { kind: 'new' };
  const row = await db.selectFrom('answers').selectAll().where('key', '=', key).executeTakeFirst();
  if (row === undefined) return { kind: 'atWork' };
  if (row.request !== request) return { kind: 'other' };
  return row.status === 0 ? { kind: 'atWork' } : { kind: 'answered', status: row.status, body: row.body };
};

export const recordAnswer = async (
  { db }: Store,
  key: string,
  answer: { readonly status: number; readonly body: string },
): Promise<void> => {
  await db
    .updateTable('answers')
    .set({ ...answer, at: now() })
    .where('key', '=', key)
    .execute();
};

/** Nothing came of it: the client may try again. */
export const releaseRequest = async ({ db }: Store, key: string): Promise<void> => {
  await db.deleteFrom('answers').where('key', '=', key).where('status', '=', 0).execute();
};

/** @param before ISO 8601 */
export const forgetAnswers = async ({ db }: Store, before: string): Promise<void> => {
  await db.deleteFrom('answers').where('at', '<', before).execute();
};
