/**
 * What webhooks are to be told: written in the same transaction as the event it tells of, kept until it was
 * delivered. A message belongs to the sender that claimed its next try; when that one dies, it is due again.
 */
import { createHash } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import type { SwarmEvent } from '../domain/swarm/events.ts';
import { webhookBody, type Notice } from '../domain/delivery/notices.ts';
import type { Webhook } from '../domain/delivery/webhooks.ts';
import type { Store } from './database.ts';
import type { Tables } from './tables.ts';

/** A message of an event, for one webhook. */
export interface NewMessage {
  readonly webhook: Webhook;
  readonly event: Pick<SwarmEvent, 'swarmId' | 'sequence'>;
  readonly notice: Notice;
}

export interface OutboxMessage {
  /** The same for every try, and however often the event is read from the history. */
  readonly id: string;
  readonly swarmId: string;
  readonly webhook: Webhook;
  readonly type: string;
  readonly body: string;
  readonly at: string;
  readonly state: 'waiting' | 'delivered' | 'failed';
  readonly tries: number;
  readonly nextAt: string;
  /** What the last try came to. */
  readonly said: string;
}

const SAID_LENGTH = 500;

const messageId = ({ webhook, event }: NewMessage): string =>
  `msg_${createHash('sha256').update(`${event.swarmId}\n${event.sequence}\n${webhook.name}`).digest('hex').slice(0, 32)}`;

/** Those that are there already stay as they are: they may have been sent. */
export const putMessages = async (
  transaction: Transaction<Tables>,
  messages: readonly NewMessage[],
): Promise<void> => {
  for (const message of messages) {
    const { webhook, event, notice } = message;
    await transaction
      .insertInto('webhook_messages')
      .values({
        id: messageId(message),
        swarm_id: event.swarmId,
        webhook: JSON.stringify(webhook),
        type: notice.type,
        body: webhookBody(webhook, notice),
        at: notice.at,
        state: 'waiting',
        next_at: notice.at,
      })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
  }
};

interface Row {
  readonly id: string;
  readonly swarm_id: string;
  readonly webhook: string;
  readonly type: string;
  readonly body: string;
  readonly at: string;
  readonly state: string;
  readonly tries: number;
  readonly next_at: string;
  readonly said: string;
}

const messageOf = (row: Row): OutboxMessage => ({
  id: row.id,
  swarmId: row.swarm_id,
  webhook: JSON.parse(row.webhook) as Webhook,
  type: row.type,
  body: row.body,
  at: row.at,
  state: row.state as OutboxMessage['state'],
  tries: row.tries,
  nextAt: row.next_at,
  said: row.said,
});

/**
 * Takes messages that are due, each for one try, until `leaseMs` from now.
 * @param limit how many at most
 */
export const claimMessages = async (
  db: Kysely<Tables>,
  limit: number,
  leaseMs: number,
): Promise<readonly OutboxMessage[]> => {
  const now = new Date();
  const due = await db
    .selectFrom('webhook_messages')
    .selectAll()
    .where('state', '=', 'waiting')
    .where('next_at', '<=', now.toISOString())
    .orderBy('next_at')
    .limit(limit)
    .execute();
  const claimed: OutboxMessage[] = [];
  for (const row of due) {
    const { numUpdatedRows } = await db
      .updateTable('webhook_messages')
      .set({ tries: row.tries + 1, next_at: new Date(now.getTime() + leaseMs).toISOString() })
      .where('id', '=', row.id)
      .where('state', '=', 'waiting')
      .where('tries', '=', row.tries)
      .where('next_at', '=', row.next_at)
      .executeTakeFirst();
    if (numUpdatedRows > 0n) claimed.push({ ...messageOf(row), tries: row.tries + 1 });
  }
  return claimed;
};

/** What a try came to. @param next when to try again; absent when this was the last one */
export const settleMessage = async (
  db: Kysely<Tables>,
  id: string,
  { delivered, said, next }: { readonly delivered: boolean; readonly said: string; readonly next?: Date },
): Promise<void> => {
  await db
    .updateTable('webhook_messages')
    .set({
      said: said.slice(0, SAID_LENGTH),
      ...(delivered
        ? { state: 'delivered' }
        : next === undefined
          ? { state: 'failed' }
          : { next_at: next.toISOString() }),
    })
    .where('id', '=', id)
    .where('state', '!=', 'delivered')
    .execute();
};

/** Newest first. */
export const listMessages = async (
  { db }: Store,
  limit: number,
  swarmId?: string,
): Promise<readonly OutboxMessage[]> => {
  let query = db.selectFrom('webhook_messages').selectAll().orderBy('at', 'desc').orderBy('id').limit(limit);
  if (swarmId !== undefined) query = query.where('swarm_id', '=', swarmId);
  return (await query.execute()).map(messageOf);
};
