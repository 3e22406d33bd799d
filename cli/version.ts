/** The version of this package, from its package.json: one folder up from source, two from `dist/`. */
import { readIfThere } from '../store/files.ts';
import { fileURLToPath } from 'node:url';

export const packageVersion = async (): Promise<string> => {
  for (const place of ['../package.json', '../../package.json']) {
    const text = await readIfThere(fileURLToPath(new URL(place, import.meta.url)));
    if (text !== undefined) return (JSON.parse(text) as { version: string }).version;
  }
  return 'unknown';
};
