/** Files that are there whole or not at all, whatever is killed and whenever. */
import { closeSync, fsyncSync, linkSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

let written = 0;

/** Unique by process and time. Not random: loading `node:crypto` costs each runner 10 ms of CPU. */
export const temporaryName = (path: string): string =>
  `${path}.${process.pid}-${process.hrtime.bigint().toString(36)}-${written++}.tmp`;

/** Of a name that `temporaryName` gave: the process that gave it. */
export const TEMPORARY_NAME = /\.([0-9]+)-[0-9a-z]+-[0-9]+\.tmp$/;

const writeSynced = async (path: string, content: string | Uint8Array): Promise<void> => {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
};

/** Puts `content` at `path`, replacing what was there. */
export const replaceFile = async (path: string, content: string | Uint8Array): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  const temporary = temporaryName(path);
  try {
    await writeSynced(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
};

/**
 * Puts `content` at `path` unless something is there already.
 * @returns true when this call made the file
 */
export const createFile = async (path: string, content: string | Uint8Array): Promise<boolean> => {
  await mkdir(dirname(path), { recursive: true });
  const temporary = temporaryName(path);
  try {
    await writeSynced(temporary, content);
    await link(temporary, path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
};

/** As `createFile`, for a small process that has nothing else to do: a third of the CPU. */
export const createFileSync = (path: string, content: string): boolean => {
  const temporary = temporaryName(path);
  const descriptor = openSync(temporary, 'wx', 0o600);
  try {
    try {
      writeFileSync(descriptor, content);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
};

/** The text of the file at `path`, or undefined when there is none. */
export const readIfThere = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
};

/**
 * The `code` of a system error (`ENOENT`, `ENOSPC`…), if it is one. Not by `instanceof`: an error of Node's own has
 * another `Error` when the caller runs in a context of its own, as in tests.
 */
export const errorCode = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
