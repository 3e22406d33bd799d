/**
 * Looks at the user's repository before a swarm starts: can it be used, from which commit, and what should the
 * person know? Only reads; every refusal says what, why and what to do.
 */
import { constants } from 'node:fs';
import { access, readFile, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { DroverFailure } from '../../domain/failures.ts';
import { clip, nearestNames, plainLine } from '../../domain/text.ts';
import { errorCode } from '../../store/files.ts';
import { checkTree } from './base-tree.ts';
import { git, gitText } from './git.ts';

export interface InspectedRepository {
  /** Real path of the checkout, or of the bare repository. */
  readonly repository: string;
  /** Where objects and refs are; for a linked worktree that is in another place than the checkout. */
  readonly commonDirectory: string;
  readonly baseBranch: string;
  readonly baseCommit: string;
  readonly warnings: readonly string[];
}

const unusable = (message: string, hint: string, cause?: unknown): DroverFailure =>
  new DroverFailure('repositoryUnusable', message, { hint, cause });

/** A path as it is shown: no control character, not too long. */
const shown = (path: string): string => clip(plainLine(path), 300);

export const inspectRepository = async (path: string, base?: string): Promise<InspectedRepository> => {
  const repository = await realDirectory(path);
  const { commonDirectory, bare, shallow } = await locate(repository);
  const options = { cwd: repository };
  const { baseBranch, baseCommit } = await baseOf(repository, base);
  const tree = await checkTree(repository, baseCommit);
  const shallowWarning =
    'The repository is a shallow clone: its older history is not there for agents, and the result branch cannot be pushed to servers that refuse shallow pushes';
  const warnings = [
    ...(shallow ? [shallowWarning] : []),
    ...tree.warnings,
    ...(bare ? [] : await uncommitted(options.cwd)),
  ];
  return { repository, commonDirectory, baseBranch, baseCommit, warnings };
};

const realDirectory = async (path: string): Promise<string> => {
  if (!isAbsolute(path) || path.includes('\0'))
    throw unusable(`"${shown(path)}" is not an absolute path`, 'give the full path of the repository');
  try {
    const real = await realpath(path);
    if (!(await stat(real)).isDirectory())
      throw unusable(`${shown(path)} is not a directory`, 'give the directory that holds the repository');
    await access(real, constants.R_OK | constants.X_OK);
    return real;
  } catch (error) {
    if (error instanceof DroverFailure) throw error;
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw unusable(`There is no directory ${shown(path)}`, 'check the path for a slip', error);
    if (code === 'EACCES' || code === 'EPERM')
      throw unusable(
        `${shown(path)} may not be read by this user`,
        'change its permissions, or run Drover as the user that owns it',
        error,
      );
    throw error;
  }
};

/** One path that git printed: all but the line end, since a path may end in a space or hold a line end. */
const printedPath = (stdout: Buffer): string => stdout.toString('utf8').replace(/\n$/, '');

const locate = async (
  repository: string,
): Promise<{ commonDirectory: string; bare: boolean; shallow: boolean }> => {
  const ask = (...args: string[]) => git('rev-parse', args, { cwd: repository, okCodes: [0, 128] });
  const facts = await ask('--is-bare-repository', '--is-inside-git-dir', '--is-shallow-repository');
  if (facts.code !== 0)
    throw /not a git repository/i.test(facts.stderr)
      ? unusable(
          `${shown(repository)} is not a git repository`,
          'run git init there and commit the files, or give another path',
        )
      : unusable(
          `git cannot read ${shown(repository)}: ${plainLine(facts.stderr)}`,
          'mend the repository first',
        );
  const [bare, insideGitDirectory, shallow] = facts.stdout
    .toString('utf8')
    .split('\n')
    .map((line) => line === 'true');
  const commonDirectory = resolve(repository, printedPath((await ask('--git-common-dir')).stdout));
  if (bare === true) {
    if ((await realpath(commonDirectory)) !== repository)
      throw unusable(
        `${shown(repository)} lies inside the bare repository ${shown(commonDirectory)}`,
        `give ${shown(commonDirectory)} itself`,
      );
  } else {
    if (insideGitDirectory === true)
      throw unusable(`${shown(repository)} is a .git directory`, 'give the checkout that it belongs to');
    const root = printedPath((await ask('--show-toplevel')).stdout);
    if (root !== '' && (await realpath(root)) !== repository)
      throw unusable(
        `${shown(repository)} is not a repository itself but lies inside ${shown(root)}`,
        `give ${shown(root)}, or run git init in ${shown(repository)}`,
      );
  }
  return { commonDirectory, bare: bare === true, shallow: shallow === true };
};

const commitOf = async (repository: string, name: string): Promise<string | undefined> => {
  const { code, stdout } = await git(
    'rev-parse',
    ['--verify', '--quiet', '--end-of-options', `${name}^{commit}`],
    { cwd: repository, okCodes: [0, 1, 128] },
  );
  return code === 0 ? stdout.toString('utf8').trim() : undefined;
};

const baseOf = async (
  repository: string,
  base: string | undefined,
): Promise<{ baseBranch: string; baseCommit: string }> => {
  if (base !== undefined) {
    // oxlint-disable-next-line no-control-regex
    const usable = base.length <= 250 && /^[^-\x00-\x1f\x7f]/.test(base) && plainLine(base) === base;
    const commit = usable
      ? ((await commitOf(repository, `refs/heads/${base}`)) ?? (await commitOf(repository, base)))
      : undefined;
    if (commit !== undefined) return { baseBranch: base, baseCommit: commit };
    const near = nearestNames(base, await branchNames(repository), 3);
    throw unusable(
      `There is no branch, tag or commit "${clip(plainLine(base), 100)}" in ${shown(repository)}`,
      near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'git branch --all lists what there is',
    );
  }
  const head = await git('symbolic-ref', ['--quiet', '--short', 'HEAD'], {
    cwd: repository,
    okCodes: [0, 1, 128],
  });
  const branch = head.code === 0 ? head.stdout.toString('utf8').trim() : undefined;
  const commit = await commitOf(repository, 'HEAD');
  if (commit !== undefined) return { baseBranch: branch ?? commit.slice(0, 12), baseCommit: commit };
  const names = await branchNames(repository);
  throw names.length === 0
    ? unusable(
        `${shown(repository)} has no commit yet`,
        'commit the files that agents should start from: git add -A && git commit',
      )
    : unusable(
        `HEAD of ${shown(repository)} is the branch "${branch ?? ''}", which has no commit`,
        `start from a branch that has one: --base ${names[0] ?? ''}`,
      );
};

const branchNames = async (repository: string): Promise<readonly string[]> => {
  const text = await gitText(
    'for-each-ref',
    ['--format=%(refname:short)', '--count=5000', 'refs/heads', 'refs/tags', 'refs/remotes'],
    { cwd: repository },
  );
  return text.split('\n').filter((name) => name !== '');
};

/** Filters would run programs to compare a file; without them it is compared as it is. */
const withoutFilters = async (repository: string): Promise<Record<string, string>> => {
  const { stdout } = await git('config', ['-z', '--name-only', '--get-regexp', '^filter\\.'], {
    cwd: repository,
    okCodes: [0, 1],
  });
  const keys = stdout.toString('utf8').split('\0');
  return Object.fromEntries(
    keys
      .filter((key) => key !== '')
      .map((key) => [key, key.toLowerCase().endsWith('.required') ? 'false' : '']),
  );
};

const uncommitted = async (repository: string): Promise<readonly string[]> => {
  const { stdout } = await git(
    'status',
    ['--porcelain=v1', '-z', '--untracked-files=normal', '--ignore-submodules=all', '--no-renames'],
    { cwd: repository, config: await withoutFilters(repository) },
  );
  const entries = stdout
    .toString('utf8')
    .split('\0')
    .filter((entry) => entry !== '');
  if (entries.length === 0) return [];
  const examples = entries.slice(0, 3).map((entry) => clip(plainLine(entry.slice(3)), 60));
  const more = entries.length > 3 ? ` and ${entries.length - 3} more` : '';
  return [
    `The checkout has uncommitted changes that agents will not see (${examples.join(', ')}${more}); commit them first if agents need them`,
  ];
};

/** The commits at which a shallow history ends, as git keeps them; undefined for a whole history. */
export const shallowFile = async (commonDirectory: string): Promise<Buffer | undefined> =>
  readFile(join(commonDirectory, 'shallow')).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
