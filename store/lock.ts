/**
 * A lock between processes, held by the kernel: it ends with its holder, however that dies, so there is no stale
 * lock to judge. SQLite is used for its portable file lock only; the file stays empty.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { types } from 'node:util';

export interface Lock {
  readonly release: () => void;
}

/** SQLITE_BUSY: somebody else holds the lock. */
const BUSY = 5;

/** @returns undefined when another process (or this one) holds the lock at `path` */
export const tryLock = (path: string): Lock | undefined => {
  mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (types.isNativeError(error) && 'errcode' in error && error.errcode === BUSY) return undefined;
    throw error;
  }
  return {
    release: () => {
      if (database.isOpen) database.close();
    },
  };
};
