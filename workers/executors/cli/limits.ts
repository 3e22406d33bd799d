/** Tells from a CLI's words that its model cannot be had for a while, and for how long. */

const LIMITED =
  /\b(429|529)\b|too many requests|rate.?limit|usage limit|overloaded|resource.?exhausted|quota exceeded|exceeded your (current )?quota/i;
const CUT =
  /\b(terminated|socket hang up|fetch failed|connection error|stream disconnected|error sending request|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE)\b/i;
/** A connection that broke is soon there again. */
const AFTER_CUT_SECONDS = 10;
const UNITS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;
/** `try again in 2 hours 5 minutes`, `retry after 30s`, `reset after 1h2m3s`. */
const AFTER =
  /\b(?:in|after)\s+((?:\d+(?:\.\d+)?\s*(?:days?|hours?|minutes?|mins?|seconds?|secs?|[dhms])(?![a-z])[\s,and]*)+)/i;
const PART = /(\d+(?:\.\d+)?)\s*([dhms])/gi;
const WEEK_SECONDS = 7 * UNITS.d;

export interface Unavailable {
  /** Absent when the words do not say. */
  readonly retryAfterSeconds?: number;
}

/** @returns undefined when this is another kind of trouble */
export const unavailableIn = (text: string): Unavailable | undefined => {
  const words = text.slice(0, 4_000);
  if (!LIMITED.test(words)) return CUT.test(words) ? { retryAfterSeconds: AFTER_CUT_SECONDS } : undefined;
  const span = AFTER.exec(words)?.[1];
  if (span === undefined) return {};
  let seconds = 0;
  for (const [, count, unit] of span.matchAll(PART))
    seconds += Number(count) * UNITS[(unit ?? 's').toLowerCase() as keyof typeof UNITS];
  return seconds > 0 ? { retryAfterSeconds: Math.min(Math.ceil(seconds), WEEK_SECONDS) } : {};
};
