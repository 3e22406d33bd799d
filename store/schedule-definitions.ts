/**
 * What the swarms of a schedule are started with, by the hash of its content: a definition is never changed, only
 * followed by another one, so that a run that has begun is not changed under its feet.
 */
import { createHash } from 'node:crypto';
import type { SwarmStart } from '../domain/swarm/start.ts';
import type { Store } from './database.ts';

/** @returns its key */
export const putDefinition = async (
  { db }: Store,
  schedule: string,
  definition: SwarmStart,
): Promise<string> => {
  const text = JSON.stringify(definition);
  const key = createHash('sha256').update(text).digest('hex');
  await db
    .insertInto('schedule_definitions')
    .values({ schedule, key, definition: text, at: new Date().toISOString() })
    .onConflict((conflict) => conflict.columns(['schedule', 'key']).doNothing())
    .execute();
  return key;
};

export const getDefinition = async (
  { db }: Store,
  schedule: string,
  key: string,
): Promise<SwarmStart | undefined> => {
  const row = await db
    .selectFrom('schedule_definitions')
    .select('definition')
    .where('schedule', '=', schedule)
    .where('key', '=', key)
    .executeTakeFirst();
  return row === undefined ? undefined : (JSON.parse(row.definition) as SwarmStart);
};

export const forgetDefinitions = async ({ db }: Store, schedule: string): Promise<void> => {
  await db.deleteFrom('schedule_definitions').where('schedule', '=', schedule).execute();
};
