/** The settings that the `drover.yml` of a folder gives, and what is to be said of them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resolveSettings, type ResolvedSettings } from '../config/settings.ts';
import { errorCode } from '../store/files.ts';

export const CONFIG_FILE = 'drover.yml';

/** Undefined when there is no such file. */
export const settingsIn = async (folder: string): Promise<ResolvedSettings | undefined> => {
  try {
    const text = await readFile(join(folder, CONFIG_FILE), 'utf8');
    return resolveSettings({ file: { text, path: CONFIG_FILE } });
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
};
