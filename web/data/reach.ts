/** Whether the API answers, for the banner of the shell. Set by every request. */
import { useSyncExternalStore } from 'react';

export type Reach =
  | { readonly kind: 'reached' }
  /** `since` in milliseconds. */
  | { readonly kind: 'unreachable'; readonly since: number }
  | { readonly kind: 'signed_out' };

let reach: Reach = { kind: 'reached' };
const listeners = new Set<() => void>();

export const setReach = (kind: Reach['kind']): void => {
  if (reach.kind === kind) return;
  reach = kind === 'unreachable' ? { kind, since: Date.now() } : { kind };
  for (const listener of listeners) listener();
};

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useReach = (): Reach => useSyncExternalStore(subscribe, () => reach);
