/**
 * Workspaces: the checkout of one agent (or of one verification), with a git directory of its own that borrows
 * the hub's objects. Made aside and put in place by one rename, so that a workspace is there whole or not at
 * all. After the agent has started, Drover never runs git here again: it only removes the directory.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DroverFailure } from '../../domain/failures.ts';
import { isSha } from '../../domain/names.ts';
import { errorCode } from '../../store/files.ts';
import { copyFiles } from './copy-files.ts';
import { git } from './git.ts';
import type { ConflictEntry } from './merge-objects.ts';
import { writeAgentRepository } from './repository-files.ts';

export interface WorkspaceRequest {
  readonly hub: string;
  /** Absolute; nothing is done when something is there already. */
  readonly path: string;
  /** The branch that is checked out, and the name under which an agent commits. */
  readonly branch: string;
  readonly commit: string;
  /** Directories of a sparse checkout; empty for the whole tree. @default [] */
  readonly sparse?: readonly string[];
  /** Untracked files to copy from the user's checkout. */
  readonly copy?: { readonly from: string; readonly paths: readonly string[] };
  /** Shows a merge that stopped: `tree` with conflict markers, and the index entries that say what conflicts. */
  readonly merge?: {
    readonly commit: string;
    readonly message: string;
    readonly tree: string;
    readonly entries: readonly ConflictEntry[];
  };
  readonly signal?: AbortSignal;
}

/** Makes the workspace unless something is there. */
export const createWorkspace = async (request: WorkspaceRequest): Promise<void> => {
  if (!isSha(request.commit))
    throw new DroverFailure('invalidInput', `"${request.commit}" is not the name of a commit`, {
      hint: 'workspaces start from whole commit names',
    });
  if (await isThere(request.path)) return;
  await removeLeftovers(request.path);
  const making = `${request.path}.making-${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(making, { recursive: true });
    await fill(making, request);
    await rename(making, request.path).catch((error: unknown) => {
      // Another try at the same workspace was faster; one of them is enough.
      if (errorCode(error) !== 'ENOTEMPTY' && errorCode(error) !== 'EEXIST') throw error;
    });
  } finally {
    await removeTree(making);
  }
};

const fill = async (directory: string, request: WorkspaceRequest): Promise<void> => {
  const gitDir = join(directory, '.git');
  const copy = request.copy?.paths ?? [];
  await writeAgentRepository(gitDir, {
    hub: request.hub,
    branch: request.branch,
    commit: request.commit,
    sparse: request.sparse ?? [],
    exclude: copy,
    ...(request.merge === undefined ? {} : { merging: request.merge }),
  });
  const options = { cwd: directory, gitDir, workTree: directory, signal: request.signal };
  await git('read-tree', ['--reset', '-u', request.merge?.tree ?? request.commit], options);
  if (request.merge !== undefined && request.merge.entries.length > 0) {
    const paths = new Set(request.merge.entries.map((entry) => entry.path));
    const blank = '0'.repeat(request.commit.length);
    const lines = [
      ...[...paths].map((path) => `0 ${blank}\t${path}\0`),
      ...request.merge.entries.map((entry) => `${entry.mode} ${entry.oid} ${entry.stage}\t${entry.path}\0`),
    ];
    await git('update-index', ['-z', '--index-info'], {
      ...options,
      input: Buffer.from(lines.join(''), 'latin1'),
    });
  }
  if (request.copy !== undefined) await copyFiles(request.copy.from, copy, directory);
};

/** Removes the workspace at `path`, whatever an agent made of it, and what a killed try left beside it. */
export const removeWorkspace = async (path: string): Promise<void> => {
  // Renamed first: a workspace that is half removed must not be taken for one.
  const removing = `${path}.removing-${randomBytes(6).toString('hex')}`;
  await rename(path, removing).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error;
  });
  await removeTree(removing);
  await removeLeftovers(path);
};

const LEFTOVER = /^\.(making|removing)-[0-9a-f]{12}$/;

const removeLeftovers = async (path: string): Promise<void> => {
  const directory = dirname(path);
  const name = basename(path);
  const names = await readdir(directory).catch(() => []);
  const left = names.filter((other) => other.startsWith(name) && LEFTOVER.test(other.slice(name.length)));
  await Promise.all(left.map((other) => removeTree(join(directory, other))));
};

const isThere = async (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    (error: unknown) => {
      if (errorCode(error) === 'ENOENT') return false;
      throw error;
    },
  );

/** Removes a tree without following links; directories without write permission and over-long paths included. */
export const removeTree = async (path: string): Promise<void> => {
  try {
    await rm(path, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 });
  } catch {
    // chmod and rm walk by file handles: neither a link nor a path longer than PATH_MAX leads them astray.
    if ((await lstat(path)).isDirectory()) await run('chmod', ['-R', 'u+rwX', '--', path]);
    await run('rm', ['-rf', '--', path]);
    if (await isThere(path))
      throw new DroverFailure('toolBroken', `${path} could not be removed`, {
        hint: 'look for a process that still writes there, or for files of another user, and remove it by hand',
      });
  }
};

const run = (program: string, args: readonly string[]): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'ignore', cwd: '/' });
    child.on('error', reject);
    child.on('close', () => resolve());
  });
