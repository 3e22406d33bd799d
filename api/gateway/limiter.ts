/**
 * Lets calls start when the provider's rate limit has room for them, in turns between agents. One limiter for all
 * agents: what one of them learns of the limit holds for the others.
 */
import { FairQueue } from '../../domain/models/fair-queue.ts';
import { RateLimit, type CallNeed } from '../../domain/models/rate-limit.ts';

interface Waiter {
  readonly need: CallNeed;
  readonly start: () => void;
}

interface Bucket {
  readonly limit: RateLimit;
  readonly queue: FairQueue<Waiter>;
  timer: NodeJS.Timeout | undefined;
}

/** Without `retry-after`: after the first refusal in a row, doubled with each. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** Timers are looked at again after this long, since limits can be lifted early. */
const LONGEST_TIMER_MS = 30_000;

export class Limiter {
  readonly #buckets = new Map<string, Bucket>();

  /** Calls that wait. */
  get waiting(): number {
    let sum = 0;
    for (const { queue } of this.#buckets.values()) sum += queue.size;
    return sum;
  }

  /**
   * Resolves when the call may start.
   * @param bucket calls that share a limit: one model of one provider
   * @param owner takes turns with the others
   */
  acquire(bucket: string, owner: string, need: CallNeed, signal: AbortSignal): Promise<void> {
    const { queue } = this.#bucket(bucket);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        queue.remove(owner, waiter);
        reject(signal.reason as Error);
      };
      const waiter: Waiter = {
        need,
        start: () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      queue.push(owner, waiter);
      this.#startWhatFits(bucket);
    });
  }

  /** Learns from the headers of an answer. */
  observe(bucket: string, header: (name: string) => string | undefined): void {
    this.#bucket(bucket).limit.observe(header, Date.now());
    this.#startWhatFits(bucket);
  }

  /**
   * The provider refused a call.
   * @param refusals in a row, this one counted
   * @returns how long nothing starts, in milliseconds
   */
  refused(bucket: string, header: (name: string) => string | undefined, refusals: number): number {
    const { limit } = this.#bucket(bucket);
    const told = limit.retryAfter(header, Date.now());
    const pause = told ?? Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (refusals - 1));
    limit.observe(header, Date.now());
    limit.pause(pause, Date.now());
    this.#startWhatFits(bucket);
    return pause;
  }

  #bucket(name: string): Bucket {
    const known = this.#buckets.get(name);
    if (known !== undefined) return known;
    const made: Bucket = { limit: new RateLimit(Date.parse), queue: new FairQueue(), timer: undefined };
    this.#buckets.set(name, made);
    return made;
  }

  #startWhatFits(name: string): void {
    const bucket = this.#bucket(name);
    clearTimeout(bucket.timer);
    for (;;) {
      const next = bucket.queue.peek();
      if (next === undefined) return;
      const wait = bucket.limit.waitMs(next.need, Date.now());
      if (wait > 0) {
        bucket.timer = setTimeout(() => this.#startWhatFits(name), Math.min(wait, LONGEST_TIMER_MS));
        return;
      }
      bucket.queue.shift();
      bucket.limit.admit(next.need);
      next.start();
    }
  }
}
