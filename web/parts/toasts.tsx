/** Short news about what was just done. Read out by screen readers, gone by itself. */
import { useSyncExternalStore } from 'react';
import { Notice } from './states.tsx';
import type { Tone } from './tones.ts';

interface Toast {
  readonly id: number;
  readonly tone: Tone;
  readonly text: string;
}

const SHOWN_MS = 6_000;
let toasts: readonly Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();

const change = (next: readonly Toast[]): void => {
  toasts = next;
  for (const listener of listeners) listener();
};

export const tell = (text: string, tone: Tone = 'good'): void => {
  last += 1;
  const id = last;
  change([...toasts.slice(-3), { id, tone, text }]);
  setTimeout(() => change(toasts.filter((toast) => toast.id !== id)), SHOWN_MS);
};

export const Toasts = () => {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map(({ id, tone, text }) => (
        <Notice tone={tone} key={id}>
          {text}
        </Notice>
      ))}
    </div>
  );
};
