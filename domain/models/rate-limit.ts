/**
 * What is known of a provider's rate limit, learned from the headers of its answers, and when the next call fits
 * into it. Times are milliseconds since 1970 and given by the caller.
 */

/** One of the limits: requests, or tokens of some kind. */
interface Allowance {
  /** Absent when the provider does not tell it. */
  readonly limit?: number;
  /** At `at`, less what has been admitted since. */
  remaining: number;
  readonly at: number;
  /** When all of it is there again; it grows back evenly until then. */
  readonly resetAt: number;
}

type HeaderReader = (name: string) => string | undefined;

export interface CallNeed {
  /** As far as one can guess; a limit is no budget. */
  readonly tokens: number;
}

const KINDS = ['requests', 'tokens', 'input-tokens', 'output-tokens'] as const;
type Kind = (typeof KINDS)[number];

/** Longer than this no header is believed; a limit of days is told by refusals. */
const LONGEST_MS = 3_600_000;

/** `1m30.5s`, `20ms`, `6h`: as OpenAI writes durations. @returns milliseconds */
const durationMs = (text: string): number | undefined => {
  const units: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };
  if (!/^(\d+(\.\d+)?(ms|h|m|s))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g))
    total += Number(amount) * (units[unit ?? ''] ?? 0);
  return total;
};

const count = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,12}$/.test(text.trim()) ? Number(text) : undefined;

export class RateLimit {
  readonly #allowances = new Map<Kind, Allowance>();
  readonly #parseDate: (text: string) => number;
  #pausedUntil = 0;

  /** @param parseDate of an ISO 8601 or HTTP date; NaN when it is none */
  constructor(parseDate: (text: string) => number) {
    this.#parseDate = parseDate;
  }

  /** What `retry-after` (or `retry-after-ms`) says. @returns milliseconds from now */
  retryAfter(header: HeaderReader, now: number): number | undefined {
    const ms = count(header('retry-after-ms'));
    if (ms !== undefined) return ms;
    const value = header('retry-after')?.trim();
    if (value === undefined || value === '') return undefined;
    const wait = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1_000 : this.#parseDate(value) - now;
    return Number.isFinite(wait) ? Math.max(0, wait) : undefined;
  }

  /** Learns from an answer, also from a refusal. */
  observe(header: HeaderReader, now: number): void {
    for (const kind of KINDS) {
      const remaining = count(
        header(`anthropic-ratelimit-${kind}-remaining`) ?? header(`x-ratelimit-remaining-${kind}`),
      );
      if (remaining === undefined) continue;
      const limit = count(header(`anthropic-ratelimit-${kind}-limit`) ?? header(`x-ratelimit-limit-${kind}`));
      const date = header(`anthropic-ratelimit-${kind}-reset`);
      const span = header(`x-ratelimit-reset-${kind}`);
      const reset = date === undefined ? now + (durationMs(span ?? '') ?? 0) : this.#parseDate(date);
      const resetAt = Number.isFinite(reset) ? Math.min(reset, now + LONGEST_MS) : now;
      this.#allowances.set(kind, { ...(limit === undefined ? {} : { limit }), remaining, at: now, resetAt });
    }
  }

  /** Nothing is to start for so long. */
  pause(ms: number, now: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, now + ms);
  }

  /** How long a call has to wait; 0 when it may start. */
  waitMs(need: CallNeed, now: number): number {
    let wait = Math.max(0, this.#pausedUntil - now);
    for (const [kind, allowance] of this.#allowances) {
      if (kind === 'output-tokens') continue;
      const { limit, remaining, at, resetAt } = allowance;
      if (now >= resetAt) continue;
      const wanted = kind === 'requests' ? 1 : need.tokens;
      // A call that is larger than the whole limit is for the provider to refuse.
      const fits = Math.min(wanted, limit ?? wanted);
      if (remaining >= fits) continue;
      const growth = limit === undefined ? 0 : (limit - remaining) / (resetAt - at);
      const thereAt = growth > 0 ? at + (fits - remaining) / growth : resetAt;
      wait = Math.max(wait, Math.min(thereAt, resetAt) - now);
    }
    return Math.max(0, Math.ceil(wait));
  }

  /** The call starts: what it takes is not there for others. */
  admit(need: CallNeed): void {
    for (const [kind, allowance] of this.#allowances)
      if (kind !== 'output-tokens') allowance.remaining -= kind === 'requests' ? 1 : need.tokens;
  }
}
