/**
 * Small files of swarms (plans, settings, matrices, the report) for processes that do not have the disk of the
 * swarm's host: kept in the PostgreSQL that all of them share. A home without one has its disk alone.
 */
import type { Store } from './database.ts';
import type { Home, Shelf } from './home.ts';

const shelfIn = ({ db }: Store): Shelf => ({
  put: async (swarmId, name, content) => {
    await db
      .insertInto('swarm_files')
      .values({ swarm_id: swarmId, name, content })
      .onConflict((conflict) => conflict.columns(['swarm_id', 'name']).doUpdateSet({ content }))
      .execute();
  },
  get: async (swarmId, name) => {
    const row = await db
      .selectFrom('swarm_files')
      .select('content')
      .where('swarm_id', '=', swarmId)
      .where('name', '=', name)
      .executeTakeFirst();
    return row?.content;
  },
});

/** The home with the shelf of its store. SQLite is on the same disk as the files, so it needs none. */
export const homeWith = (home: Home, store: Store): Home =>
  store.kind === 'postgres' ? { ...home, shelf: shelfIn(store) } : home;
