/**
 * Events of a swarm as server-sent events. A client names the last one that it has (`Last-Event-ID`) and gets all
 * that came after it: first from the store, then as they happen. Whoever reads too slowly is dropped, and comes
 * back with the last one it has.
 */
import type { Request, Response } from 'express';
import type { SwarmEvent } from '../../domain/swarm/events.ts';
import type { Store } from '../../store/database.ts';
import { readEvents } from '../../store/events.ts';
import type { Hub } from './hub.ts';

const PAGE = 500;
const HEARTBEAT_MS = 15_000;
/** Unsent bytes of one client. */
const BACKLOG_BYTES = 2_000_000;
const RETRY_MS = 1_000;

const texts = new WeakMap<SwarmEvent, string>();

/** Made once for all clients. */
const frameOf = (event: SwarmEvent): string => {
  const known = texts.get(event);
  if (known !== undefined) return known;
  const text = `id: ${event.sequence}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
  texts.set(event, text);
  return text;
};

type Asked = Pick<Request, 'get' | 'query'>;

const positionOf = (request: Asked): number => {
  const given = request.get('last-event-id') ?? request.query['after'];
  return typeof given === 'string' && /^\d{1,15}$/.test(given) ? Number(given) : 0;
};

export const streamEvents = (
  request: Asked,
  response: Response,
  { swarmId, store, hub }: { readonly swarmId: string; readonly store: Store; readonly hub: Hub },
): void => {
  let last = positionOf(request);
  let reading = false;
  let newest = 0;
  const write = (text: string): void => {
    if (response.writableEnded || response.destroyed) return;
    response.write(text);
    if (response.writableLength > BACKLOG_BYTES) response.destroy();
  };
  const send = (events: readonly SwarmEvent[]): void => {
    const fresh = events.filter(({ sequence }) => sequence > last);
    if (fresh.length === 0) return;
    last = fresh.at(-1)?.sequence ?? last;
    write(fresh.map(frameOf).join(''));
  };
  /** Until nothing is left, and nothing has come meanwhile. */
  const readStore = async (): Promise<void> => {
    if (reading) return;
    reading = true;
    try {
      for (;;) {
        const events = await readEvents(store, swarmId, last, PAGE);
        send(events);
        // Faster than its client reads, a whole log would lie in memory.
        while (response.writableNeedDrain && !response.destroyed)
          await new Promise((resolve) => setTimeout(resolve, 20));
        if (response.destroyed || (events.length === 0 && newest <= last)) return;
      }
    } catch {
      // The client comes back, with the last event that it has.
      response.destroy();
    } finally {
      reading = false;
    }
  };
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
  });
  write(`retry: ${RETRY_MS}\n\n`);
  const stop = hub.onSwarm(swarmId, ({ after, events }) => {
    newest = events.at(-1)?.sequence ?? newest;
    if (!reading && last >= after) send(events);
    else void readStore();
  });
  const heartbeat = setInterval(() => write(': still here\n\n'), HEARTBEAT_MS);
  response.on('close', () => {
    stop();
    clearInterval(heartbeat);
  });
  void readStore();
};
