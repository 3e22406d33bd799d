/** Messages to a running agent: files in its `inbox`, whole as soon as they have their name, read in name order. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../store/files.ts';

/** @returns a function that gives the messages that came since its last call */
export const createInbox = (directory: string): (() => Promise<readonly string[]>) => {
  const seen = new Set<string>();
  return async () => {
    const names = await readdir(directory).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return [];
      throw error;
    });
    const fresh = names.filter((name) => name.endsWith('.msg') && !seen.has(name)).sort();
    const texts = await Promise.all(fresh.map((name) => readFile(join(directory, name), 'utf8')));
    for (const name of fresh) seen.add(name);
    return texts;
  };
};
