/** Is anything left behind on disk: workspaces, verification checkouts, lock files, half-written files? */
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { SwarmDirectory } from '../../../store/home.ts';
import { git } from '../repository.ts';

const AGENT = /^agent-[0-9.]+$/;
const HALF_WRITTEN = /\.(lock|tmp)$|^tmp_|^\.tmp-/;

const allEntries = async (directory: string): Promise<{ path: string; directory: boolean }[]> => {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.map((entry) => ({
    path: join(entry.parentPath, entry.name),
    directory: entry.isDirectory(),
  }));
};

const halfWritten = async (directory: string): Promise<string[]> =>
  (await allEntries(directory))
    .filter(({ path }) => HALF_WRITTEN.test(path.slice(path.lastIndexOf('/') + 1)))
    .map(({ path }) => `${relative(directory, path)} was left in ${directory}`);

/** Checkouts are known by their `.git`, wherever Drover may have put them. */
const checkouts = async (swarm: SwarmDirectory): Promise<string[]> =>
  (await allEntries(swarm.root))
    .filter(({ path }) => path.endsWith('/.git'))
    .map(({ path }) => `the checkout ${relative(swarm.root, path.slice(0, -5))} was left`);

export const leftoverViolations = async (swarm: SwarmDirectory, repository: string): Promise<string[]> => {
  const workspaces = (await readdir(swarm.root))
    .filter((name) => AGENT.test(name))
    .map((name) => `the workspace ${name} was left`);
  const worktrees = (await git(swarm.hub, 'worktree', 'list', '--porcelain'))
    .split('\n')
    .filter((line) => line.startsWith('worktree '));
  return [
    ...workspaces,
    ...(await checkouts(swarm)),
    ...(worktrees.length > 1 ? [`the hub has ${worktrees.length - 1} worktrees left`] : []),
    ...(await halfWritten(swarm.root)),
    ...(await halfWritten(join(repository, '.git'))),
  ];
};
