/** A walk over the workspace for tools that list and search: never into git's files, links or dependencies. */
import type { ConfinedFiles, OpenDirectory } from './confined-files.ts';
import { isGitName } from './confined-path.ts';

/** Dependencies and caches, often larger than all else; a tool can still be pointed into them. */
const SKIPPED = new Set(['node_modules', '.venv', '__pycache__', '.hg', '.svn']);

export interface WalkedEntry {
  /** Relative to the workspace. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'skipped' | 'link';
  read(maxBytes: number): Promise<Buffer>;
}

/**
 * Visits everything below `start` in the order of names, directories before what is in them.
 * @param visit returns false to end the walk
 * @returns false when `visit` ended it
 */
export const walk = async (
  files: ConfinedFiles,
  start: string,
  depth: number,
  visit: (entry: WalkedEntry) => boolean | Promise<boolean>,
): Promise<boolean> =>
  await files.inDirectory(start, async (directory) => {
    const entries = (await directory.entries()).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      if (isGitName(entry.name)) continue;
      const path = start === '' ? entry.name : `${start}/${entry.name}`;
      const kind = entry.isSymbolicLink()
        ? 'link'
        : entry.isDirectory()
          ? SKIPPED.has(entry.name)
            ? 'skipped'
            : 'directory'
          : 'file';
      if (!(await visit({ path, kind, read: readerIn(directory, entry.name) }))) return false;
      if (kind === 'directory' && depth > 1 && !(await walk(files, path, depth - 1, visit))) return false;
    }
    return true;
  });

const readerIn = (directory: OpenDirectory, name: string) => async (maxBytes: number) =>
  await directory.read(name, maxBytes);
