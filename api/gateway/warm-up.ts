/**
 * Prompts that begin alike share one entry of the provider's cache, which is there only once the first answer has
 * begun. So of a wave of such calls one goes first and the others wait for its first byte; for a short while only,
 * because a saved cache read is worth less than a stalled agent.
 */
import { createHash } from 'node:crypto';
import type { CallFacts } from '../../domain/models/family.ts';

/** What the provider keeps at least. */
const WARM_MS = 4 * 60_000;
const LONGEST_WAIT_MS = 20_000;
const MAX_ENTRIES = 2_000;
/** Shorter prompts are not cached. */
const LEAST_LENGTH = 4_000;

interface Entry {
  readonly begun: Promise<void>;
  readonly warmUntil: number;
}

export class WarmUp {
  readonly #entries = new Map<string, Entry>();

  /**
   * Waits when another call with the same beginning is under way that has no answer yet.
   * @returns to be called at the first byte of this call's answer, or when none will come: headers may come before
   * the prompt has been read
   */
  async enter(facts: CallFacts, signal: AbortSignal): Promise<() => void> {
    const key = keyOf(facts);
    if (key === undefined) return () => undefined;
    const known = this.#entries.get(key);
    if (known !== undefined && known.warmUntil > Date.now()) {
      await waitFor(known.begun, signal);
      return () => undefined;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#entries.delete(key);
    this.#entries.set(key, { begun: promise, warmUntil: Date.now() + WARM_MS });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MAX_ENTRIES) break;
      this.#entries.delete(oldest);
    }
    return resolve;
  }
}

const keyOf = ({ model, cachedPrefix }: CallFacts): string | undefined => {
  if (cachedPrefix.length === 0) return undefined;
  const text = JSON.stringify([model, cachedPrefix]);
  return text.length < LEAST_LENGTH ? undefined : createHash('sha256').update(text).digest('base64');
};

const waitFor = async (begun: Promise<void>, signal: AbortSignal): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, LONGEST_WAIT_MS);
  signal.addEventListener('abort', () => resolve(), { once: true });
  await Promise.race([begun, promise]);
  clearTimeout(timer);
};
