/**
 * Delivers what lies in the outbox, at least once: what a killed sender had begun is sent again under its own id.
 * Several APIs may do so at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { WEBHOOK_DAYS } from '../../domain/delivery/webhooks.ts';
import { crashPoint } from '../../store/crash-point.ts';
import type { Store } from '../../store/database.ts';
import { claimMessages, settleMessage, type OutboxMessage } from '../../store/webhook-outbox.ts';
import { sendWebhook, type SendDeps } from './send.ts';

interface OutgoingOptions extends SendDeps {
  readonly store: Store;
  readonly say: (line: string) => void;
}

const LOOK_MS = 500;
const AT_ONCE = 16;
/** Longer than a try can take: until then the message is nobody else's. */
const LEASE_MS = 30_000;
/** Between tries; the last one again and again. */
const PAUSES_S = [2, 10, 60, 300, 900, 3_600];
/** A receiver that is down over a weekend still gets what it missed. */
const GIVE_UP_MS = WEBHOOK_DAYS * 86_400_000;

/** @returns undefined when it is time to give up */
const nextTry = ({ at, tries }: OutboxMessage, retryAfterSeconds = 0): Date | undefined => {
  const pause = PAUSES_S[Math.min(tries, PAUSES_S.length) - 1] ?? 0;
  const next = Date.now() + Math.max(pause, Math.min(retryAfterSeconds, 3_600)) * 1_000;
  return next > Date.parse(at) + GIVE_UP_MS ? undefined : new Date(next);
};

/** @returns ends it */
export const startOutgoing = ({ store, say, ...deps }: OutgoingOptions): (() => Promise<void>) => {
  const stop = new AbortController();
  const underWay = new Set<Promise<void>>();

  const deliver = async (message: OutboxMessage): Promise<void> => {
    const { webhook, swarmId, type } = message;
    const sent = await sendWebhook(webhook, message, deps);
    crashPoint('webhook.sent');
    const next = sent.final ? undefined : nextTry(message, sent.retryAfterSeconds);
    await settleMessage(store.db, message.id, {
      delivered: sent.delivered,
      said: sent.said,
      ...(next === undefined ? {} : { next }),
    });
    if (!sent.delivered && (message.tries === 1 || next === undefined))
      say(
        `webhook ${webhook.name}, ${type} of ${swarmId}: ${sent.said}${next === undefined ? '; given up' : ''}`,
      );
  };

  const run = async (): Promise<void> => {
    for (let said = ''; !stop.signal.aborted;) {
      try {
        for (const message of await claimMessages(store.db, AT_ONCE - underWay.size, LEASE_MS)) {
          const delivery = deliver(message)
            .catch((error: unknown) => say(`webhook ${message.webhook.name}: ${String(error)}`))
            .finally(() => underWay.delete(delivery));
          underWay.add(delivery);
        }
        said = '';
      } catch (error) {
        const line = String(error);
        if (line !== said) say(`webhooks: ${line}`);
        said = line;
      }
      await sleep(LOOK_MS, undefined, { signal: stop.signal }).catch(() => {});
    }
  };
  const running = run();

  return async () => {
    stop.abort();
    await running;
    await Promise.all(underWay);
  };
};
