/**
 * Copies untracked files of the user's checkout, such as `.env.example`, into a workspace. Regular files only,
 * and on neither side through a symbolic link: the list comes from a repository.
 */
import { constants } from 'node:fs';
import { lstat, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { DroverFailure } from '../../domain/failures.ts';
import { errorCode } from '../../store/files.ts';

/** Larger files belong into the set-up command, not into every workspace. */
const SIZE_LIMIT_BYTES = 64 * 1024 * 1024;

const refuse = (path: string, why: string): DroverFailure =>
  new DroverFailure('invalidInput', `"${path}" cannot be copied into workspaces: ${why}`, {
    hint: 'copyFiles in drover.yml takes paths of regular files, relative to the root of the repository',
  });

/** The parts of a relative path that stays inside its root and out of `.git`. */
const partsOf = (path: string): readonly string[] => {
  const parts = path.split('/');
  if (path.includes('\0') || path.includes('\n')) throw refuse(path, 'it holds a control character');
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    throw refuse(path, 'it does not stay inside the repository');
  if (parts.some((part) => part.toLowerCase() === '.git')) throw refuse(path, 'it lies in a git directory');
  return parts;
};

/** The directories above `parts`, each shown to be a real one; undefined when one is missing. */
const parentOf = async (
  root: string,
  parts: readonly string[],
  make: boolean,
): Promise<string | undefined> => {
  let directory = root;
  for (const part of parts.slice(0, -1)) {
    directory = join(directory, part);
    if (make) await mkdir(directory).catch((error: unknown) => ignore(error, 'EEXIST'));
    const there = await lstat(directory).catch((error: unknown) => ignore(error, 'ENOENT'));
    if (there === undefined) return undefined;
    if (!there.isDirectory()) throw refuse(parts.join('/'), `${directory} is not a directory`);
  }
  return directory;
};

const ignore = (error: unknown, code: string): undefined => {
  if (errorCode(error) !== code) throw error;
};

/**
 * Those of `paths` that are not there to be copied.
 * @throws {DroverFailure} `invalidInput` for a path that leaves the repository
 */
export const missingFiles = async (source: string, paths: readonly string[]): Promise<readonly string[]> => {
  const missing: string[] = [];
  for (const path of paths) {
    const there = await lstat(join(source, ...partsOf(path))).catch(() => undefined);
    if (there === undefined) missing.push(path);
  }
  return missing;
};

/**
 * Copies `paths`; what is missing at the source, or there already at the destination, is left out.
 * @returns the paths that were copied
 * @throws {DroverFailure} `invalidInput` for a path that leaves the repository or is no regular file
 */
export const copyFiles = async (
  source: string,
  paths: readonly string[],
  destination: string,
): Promise<readonly string[]> => {
  const copied: string[] = [];
  for (const path of paths) {
    const parts = partsOf(path);
    const name = parts.at(-1) ?? '';
    const from = await parentOf(source, parts, false);
    if (from === undefined) continue;
    const input = await open(
      join(from, name),
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    ).catch((error: unknown) => {
      if (errorCode(error) === 'ELOOP') throw refuse(path, 'it is a symbolic link');
      return ignore(error, 'ENOENT');
    });
    if (input === undefined) continue;
    try {
      const facts = await input.stat();
      if (!facts.isFile()) throw refuse(path, 'it is not a regular file');
      if (facts.size > SIZE_LIMIT_BYTES) throw refuse(path, `it is larger than ${SIZE_LIMIT_BYTES} bytes`);
      const to = await parentOf(destination, parts, true);
      const output = await open(
        join(to ?? destination, name),
        constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
        facts.mode & 0o777,
      ).catch((error: unknown) => ignore(error, 'EEXIST'));
      if (output === undefined) continue;
      try {
        await output.writeFile(await input.readFile());
      } finally {
        await output.close();
      }
      copied.push(path);
    } finally {
      await input.close();
    }
  }
  return copied;
};
