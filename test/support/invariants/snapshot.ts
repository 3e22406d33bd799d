/** What a user's repository was before Drover came, byte for byte, and how it differs now. */
import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { git } from '../repository.ts';

export interface RepositorySnapshot {
  /** Mode and content of each file of the checkout, and of HEAD, index and config in `.git`. */
  readonly files: ReadonlyMap<string, string>;
  readonly refs: ReadonlyMap<string, string>;
  readonly worktrees: string;
}

const GIT_FILES = ['HEAD', 'index', 'config', 'packed-refs', 'info/exclude', 'info/attributes'];

const fingerprint = async (path: string): Promise<string | undefined> => {
  const stat = await lstat(path).catch(() => undefined);
  if (stat === undefined) return undefined;
  if (stat.isSymbolicLink()) return `link ${await readlink(path)}`;
  if (!stat.isFile()) return `other ${stat.mode}`;
  const hash = createHash('sha256').update(await readFile(path));
  return `${stat.mode.toString(8)} ${stat.size} ${hash.digest('hex')}`;
};

const checkoutFiles = async (root: string): Promise<Map<string, string>> => {
  const files = new Map<string, string>();
  const note = async (path: string): Promise<void> => {
    const print = await fingerprint(join(root, path));
    if (print !== undefined) files.set(path, print);
  };
  const walk = async (directory: string): Promise<void> => {
    for (const entry of await readdir(join(root, directory), { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (path === '.git') continue;
      if (entry.isDirectory()) await walk(path);
      else await note(path);
    }
  };
  await walk('');
  for (const name of GIT_FILES) await note(join('.git', name));
  return files;
};

/** Each ref with its commit, sorted by name. */
export const refsOf = async (repository: string): Promise<Map<string, string>> => {
  const text = await git(repository, 'for-each-ref', '--format=%(refname) %(objectname)');
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const space = line.lastIndexOf(' ');
        return [line.slice(0, space), line.slice(space + 1)] as const;
      }),
  );
};

export const snapshotRepository = async (repository: string): Promise<RepositorySnapshot> => ({
  files: await checkoutFiles(repository),
  refs: await refsOf(repository),
  worktrees: await git(repository, 'worktree', 'list', '--porcelain'),
});

const differences = (
  what: string,
  before: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
): string[] =>
  [...new Set([...before.keys(), ...now.keys()])]
    .filter((key) => before.get(key) !== now.get(key))
    .map((key) => {
      const change = !now.has(key) ? 'is gone' : before.has(key) ? 'changed' : 'appeared';
      return `${what} ${key} of the user's repository ${change}`;
    });

/** @param delivered the only ref that may have appeared, with the commit that it must hold */
export const untouchedViolations = (
  before: RepositorySnapshot,
  now: RepositorySnapshot,
  delivered: readonly [ref: string, commit: string] | undefined,
): string[] => {
  const expected = new Map(before.refs);
  if (delivered !== undefined) expected.set(delivered[0], delivered[1]);
  return [
    ...differences('file', before.files, now.files),
    ...differences('ref', expected, now.refs),
    ...(before.worktrees === now.worktrees ? [] : ["the worktrees of the user's repository changed"]),
  ];
};
