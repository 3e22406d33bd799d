/** A signal says nothing back: this waits a moment for its effect, so that an answer can say what is true. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SwarmHandle } from '../api/swarm-handle.ts';
import { isPassing } from '../api/temporal-errors.ts';
import type { SwarmView } from '../domain/swarm/swarm.ts';

const PATIENCE_MS = 5_000;
const POLL_MS = 100;

/** @returns the state in which the effect was seen; undefined when it was not seen within five seconds */
export const confirmed = async (
  swarm: SwarmHandle,
  hasEffect: (view: SwarmView) => boolean,
): Promise<SwarmView | undefined> => {
  const end = Date.now() + PATIENCE_MS;
  do {
    try {
      const view = await swarm.state();
      if (hasEffect(view)) return view;
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
    await sleep(POLL_MS);
  } while (Date.now() < end);
  return undefined;
};

/** What is said when the effect was not seen: the signal is kept by the server and works later. */
export const NOT_CONFIRMED = 'sent; the worker has not acted on it yet, the server keeps it until it does';
