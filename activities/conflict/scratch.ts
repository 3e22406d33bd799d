/**
 * What the ladder puts on disk while it works: one directory for each conflict, in the swarm's directory, found
 * and cleared by the next try. Trees are changed through an index there; nothing is checked out in the hub.
 */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SwarmDirectory } from '../../store/home.ts';
import { git, gitText } from '../git/git.ts';
import type { Hub } from '../git/merge-objects.ts';
import { removeWorkspace } from '../git/workspace.ts';
import type { Content } from './conflict.ts';

/** Where a conflict is worked on, and the marker of the processes that work on it. */
export interface Bench {
  readonly path: string;
  readonly marker: string;
}

/** By the commits that are in conflict, so that another try finds what a killed one left. */
export const benchOf = (swarm: SwarmDirectory, ours: string, theirs: string): Bench => {
  const marker = createHash('sha256').update(`${swarm.root} ${ours} ${theirs}`).digest('hex').slice(0, 32);
  return { path: join(swarm.root, `conflict-${marker}`), marker };
};

/** Runs `work` with an empty directory at `path`, and leaves nothing there. */
export const withScratch = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
  await removeWorkspace(path);
  await mkdir(path, { recursive: true });
  try {
    return await work();
  } finally {
    await removeWorkspace(path);
  }
};

/** @returns `tree` with these files instead of what it has at their paths */
export const treeWith = async (
  hub: Hub,
  tree: string,
  files: ReadonlyMap<string, Content>,
  index: string,
): Promise<string> => {
  const options = { ...hub, env: { GIT_INDEX_FILE: index } };
  await git('read-tree', [tree], options);
  const lines = [...files].map(([path, { mode, oid }]) => `${mode} ${oid}\t${path}\0`);
  await git('update-index', ['-z', '--index-info'], {
    ...options,
    input: Buffer.from(lines.join(''), 'latin1'),
  });
  return gitText('write-tree', [], options);
};

/** All files of a tree, by their paths in Latin-1. */
export const filesOf = async (hub: Hub, tree: string): Promise<ReadonlyMap<string, Content>> => {
  const { stdout } = await git('ls-tree', ['-r', '-z', '--full-tree', tree], hub);
  return new Map(
    stdout
      .toString('latin1')
      .split('\0')
      .flatMap((line) => {
        const [facts = '', path] = line.split(/\t(.*)/s);
        const [mode = '', , oid = ''] = facts.split(' ');
        return path === undefined ? [] : [[path, { mode, oid }] as const];
      }),
  );
};
