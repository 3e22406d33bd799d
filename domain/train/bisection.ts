/**
 * Which branch makes a chain of merges red, found with few verifications. Prefix k of a chain holds its first k
 * branches. Red is taken to stay red when more is merged, so that a green prefix tells of all shorter ones and a
 * red one of all longer ones; what contradicts that is flaky, and green is believed. Nobody is blamed for one
 * red run. Pure: says what to verify next, and takes in what came of it.
 */
import type { VerifyResult } from './integration.ts';

export type RedResult = Extract<VerifyResult, { ok: false }>;

/** Plain JSON. */
export interface Bisection {
  /** Branches in the chain. */
  readonly size: number;
  /** The longest prefix that was seen green; 0 for the tip that the chain stands on. */
  readonly green: number;
  /** Longer prefixes that were seen red. */
  readonly reds: readonly { readonly length: number; readonly times: number; readonly result: RedResult }[];
  /** The branch after the green prefix, as its agent left it. */
  readonly alone?: 'green' | 'red';
  /** That branch is green with the tip at `low` and red with the one at `high`; -1 is where the swarm started. */
  readonly partner?: { readonly low: number; readonly high: number; readonly lost: boolean };
}

export interface Circumstances {
  /** Verifications at once. */
  readonly parallel: number;
  /** The chain stands on the commit that the swarm started from. */
  readonly onBase: boolean;
  /** Is that commit green? Absent while nobody has asked. */
  readonly base?: 'green' | 'red';
  /** The branch has been blamed before; only whether it is good now is asked. */
  readonly repaired: boolean;
  /** Culprits are frequent, so that a red batch has most likely one. */
  readonly suspicious: boolean;
  /** Tips that are known from before the chain. */
  readonly earlier: number;
}

export interface Culprit {
  /** Place in the chain, from 0. */
  readonly at: number;
  readonly red: RedResult;
  /** Green by itself: it is red only together with others. */
  readonly together: boolean;
  /** Place in the list of tips of the one that it is red with: the earlier ones first, then the chain's. */
  readonly partner?: number;
}

export type Question =
  | { readonly kind: 'prefixes'; readonly lengths: readonly number[] }
  /** The branch at this place as its agent left it. */
  | { readonly kind: 'alone'; readonly at: number }
  /** That branch merged into the tip with this place in the list of tips. */
  | { readonly kind: 'together'; readonly at: number; readonly tip: number }
  | { readonly kind: 'base' }
  | { readonly kind: 'found'; readonly green: number; readonly culprit?: Culprit };

export const newBisection = (size: number): Bisection => ({ size, green: 0, reds: [] });

/** Places that cut what lies between two prefixes into equal parts. */
const between = (low: number, high: number, count: number): readonly number[] => {
  const room = high - low;
  const cuts = Array.from({ length: count }, (_, index) =>
    Math.floor(low + ((index + 1) * room) / (count + 1)),
  );
  return [...new Set(cuts)].filter((cut) => cut > low && cut < high);
};

export const question = (search: Bisection, circumstances: Circumstances): Question => {
  const { size, green, reds } = search;
  const shortest = reds.reduce<(typeof reds)[number] | undefined>(
    (least, red) => (least === undefined || red.length < least.length ? red : least),
    undefined,
  );
  if (shortest === undefined)
    return green === size ? { kind: 'found', green } : { kind: 'prefixes', lengths: [size] };
  const inside = (count: number): readonly number[] => between(green, shortest.length, count);
  const whole = reds.find((red) => red.length === size);
  // Flaky or real? A core that is free begins to look for the culprit meanwhile.
  if (size > 1 && whole?.times === 1 && !circumstances.suspicious)
    return { kind: 'prefixes', lengths: [...inside(circumstances.parallel - 1), size] };
  if (shortest.length > green + 1) return { kind: 'prefixes', lengths: inside(circumstances.parallel) };
  return askCulprit(search, shortest, circumstances);
};

/** All before it is green, with it is red. */
const askCulprit = (
  { green, alone, partner }: Bisection,
  red: Bisection['reds'][number],
  { onBase, base, repaired, earlier }: Circumstances,
): Question => {
  const at = green;
  const found = (more: Partial<Culprit> = {}): Question => ({
    kind: 'found',
    green,
    culprit: { at, red: red.result, together: false, ...more },
  });
  // On the base, or on a red one, the branch by itself says nothing new.
  const askAlone = !repaired && !(onBase && green === 0) && base !== 'red';
  if (askAlone && alone === undefined) return { kind: 'alone', at };
  if (alone === 'red') return found();
  if (red.times < 2) return { kind: 'prefixes', lengths: [green + 1] };
  if (onBase && green === 0 && base === undefined) return { kind: 'base' };
  if (alone === undefined) return found();
  const { low, high, lost } = partner ?? { low: -1, high: earlier + green - 1, lost: false };
  if (lost || high < 0) return found({ together: true });
  return high - low > 1
    ? { kind: 'together', at, tip: Math.floor((low + high) / 2) }
    : found({ together: true, partner: high });
};

export const prefixVerified = (search: Bisection, length: number, result: VerifyResult): Bisection => {
  const { size, reds } = search;
  if (result.ok) {
    const green = Math.max(search.green, length);
    return green === search.green ? search : { size, green, reds: reds.filter((red) => red.length > green) };
  }
  if (length <= search.green) return search;
  const times = (reds.find((red) => red.length === length)?.times ?? 0) + 1;
  return {
    ...search,
    reds: [...reds.filter((red) => red.length !== length), { length, times, result }],
  };
};

export const aloneVerified = (search: Bisection, result: VerifyResult): Bisection => ({
  ...search,
  alone: result.ok ? 'green' : 'red',
});

/** @param result undefined when the two do not merge: then the partner stays unknown */
export const togetherVerified = (
  search: Bisection,
  tip: number,
  result: VerifyResult | undefined,
  earlier: number,
): Bisection => {
  const { low, high } = search.partner ?? { low: -1, high: earlier + search.green - 1 };
  if (result === undefined) return { ...search, partner: { low, high, lost: true } };
  return { ...search, partner: { ...(result.ok ? { low: tip, high } : { low, high: tip }), lost: false } };
};
