/** Light, dark or as the system says. Kept in the browser, set before the first paint. */
import { useSyncExternalStore } from 'react';

const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'drover.theme';
const listeners = new Set<() => void>();

/** Storage may be forbidden; the choice then lasts as long as the page. */
const stored = (): Theme => {
  try {
    const value = localStorage.getItem(KEY);
    return THEMES.find((theme) => theme === value) ?? 'system';
  } catch {
    return 'system';
  }
};

let current = stored();

export const applyTheme = (): void => {
  if (current === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = current;
};

export const setTheme = (theme: Theme): void => {
  current = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // As above.
  }
  applyTheme();
  for (const listener of listeners) listener();
};

export const useTheme = (): Theme =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );

export const nextTheme = (theme: Theme): Theme =>
  THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system';
