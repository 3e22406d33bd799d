/** Earlier releases of Drover as `npm run keep-release` kept them: the built program, run with the packages of today. */
import { execFile } from 'node:child_process';
import { mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const kept = fileURLToPath(new URL('../releases/', import.meta.url));
const packages = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** Oldest first. */
export const keptReleases = async (): Promise<readonly string[]> =>
  (await readdir(kept))
    .filter((name) => name.endsWith('.tgz'))
    .map((name) => name.slice(0, -'.tgz'.length))
    .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));

/** @returns the path of its CLI */
export const unpackRelease = async (name: string, directory: string): Promise<string> => {
  await mkdir(directory, { recursive: true });
  await promisify(execFile)('tar', ['-xzf', join(kept, `${name}.tgz`)], { cwd: directory });
  await symlink(packages, join(directory, 'node_modules'));
  return join(directory, 'dist/cli/main.js');
};
