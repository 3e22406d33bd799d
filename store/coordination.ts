/**
 * What agents of a swarm tell each other. A claim is a row whose key is the file that is claimed, so that two agents
 * never hold the same; the rows of an agent go when it ends.
 */
import { sql, type Kysely } from 'kysely';
import type { Tables } from './tables.ts';

type Db = Kysely<Tables>;

/** What is claimed; earlier versions had features among them, which are in the backlog now. */
const FILE = 'file';

export interface Owner {
  readonly swarmId: string;
  readonly agentId: string;
}

export interface Claimed {
  readonly claimed: readonly string[];
  /** What another agent holds. */
  readonly refused: readonly { readonly name: string; readonly owner: string }[];
}

const MOST_NAMES = 10_000;
const now = (): string => new Date().toISOString();

export const claim = async (
  db: Db,
  { swarmId, agentId }: Owner,
  names: readonly string[],
): Promise<Claimed> => {
  const wanted = [...new Set(names)];
  await db
    .insertInto('claims')
    .values(wanted.map((name) => ({ swarm_id: swarmId, kind: FILE, name, agent_id: agentId, at: now() })))
    .onConflict((conflict) => conflict.columns(['swarm_id', 'kind', 'name']).doNothing())
    .execute();
  const rows = await db
    .selectFrom('claims')
    .select(['name', 'agent_id'])
    .where('swarm_id', '=', swarmId)
    .where('kind', '=', FILE)
    .where('name', 'in', wanted)
    .execute();
  const owners = new Map(rows.map((row) => [row.name, row.agent_id]));
  return {
    claimed: wanted.filter((name) => owners.get(name) === agentId),
    refused: wanted.flatMap((name) => {
      const owner = owners.get(name);
      return owner === undefined || owner === agentId ? [] : [{ name, owner }];
    }),
  };
};

/** Others' claims stay. @returns the names that the agent held */
export const release = async (
  db: Db,
  { swarmId, agentId }: Owner,
  names: readonly string[],
): Promise<readonly string[]> => {
  const rows = await db
    .deleteFrom('claims')
    .where('swarm_id', '=', swarmId)
    .where('agent_id', '=', agentId)
    .where('kind', '=', FILE)
    .where('name', 'in', [...names])
    .returning('name')
    .execute();
  return rows.map(({ name }) => name);
};

/** The agent has ended: what it held is free. */
export const releaseAll = async (db: Db, { swarmId, agentId }: Owner): Promise<void> => {
  await db.deleteFrom('claims').where('swarm_id', '=', swarmId).where('agent_id', '=', agentId).execute();
};

/** All files that agents of the swarm hold. */
export const fileClaims = async (
  db: Db,
  swarmId: string,
): Promise<readonly { readonly name: string; readonly owner: string }[]> => {
  const rows = await db
    .selectFrom('claims')
    .select(['name', 'agent_id'])
    .where('swarm_id', '=', swarmId)
    .where('kind', '=', FILE)
    .execute();
  return rows.map((row) => ({ name: row.name, owner: row.agent_id }));
};

export const reportProgress = async (
  db: Db,
  { swarmId, agentId }: Owner,
  taskId: string,
  progress: { readonly percent?: number; readonly note: string },
): Promise<void> => {
  const told = { percent: progress.percent ?? null, note: progress.note, at: now() };
  await db
    .insertInto('agent_progress')
    .values({ swarm_id: swarmId, agent_id: agentId, task_id: taskId, ...told })
    .onConflict((conflict) => conflict.columns(['swarm_id', 'agent_id']).doUpdateSet(told))
    .execute();
};

export const shareArtifact = async (
  db: Db,
  { swarmId, agentId }: Owner,
  artifact: { readonly name: string; readonly content: string },
): Promise<void> => {
  const told = { agent_id: agentId, content: artifact.content, at: now() };
  await db
    .insertInto('shared_artifacts')
    .values({ swarm_id: swarmId, name: artifact.name, ...told })
    .onConflict((conflict) => conflict.columns(['swarm_id', 'name']).doUpdateSet(told))
    .execute();
};

/** What one agent of the swarm has shared, or undefined. */
export const readShared = async (db: Db, swarmId: string, name: string): Promise<string | undefined> => {
  const row = await db
    .selectFrom('shared_artifacts')
    .select('content')
    .where('swarm_id', '=', swarmId)
    .where('name', '=', name)
    .executeTakeFirst();
  return row?.content;
};

/** What agents of a swarm have shared, for those that start: never more than asked for is in memory. */
export const sharedTexts = (db: Db) => ({
  list: (swarmId: string): Promise<readonly { readonly name: string; readonly length: number }[]> =>
    db
      .selectFrom('shared_artifacts')
      .select(({ fn }) => ['name', fn<number>('octet_length', ['content']).as('length')])
      .where('swarm_id', '=', swarmId)
      .orderBy('at', 'desc')
      .limit(MOST_NAMES)
      .execute(),
  async read(swarmId: string, name: string, characters: number): Promise<string | undefined> {
    const row = await db
      .selectFrom('shared_artifacts')
      .select(sql<string>`substr(content, 1, ${Math.floor(characters)})`.as('text'))
      .where('swarm_id', '=', swarmId)
      .where('name', '=', name)
      .executeTakeFirst();
    return row?.text;
  },
});

export interface Coordination {
  readonly claims: readonly { readonly kind: string; readonly name: string; readonly owner: string }[];
  readonly progress: readonly {
    readonly agentId: string;
    readonly taskId: string;
    readonly percent?: number;
    readonly note: string;
  }[];
  readonly shared: readonly { readonly name: string; readonly agentId: string; readonly length: number }[];
}

/** More than an agent can use. */
const LISTED = 200;

/** The newest of everything. */
export const readCoordination = async (db: Db, swarmId: string): Promise<Coordination> => {
  const [claims, progress, shared] = await Promise.all([
    db
      .selectFrom('claims')
      .select(['kind', 'name', 'agent_id'])
      .where('swarm_id', '=', swarmId)
      .orderBy('at', 'desc')
      .limit(LISTED)
      .execute(),
    db
      .selectFrom('agent_progress')
      .selectAll()
      .where('swarm_id', '=', swarmId)
      .orderBy('at', 'desc')
      .limit(LISTED)
      .execute(),
    db
      .selectFrom('shared_artifacts')
      .select(({ fn }) => ['name', 'agent_id', fn<number>('octet_length', ['content']).as('length')])
      .where('swarm_id', '=', swarmId)
      .orderBy('at', 'desc')
      .limit(LISTED)
      .execute(),
  ]);
  return {
    claims: claims.map((row) => ({ kind: row.kind, name: row.name, owner: row.agent_id })),
    progress: progress.map((row) => ({
      agentId: row.agent_id,
      taskId: row.task_id,
      ...(row.percent === null ? {} : { percent: row.percent }),
      note: row.note,
    })),
    shared: shared.map((row) => ({ name: row.name, agentId: row.agent_id, length: row.length })),
  };
};

/** How much the agents of a swarm have shared already, in bytes. Of a text only its length is read. */
export const sharedLength = async (db: Db, swarmId: string): Promise<number> => {
  const row = await db
    .selectFrom('shared_artifacts')
    .select(({ fn }) => fn.sum<number | string | null>(fn('octet_length', ['content'])).as('sum'))
    .where('swarm_id', '=', swarmId)
    .executeTakeFirst();
  return Number(row?.sum ?? 0);
};
