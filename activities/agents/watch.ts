/** Waits for something to happen in a run directory, by file events where there are any and by looking anyway. */
import { watch, type FSWatcher } from 'node:fs';

/** How late an end is noticed that no file event tells: the death of a runner that somebody else started. */
const LOOK_MS = 1_000;
const LOOK_WITHOUT_EVENTS_MS = 50;

export interface WatchOptions {
  /** The run directory. */
  readonly directory: string;
  /** The file whose appearance matters most. */
  readonly file: string;
  readonly signal?: AbortSignal;
  /** Further moments at which to look, such as the end of a process. */
  readonly also?: Promise<unknown>;
}

const tryWatch = (directory: string, onEvent: (name: string | null) => void): FSWatcher | undefined => {
  try {
    const watcher = watch(directory, (_event, name) => onEvent(name));
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    // Out of inotify watches, or a file system without.
    return undefined;
  }
};

/**
 * Calls `look` now, when the file appears and every now and then, until it gives a value.
 * @returns that value, or undefined when `signal` was aborted first
 */
export const watchUntil = async <T extends object>(
  options: WatchOptions,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> => {
  let wake = (): void => undefined;
  const watcher = tryWatch(options.directory, (name) => {
    if (name === null || name === options.file) wake();
  });
  const onAbort = (): void => wake();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  options.also?.then(
    () => wake(),
    () => wake(),
  );
  try {
    for (;;) {
      let woken = false;
      const next = new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, watcher === undefined ? LOOK_WITHOUT_EVENTS_MS : LOOK_MS);
        wake = () => {
          woken = true;
          clearTimeout(timer);
          resolve();
        };
      });
      const found = await look();
      if (found !== undefined) return found;
      if (options.signal?.aborted === true) return undefined;
      if (!woken) await next;
    }
  } finally {
    wake();
    watcher?.close();
    options.signal?.removeEventListener('abort', onAbort);
  }
};
