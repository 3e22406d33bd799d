/**
 * The runner's own repository for the agent's work: its objects come from the workspace and the hub, its index
 * starts as the workspace's. So nothing that an agent left in its `.git` (locks, a half-done merge or rebase,
 * filters, a broken index, or no `.git` at all) stands in the way of keeping its work.
 *
 * Files are read and written synchronously: the runner has nothing else to do meanwhile, and each asynchronous
 * step costs it ten times the CPU.
 */
import {
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { git, type GitOptions } from '../../activities/git/git.ts';
import { quotedLine } from '../../activities/git/repository-files.ts';
import type { AgentSpec } from '../../domain/agents/agent.ts';
import { isRefName, isSha } from '../../domain/names.ts';
import { DroverFailure } from '../../domain/failures.ts';

export interface WorkRepository {
  readonly directory: string;
  /** For git commands in the runner's repository over the workspace's files. */
  readonly options: GitOptions;
}

/** Hashing 50,000 files takes seconds; a git that hangs on something planted must still end. */
const GIT_TIMEOUT_MS = 600_000;

const textIn = (path: string): string | undefined =>
  existsSync(path) ? readFileSync(path, 'utf8') : undefined;

/** The workspace's objects, and those that it borrows. */
const alternates = (objects: string): string =>
  `${quotedLine(objects)}\n${textIn(join(objects, 'info', 'alternates')) ?? ''}`;

const configFor = (baseCommit: string): string =>
  baseCommit.length === 64
    ? '[core]\n\trepositoryformatversion = 1\n\tbare = false\n[extensions]\n\tobjectformat = sha256\n'
    : '[core]\n\trepositoryformatversion = 0\n\tbare = false\n';

/**
 * Git trusts what the index says of a file only when the index is younger than the file. The copy is made to look
 * older than the original, so that git looks at a file once too often rather than once too seldom.
 */
const copyIndex = (from: string, to: string): void => {
  const { atimeMs, mtimeMs } = statSync(from);
  copyFileSync(from, to);
  utimesSync(to, atimeMs / 1_000, Math.floor(mtimeMs / 1_000));
};

/**
 * Call before the agent starts: what is true of the workspace now cannot be trusted later.
 * @param reuse the agent has worked before: what was made then still holds
 */
export const createWorkRepository = (spec: AgentSpec, reuse = false): WorkRepository => {
  if (!isRefName(spec.branch) || !isSha(spec.baseCommit))
    throw new DroverFailure(
      'invalidInput',
      `"${spec.branch}" or "${spec.baseCommit}" is not a name for git`,
      {
        hint: 'spec.json was not written by Drover; start the task again',
      },
    );
  const directory = join(spec.runDirectory, 'git');
  if (!reuse || !existsSync(join(directory, 'index.start'))) makeRepository(spec, directory);
  return {
    directory,
    options: {
      cwd: spec.runDirectory,
      gitDir: directory,
      workTree: spec.workspace,
      // Speed: a few small objects, packed once, read once.
      config: {
        'core.logAllRefUpdates': 'false',
        'core.looseCompression': '1',
        'pack.compression': '1',
        'pack.threads': '1',
        'pack.window': '0',
      },
      signal: AbortSignal.timeout(GIT_TIMEOUT_MS),
    },
  };
};

const makeRepository = (spec: AgentSpec, directory: string): void => {
  const workspaceGit = join(spec.workspace, '.git');
  const objects = join(workspaceGit, 'objects');
  for (const path of ['objects/info', 'refs/heads', 'info'])
    mkdirSync(join(directory, path), { recursive: true });
  const shallow = textIn(join(workspaceGit, 'shallow'));
  if (shallow !== undefined) writeFileSync(join(directory, 'shallow'), shallow);
  writeFileSync(join(directory, 'HEAD'), `ref: refs/heads/${spec.branch}\n`);
  writeFileSync(join(directory, 'config'), configFor(spec.baseCommit));
  writeFileSync(join(directory, 'objects/info/alternates'), alternates(objects));
  copyIndex(join(workspaceGit, 'index'), join(directory, 'index.start'));
};

/**
 * What lies in the workspace untracked now (put there by Drover or by set-up commands) is not the agent's work,
 * for the runner and for an agent that commits itself.
 */
export const excludeUntracked = async (repository: WorkRepository, spec: AgentSpec): Promise<void> => {
  const { stdout } = await git('ls-files', ['-z', '--others', '--exclude-standard', '--directory'], {
    ...repository.options,
    env: { GIT_INDEX_FILE: join(repository.directory, 'index.start') },
  });
  const paths = stdout
    .toString('utf8')
    .split('\0')
    .filter((path) => path !== '' && !path.includes('\n'));
  if (paths.length === 0) return;
  const patterns = paths.map((path) => `/${path.replaceAll(/[\\*?[\] !#]/g, String.raw`\$&`)}\n`).join('');
  const theirs = join(spec.workspace, '.git', 'info', 'exclude');
  mkdirSync(dirname(theirs), { recursive: true });
  writeFileSync(theirs, `\n${patterns}`, { flag: 'a' });
};

/** The workspace's own exclusions hold for the runner as they were before the agent started. */
export const takeExclusions = (repository: WorkRepository, spec: AgentSpec): void => {
  const text = textIn(join(spec.workspace, '.git', 'info', 'exclude')) ?? '';
  if (text !== '') writeFileSync(join(repository.directory, 'info', 'exclude'), text);
};

/** Takes over the index as the agent left it, or as it was at the start when there is none to take. */
export const takeIndex = (
  repository: WorkRepository,
  spec: AgentSpec,
  from: 'workspace' | 'start',
): 'workspace' | 'start' => {
  const index = join(repository.directory, 'index');
  rmSync(index, { force: true });
  rmSync(`${index}.lock`, { force: true });
  const left = join(spec.workspace, '.git', 'index');
  const usable = from === 'workspace' && lstatSync(left, { throwIfNoEntry: false })?.isFile() === true;
  // A link, not a copy: git compares the time of the index with those of the files.
  linkSync(usable ? left : join(repository.directory, 'index.start'), index);
  return usable ? 'workspace' : 'start';
};
