/**
 * Keeps what is shown of one swarm fresh: its event stream says that something happened, then everything on the
 * screen is read anew, at most so often. Without a stream the pages ask by themselves.
 */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { EVENT_TYPES } from '../../domain/swarm/events.ts';
import { setReach } from './reach.ts';
import { path } from './request.ts';

export type LiveState = 'connecting' | 'live' | 'polling';

/** Between two readings, however fast events come. */
const SETTLE_MS = 400;
/** What has no event (the progress of an agent) is read so often while the stream is open. */
const LIVE_POLL_MS = 5_000;
/** Without a stream. */
const POLL_MS = 2_000;
const REOPEN_MS = 2_000;

export const useLiveSwarm = (id: string, running: boolean): LiveState => {
  const client = useQueryClient();
  const [state, setState] = useState<LiveState>('connecting');

  useEffect(() => {
    if (!running) return undefined;
    let source: EventSource | undefined;
    let reopening: ReturnType<typeof setTimeout> | undefined;
    let settling: ReturnType<typeof setTimeout> | undefined;
    const refresh = (): void => {
      settling ??= setTimeout(() => {
        settling = undefined;
        void client.invalidateQueries({ queryKey: ['swarm', id] });
      }, SETTLE_MS);
    };
    const open = (): void => {
      source = new EventSource(path('swarms', id, 'stream'));
      source.addEventListener('open', () => {
        setState('live');
        setReach('reached');
        // What happened while nobody listened.
        refresh();
      });
      for (const type of [...EVENT_TYPES, 'message']) source.addEventListener(type, refresh);
      source.addEventListener('error', () => {
        setState('polling');
        // The browser connects again by itself unless the answer was a refusal.
        if (source?.readyState === EventSource.CLOSED) reopening = setTimeout(open, REOPEN_MS);
      });
    };
    open();
    return () => {
      source?.close();
      clearTimeout(reopening);
      clearTimeout(settling);
    };
  }, [client, id, running]);

  useEffect(() => {
    if (!running) return undefined;
    const timer = setInterval(
      () => void client.invalidateQueries({ queryKey: ['swarm', id] }),
      state === 'live' ? LIVE_POLL_MS : POLL_MS,
    );
    return () => clearInterval(timer);
  }, [client, id, running, state]);

  return state;
};
