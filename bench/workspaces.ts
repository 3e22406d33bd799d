/**
 * P5 and P6: what a workspace costs in time and disk, against `git worktree add` on the same repository (the
 * sources of a real package). A repository of one file shows what is paid beyond the checkout, which both must do.
 */
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeHub } from '../activities/git/repository-files.ts';
import { createWorkspace } from '../activities/git/workspace.ts';
import {
  git,
  makeRepository,
  repositoryFromPackage,
  temporaryDirectory,
} from '../test/support/repository.ts';
import { median, timed, type Bench, type Figure } from './figure.ts';

const PACKAGE = ['validator', '13.15.0'] as const;
const ROUNDS = 25;

const KIB = 1024;

/** Bytes that the directory takes on disk, files that share their content with others counted as their own. */
const diskBytes = async (directory: string): Promise<number> => {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const sizes = entries.map(async (entry) => (await lstat(join(entry.parentPath, entry.name))).blocks * 512);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
};

const objectsIn = async (gitDirectory: string): Promise<number> => {
  const entries = await readdir(join(gitDirectory, 'objects'), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && entry.name !== 'alternates').length;
};

interface Round {
  readonly drover: number;
  readonly worktree: number;
}

/** Both ways in turn, so that whatever else the machine does strikes both. The last of each is left in place. */
const measure = async (root: string, { repository, hub, commit }: Source): Promise<Round[]> => {
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const [ours, theirs] = [join(root, 'agent-0'), join(root, 'tree')];
    await rm(ours, { recursive: true, force: true });
    if (round > 0) await git(repository, 'worktree', 'remove', '--force', theirs);
    const drover = await timed(() => createWorkspace({ hub, path: ours, branch: 'agent-0', commit }));
    const worktree = await timed(() =>
      git(repository, 'worktree', 'add', '-q', '-b', `task-${round}`, theirs, commit),
    );
    rounds.push({ drover: drover.ms, worktree: worktree.ms });
  }
  return rounds;
};

interface Source {
  readonly repository: string;
  readonly hub: string;
  readonly commit: string;
}

const withHub = async (root: string, repository: string, commit: string): Promise<Source> => {
  const hub = join(root, 'hub');
  await writeHub(hub, false);
  await git(hub, 'fetch', '-q', repository, `${commit}:refs/heads/main`);
  return { repository, hub, commit };
};

const time = (what: string, rounds: readonly Round[], goalMs?: number): Figure => {
  const ms = median(rounds.map((round) => round.drover));
  return {
    id: 'P5',
    what,
    figure: ms,
    unit: 'ms',
    baseline: { name: 'git worktree add', value: median(rounds.map((round) => round.worktree)) },
    goal: goalMs === undefined ? '–' : `≤ ${goalMs} ms`,
    pass: goalMs === undefined || ms <= goalMs,
  };
};

const figures = async (root: string): Promise<Figure[]> => {
  const small = join(root, 'small');
  const one = await makeRepository(join(small, 'project'), { 'README.md': '# One file' });
  const smallRounds = await measure(small, await withHub(small, join(small, 'project'), one));

  const repository = join(root, 'project');
  const source = await withHub(root, repository, await repositoryFromPackage(repository, ...PACKAGE));
  const { hub, commit } = source;
  const rounds = await measure(root, source);

  const workspace = join(root, 'agent-0');
  const sparse = join(root, 'agent-1');
  const directories = ['es'];
  await createWorkspace({ hub, path: sparse, branch: 'agent-1', commit, sparse: directories });
  const [full, thin, worktree, copied] = [
    await diskBytes(workspace),
    await diskBytes(sparse),
    (await diskBytes(join(root, 'tree'))) + (await diskBytes(join(repository, '.git/worktrees/tree'))),
    await objectsIn(join(workspace, '.git')),
  ];
  return [
    time('a workspace beyond its checkout: a repository of one file', smallRounds, 20),
    time(`a workspace of ${PACKAGE.join('@')} (231 files)`, rounds),
    {
      id: 'P6',
      what: 'disk of a workspace',
      figure: full / KIB,
      unit: 'KiB',
      baseline: { name: 'git worktree add', value: worktree / KIB },
      goal: 'ratio ≤ 1.02',
      pass: full <= 1.02 * worktree,
    },
    {
      id: 'P6',
      what: 'objects copied into a workspace',
      figure: copied,
      unit: 'objects',
      goal: '0',
      pass: copied === 0,
    },
    {
      id: 'P6',
      what: `disk of a sparse workspace (${directories.join()})`,
      figure: thin / KIB,
      unit: 'KiB',
      baseline: { name: 'the whole tree', value: full / KIB },
      goal: 'smaller',
      pass: thin < full,
    },
  ];
};

export const bench: Bench = {
  id: 'P5',
  title: 'time and disk of a workspace against git worktree add (P5, P6)',
  run: async () => {
    const root = await temporaryDirectory('bench');
    try {
      return await figures(root);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  },
};
