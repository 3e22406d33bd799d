/**
 * The runner's own repository for the agent's work: its objects come from the workspace and the hub, its index
 * starts as a copy of the workspace's. So nothing that an agent left in its `.git` (locks, a half-done merge or
 * rebase, filters, a broken index, or no `.git` at all) stands in the way of keeping its work.
 */
import {
  copyFile,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { git, type GitOptions } from '../../activities/git/git.ts';
import { quotedLine } from '../../activities/git/repository-files.ts';
import type { AgentSpec } from '../../domain/agent.ts';
import { isRefName, isSha } from '../../domain/names.ts';
import { DroverFailure } from '../../domain/failures.ts';
import { readIfThere } from '../../store/files.ts';

export interface WorkRepository {
  readonly directory: string;
  /** For git commands in the runner's repository over the workspace's files. */
  readonly options: GitOptions;
}

/** Hashing 50,000 files takes seconds; a git that hangs on something planted must still end. */
const GIT_TIMEOUT_MS = 600_000;

/** The workspace's objects, and those that it borrows. */
const alternates = async (objects: string): Promise<string> =>
  `${quotedLine(objects)}\n${(await readIfThere(join(objects, 'info', 'alternates'))) ?? ''}`;

const configFor = (baseCommit: string): string =>
  baseCommit.length === 64
    ? '[core]\n\trepositoryformatversion = 1\n\tbare = false\n[extensions]\n\tobjectformat = sha256\n'
    : '[core]\n\trepositoryformatversion = 0\n\tbare = false\n';

/**
 * Git trusts what the index says of a file only when the index is younger than the file. The copy is made to look
 * older than the original, so that git looks at a file once too often rather than once too seldom.
 */
const copyIndex = async (from: string, to: string): Promise<void> => {
  const { atime, mtimeMs } = await stat(from);
  await copyFile(from, to);
  await utimes(to, atime, Math.floor(mtimeMs / 1_000));
};

/** Call before the agent starts: what is true of the workspace now cannot be trusted later. */
export const createWorkRepository = async (spec: AgentSpec): Promise<WorkRepository> => {
  if (!isRefName(spec.branch) || !isSha(spec.baseCommit))
    throw new DroverFailure(
      'invalidInput',
      `"${spec.branch}" or "${spec.baseCommit}" is not a name for git`,
      {
        hint: 'spec.json was not written by Drover; start the task again',
      },
    );
  const directory = join(spec.runDirectory, 'git');
  const workspaceGit = join(spec.workspace, '.git');
  const objects = join(workspaceGit, 'objects');
  await Promise.all(
    ['objects/info', 'refs/heads', 'info'].map((path) => mkdir(join(directory, path), { recursive: true })),
  );
  await Promise.all([
    writeFile(join(directory, 'HEAD'), `ref: refs/heads/${spec.branch}\n`),
    writeFile(join(directory, 'config'), configFor(spec.baseCommit)),
    alternates(objects).then((text) => writeFile(join(directory, 'objects/info/alternates'), text)),
    readIfThere(join(workspaceGit, 'shallow')).then((text) =>
      text === undefined ? undefined : writeFile(join(directory, 'shallow'), text),
    ),
    copyIndex(join(workspaceGit, 'index'), join(directory, 'index.start')),
  ]);
  return {
    directory,
    options: {
      cwd: spec.runDirectory,
      gitDir: directory,
      workTree: spec.workspace,
      // Speed: a few small objects, packed once, read once.
      config: {
        'core.looseCompression': '1',
        'pack.compression': '1',
        'pack.threads': '1',
        'pack.window': '0',
      },
      signal: AbortSignal.timeout(GIT_TIMEOUT_MS),
    },
  };
};

/**
 * What lies in the workspace untracked now (put there by Drover or by set-up commands) is not the agent's work,
 * for the runner and for an agent that commits itself.
 */
export const excludeUntracked = async (repository: WorkRepository, spec: AgentSpec): Promise<void> => {
  const index = join(repository.directory, 'index.start');
  const { stdout } = await git('ls-files', ['-z', '--others', '--exclude-standard', '--directory'], {
    ...repository.options,
    env: { GIT_INDEX_FILE: index },
  });
  const paths = stdout
    .toString('utf8')
    .split('\0')
    .filter((path) => path !== '' && !path.includes('\n'));
  if (paths.length === 0) return;
  const patterns = paths.map((path) => `/${path.replaceAll(/[\\*?[\] !#]/g, String.raw`\$&`)}\n`).join('');
  const theirs = join(spec.workspace, '.git', 'info', 'exclude');
  await mkdir(dirname(theirs), { recursive: true });
  await writeFile(theirs, `\n${patterns}`, { flag: 'a' });
};

/** The workspace's own exclusions hold for the runner as they were before the agent started. */
export const takeExclusions = async (repository: WorkRepository, spec: AgentSpec): Promise<void> => {
  const text = await readIfThere(join(spec.workspace, '.git', 'info', 'exclude'));
  if (text !== undefined) await writeFile(join(repository.directory, 'info', 'exclude'), text);
};

/** Takes over the index as the agent left it, or as it was at the start when there is none to take. */
export const takeIndex = async (
  repository: WorkRepository,
  spec: AgentSpec,
  from: 'workspace' | 'start',
): Promise<'workspace' | 'start'> => {
  const index = join(repository.directory, 'index');
  await rm(index, { force: true });
  await rm(`${index}.lock`, { force: true });
  // A link, not a copy: git compares the time of the index with those of the files.
  const left = join(spec.workspace, '.git', 'index');
  const usable =
    from === 'workspace' &&
    (await lstat(left).then(
      (stat) => stat.isFile(),
      () => false,
    ));
  await link(usable ? left : join(repository.directory, 'index.start'), index);
  return usable ? 'workspace' : 'start';
};

const shaIn = (text: string | undefined): string | undefined => {
  const value = text?.trim() ?? '';
  return isSha(value) ? value : undefined;
};

/** Where the workspace's HEAD is now, on whatever branch, or undefined when that cannot be told. */
export const workspaceHead = async (spec: AgentSpec): Promise<string | undefined> => {
  const gitDirectory = join(spec.workspace, '.git');
  const read = (path: string): Promise<string | undefined> =>
    readFile(join(gitDirectory, path), 'utf8').catch(() => undefined);
  const head = await read('HEAD');
  const name = /^ref: (refs\/heads\/[^\s\\]+)\n?$/.exec(head ?? '')?.[1];
  const simple = name === undefined || name.includes('..') ? shaIn(head) : shaIn(await read(name));
  if (simple !== undefined || head === undefined) return simple;
  const { stdout } = await git('rev-parse', ['--verify', '--quiet', 'HEAD^{commit}'], {
    cwd: spec.runDirectory,
    gitDir: gitDirectory,
    okCodes: [0, 1, 128],
  });
  return shaIn(stdout.toString('utf8'));
};

/** Tips of the workspace's branches other than the base, the agent's own branch first. */
export const workspaceBranches = async (spec: AgentSpec): Promise<readonly string[]> => {
  const heads = join(spec.workspace, '.git', 'refs', 'heads');
  const names = await readdir(heads, { recursive: true }).catch(() => []);
  names.sort((a, b) => Number(b === spec.branch) - Number(a === spec.branch));
  const loose = await Promise.all(names.map((name) => readFile(join(heads, name), 'utf8').catch(() => '')));
  const packed = (await readFile(join(spec.workspace, '.git', 'packed-refs'), 'utf8').catch(() => ''))
    .split('\n')
    .filter((line) => line.includes(' refs/heads/'))
    .map((line) => line.slice(0, line.indexOf(' ')));
  const tips = [...loose, ...packed].flatMap((text) => shaIn(text) ?? []);
  return [...new Set(tips)].filter((tip) => tip !== spec.baseCommit);
};
