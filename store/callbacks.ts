/**
 * What an agent that runs elsewhere reports of itself. The agent numbers its messages from 1; each is kept once, in
 * that order, so that it may send again whatever it has no answer for.
 */
import type { Kysely } from 'kysely';
import type { Owner } from './coordination.ts';
import type { Tables } from './tables.ts';

type Db = Kysely<Tables>;

/** `event` is a line of `events.jsonl`, `answer` the next part of `answer.md`, `result` is `result.json`. */
export const CALLBACK_KINDS = ['event', 'answer', 'result'] as const;

export interface CallbackMessage {
  /** From 1, without gaps. */
  readonly sequence: number;
  readonly kind: (typeof CALLBACK_KINDS)[number];
  /** JSON object. */
  readonly data: string;
}

export type Kept =
  | { readonly kind: 'kept'; readonly accepted: number; readonly ignored: number; readonly last: number }
  /** Messages between `last` and the first one are missing. */
  | { readonly kind: 'gap'; readonly last: number };

/** Of the events of one agent, in characters; its closing words and its result are kept besides. */
const MAX_EVENTS = 64 * 1024 * 1024;
/** Of the parts of an agent's closing words, in characters of JSON. */
export const MAX_ANSWER = 24 * 1024 * 1024;
const MOST: Readonly<Record<CallbackMessage['kind'], number>> = {
  event: MAX_EVENTS,
  answer: MAX_EVENTS + MAX_ANSWER,
  result: MAX_EVENTS + MAX_ANSWER + 1024 * 1024,
};
const ROWS_AT_ONCE = 200;
/** Two senders at the same moment; more than a few are a mistake. */
const TRIES = 20;

interface End {
  readonly last: number;
  readonly bytes: number;
}

const readEnd = async (db: Db, { swarmId, agentId }: Owner): Promise<End> =>
  (await db
    .selectFrom('callback_ends')
    .select(['last', 'bytes'])
    .where('swarm_id', '=', swarmId)
    .where('agent_id', '=', agentId)
    .executeTakeFirst()) ?? { last: 0, bytes: 0 };

/** Number of the newest message of the agent; 0 when there is none. */
export const lastCallback = async (db: Db, owner: Owner): Promise<number> => (await readEnd(db, owner)).last;

/** Messages and end together, or neither. @returns false when another one was quicker */
const append = (db: Db, { swarmId, agentId }: Owner, from: End, messages: readonly CallbackMessage[]) =>
  db.transaction().execute(async (transaction): Promise<boolean> => {
    let { bytes } = from;
    const fitting = messages.filter(({ kind, data }) => {
      const fits = bytes + data.length <= MOST[kind];
      if (fits) bytes += data.length;
      return fits;
    });
    const key = { swarm_id: swarmId, agent_id: agentId };
    await transaction
      .insertInto('callback_ends')
      .values({ ...key, last: 0, bytes: 0 })
      .onConflict((conflict) => conflict.columns(['swarm_id', 'agent_id']).doNothing())
      .execute();
    const { numUpdatedRows } = await transaction
      .updateTable('callback_ends')
      .set({ last: messages.at(-1)?.sequence ?? from.last, bytes })
      .where('swarm_id', '=', swarmId)
      .where('agent_id', '=', agentId)
      .where('last', '=', from.last)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return false;
    const at = new Date().toISOString();
    for (let index = 0; index < fitting.length; index += ROWS_AT_ONCE)
      await transaction
        .insertInto('callbacks')
        .values(fitting.slice(index, index + ROWS_AT_ONCE).map((message) => ({ ...key, ...message, at })))
        .execute();
    return true;
  });

/**
 * Keeps what is new of `messages`. Events beyond what is kept of one agent are dropped, and count as accepted.
 * @param messages in rising order, without gaps between them
 */
export const keepCallbacks = async (
  db: Db,
  owner: Owner,
  messages: readonly CallbackMessage[],
): Promise<Kept> => {
  for (let tries = 0; tries < TRIES; tries++) {
    const end = await readEnd(db, owner);
    const fresh = messages.filter(({ sequence }) => sequence > end.last);
    const [first] = fresh;
    const ignored = messages.length - fresh.length;
    if (first === undefined) return { kind: 'kept', accepted: 0, ignored, last: end.last };
    if (first.sequence !== end.last + 1) return { kind: 'gap', last: end.last };
    if (await append(db, owner, end, fresh))
      return { kind: 'kept', accepted: fresh.length, ignored, last: end.last + fresh.length };
  }
  return { kind: 'gap', last: (await readEnd(db, owner)).last };
};

/** Messages after `sequence`, oldest first. */
export const readCallbacks = async (
  db: Db,
  { swarmId, agentId }: Owner,
  after: number,
  limit: number,
): Promise<readonly CallbackMessage[]> =>
  (await db
    .selectFrom('callbacks')
    .select(['sequence', 'kind', 'data'])
    .where('swarm_id', '=', swarmId)
    .where('agent_id', '=', agentId)
    .where('sequence', '>', after)
    .orderBy('sequence')
    .limit(limit)
    .execute()) as readonly CallbackMessage[];

/** The swarm has ended: all that its agents reported is where it belongs. */
export const forgetCallbacks = async (db: Db, swarmId: string): Promise<void> => {
  await db.deleteFrom('callbacks').where('swarm_id', '=', swarmId).execute();
  await db.deleteFrom('callback_ends').where('swarm_id', '=', swarmId).execute();
};
