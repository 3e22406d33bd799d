/**
 * Brings the objects of the user's repository into a new hub: by hard links, so that nothing is copied and
 * nothing that the user's git clears away later is missing in the hub. Object files never change once written.
 */
import { constants } from 'node:fs';
import { copyFile, link, mkdir, readdir, readFile } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { DroverFailure } from '../../domain/failures.ts';
import { errorCode } from '../../store/files.ts';

/** Git's own limit on stores that borrow from stores that borrow. */
const MAX_DEPTH = 5;
const LINKS_AT_ONCE = 64;
/** A repack of the user's while we look moves objects from one file to another. */
const LOOKS = 5;

/** Links everything in `source`, and in the stores that it borrows from, into the hub's object directory. */
export const borrowObjects = async (source: string, target: string): Promise<void> => {
  for (const store of await storesOf(source, 0)) await borrowStore(store, target);
};

const storesOf = async (store: string, depth: number): Promise<readonly string[]> => {
  const text = await readFile(join(store, 'info', 'alternates'), 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  if (depth === MAX_DEPTH) return [store];
  const further = await Promise.all(
    lines.map((line) => {
      const path = unquoted(line);
      return storesOf(isAbsolute(path) ? path : resolve(store, path), depth + 1);
    }),
  );
  return [store, ...further.flat()];
};

/** Undoes git's quoting of a path with control characters. */
const unquoted = (line: string): string =>
  line.startsWith('"')
    ? line
        .slice(1, -1)
        .replace(/\\([0-7]{3}|.)/g, (_, code: string) =>
          code.length === 3 ? String.fromCodePoint(Number.parseInt(code, 8)) : code,
        )
    : line;

const borrowStore = async (store: string, target: string): Promise<void> => {
  for (let look = 1; ; look += 1) {
    const vanished = await linkAll(await objectFiles(store), store, target);
    if (!vanished) return;
    if (look === LOOKS)
      throw new DroverFailure('unavailable', `The objects in ${store} keep changing while they are read`, {
        hint: 'wait until git gc or git repack has ended in the repository, then try again',
      });
  }
};

/** Relative paths; a pack before its index, since git takes a pack to be there when its index is. */
const objectFiles = async (store: string): Promise<readonly string[]> => {
  const top = await readdir(store);
  const fans = top.filter((name) => /^[0-9a-f]{2}$/.test(name));
  const loose = await Promise.all(
    fans.map(async (fan) => {
      const names = await readdir(join(store, fan)).catch(() => []);
      return names.filter((name) => /^[0-9a-f]{38,62}$/.test(name)).map((name) => `${fan}/${name}`);
    }),
  );
  const packs = await readdir(join(store, 'pack')).catch(() => []);
  const named = (extension: string): string[] =>
    packs
      .filter((name) => name.startsWith('pack-') && name.endsWith(extension))
      .map((name) => `pack/${name}`);
  return [...loose.flat(), ...named('.pack'), ...named('.rev'), ...named('.idx')];
};

/** @returns true when a file was gone before it was linked, so that another look is needed */
const linkAll = async (paths: readonly string[], store: string, target: string): Promise<boolean> => {
  await Promise.all(
    [...new Set(paths.map((path) => path.slice(0, path.indexOf('/'))))].map((directory) =>
      mkdir(join(target, directory), { recursive: true }),
    ),
  );
  let vanished = false;
  const waiting = paths.values();
  const worker = async (): Promise<void> => {
    for (const path of waiting) if (!(await linkOne(join(store, path), join(target, path)))) vanished = true;
  };
  // Packs come last in the list, and their order among each other matters little: no git reads the hub yet.
  await Promise.all(Array.from({ length: LINKS_AT_ONCE }, worker));
  return vanished;
};

/** Another file system, one without hard links, or one whose count of links is full: a copy instead. */
const NO_LINK = new Set(['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EACCES']);

const linkOne = async (from: string, to: string): Promise<boolean> => {
  try {
    await link(from, to);
  } catch (error) {
    const code = errorCode(error) ?? '';
    if (code === 'EEXIST') return true;
    if (code === 'ENOENT') return false;
    if (!NO_LINK.has(code)) throw error;
    return copyOne(from, to);
  }
  return true;
};

const copyOne = async (from: string, to: string): Promise<boolean> => {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
};
