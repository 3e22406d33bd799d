/** Which host keeps a swarm, and where its API is: for what only the host's disk can answer. */
import type { Store } from './database.ts';
import { swarmDirectory, type Home } from './home.ts';

const HOST_FILE = 'host';

/** The host has (re)started; its API is now at `url`. */
export const announceHost = async ({ db }: Store, id: string, url: string, at: string): Promise<void> => {
  const row = { url, started_at: at };
  await db
    .insertInto('hosts')
    .values({ id, ...row })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
};

export const keepHostOf = async (home: Home, swarmId: string, hostId: string): Promise<void> => {
  await swarmDirectory(home, swarmId).shelf?.put(HOST_FILE, hostId);
};

/** Undefined when the swarm's host is not known, or told nobody of its API. */
export const hostUrlOf = async ({ db }: Store, swarmId: string): Promise<string | undefined> => {
  const row = await db
    .selectFrom('swarm_files')
    .innerJoin('hosts', 'hosts.id', 'swarm_files.content')
    .select('hosts.url')
    .where('swarm_files.swarm_id', '=', swarmId)
    .where('swarm_files.name', '=', HOST_FILE)
    .executeTakeFirst();
  return row?.url;
};
