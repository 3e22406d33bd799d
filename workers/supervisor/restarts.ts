/** When a service that died is started again. Pure. */

export interface Deaths {
  /** In a row, before the service was ready even once. */
  readonly unready: number;
  /** In a row, soon after it was ready. */
  readonly quick: number;
}

export const NO_DEATHS: Deaths = { unready: 0, quick: 0 };

export type NextStart =
  { readonly kind: 'start'; readonly afterMs: number; readonly deaths: Deaths } | { readonly kind: 'giveUp' };

/** The first restart is immediate: most deaths are single ones, and running agents wait for the worker. */
const DELAYS_MS = [0, 500, 1_000, 2_000, 5_000];
/** A service that lived so long counts as sound again. */
const STEADY_MS = 20_000;
/** A service that cannot even start is not tried for ever: its log must be read. */
const UNREADY_AT_MOST = 5;

export const nextStart = (deaths: Deaths, death: { wasReady: boolean; livedMs: number }): NextStart => {
  const now: Deaths = death.wasReady
    ? { unready: 0, quick: death.livedMs >= STEADY_MS ? 1 : deaths.quick + 1 }
    : { unready: deaths.unready + 1, quick: deaths.quick };
  if (now.unready >= UNREADY_AT_MOST) return { kind: 'giveUp' };
  const step = Math.min(now.unready + now.quick, DELAYS_MS.length) - 1;
  return { kind: 'start', afterMs: DELAYS_MS[step] ?? 0, deaths: now };
};
