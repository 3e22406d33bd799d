/** The logs of the services: appended to over restarts, put aside when they are large. */
import { closeSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Home } from '../../store/home.ts';
import type { NodeServiceName } from './service-table.ts';

const LARGE_BYTES = 10_000_000;
const TAIL_BYTES = 4_000;

export type ServiceName = 'supervisor' | 'temporal' | NodeServiceName;

export const logFile = (home: Home, service: ServiceName): string =>
  join(home.logsDirectory, `${service}.log`);

/** Puts a large log aside; the one put aside before goes. */
const rotate = (path: string): void => {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LARGE_BYTES) renameSync(path, `${path}.1`);
};

/** Runs `use` with the log's descriptor, which a child keeps when this process closes it. */
export const withLog = <T>(home: Home, service: ServiceName, use: (descriptor: number) => T): T => {
  mkdirSync(home.logsDirectory, { recursive: true });
  const path = logFile(home, service);
  rotate(path);
  const descriptor = openSync(path, 'a', 0o600);
  try {
    return use(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

/** The last lines of a log, for an error message. */
export const logTail = async (home: Home, service: ServiceName, lines = 15): Promise<string> => {
  try {
    const file = await open(logFile(home, service), 'r');
    try {
      const { size } = await file.stat();
      const length = Math.min(size, TAIL_BYTES);
      const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
      return buffer.toString('utf8').trimEnd().split('\n').slice(-lines).join('\n');
    } finally {
      await file.close();
    }
  } catch {
    return '';
  }
};
