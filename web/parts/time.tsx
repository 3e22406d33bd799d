/** Times that go on by themselves. All clocks of a page tick together. */
import { useSyncExternalStore } from 'react';
import { clock, dateTime, duration, secondsBetween } from './format.ts';

let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
};

/** Milliseconds; a new value each second. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => now);

const Span = ({ from, seconds }: { readonly from: string; readonly seconds: number }) => (
  <time dateTime={from} title={dateTime(from)} className="nowrap">
    {duration(seconds)}
  </time>
);
const Running = ({ from }: { readonly from: string }) => (
  <Span from={from} seconds={secondsBetween(from, undefined, useNow())} />
);

/** How long it took, or has taken so far. */
export const Elapsed = ({ from, to }: { readonly from: string; readonly to?: string | undefined }) =>
  to === undefined ? <Running from={from} /> : <Span from={from} seconds={secondsBetween(from, to, 0)} />;

export const Ago = ({ at }: { readonly at: string }) => {
  const seconds = secondsBetween(at, undefined, useNow());
  return (
    <time dateTime={at} title={dateTime(at)} className="nowrap">
      {seconds < 5 ? 'now' : `${duration(seconds >= 3_600 ? Math.floor(seconds / 60) * 60 : seconds)} ago`}
    </time>
  );
};

export const At = ({ at, short = false }: { readonly at: string; readonly short?: boolean }) => (
  <time dateTime={at} title={dateTime(at)} className="nowrap">
    {short ? clock(at) : dateTime(at)}
  </time>
);
