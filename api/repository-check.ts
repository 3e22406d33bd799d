/** Is there a repository with something to start from? A first look, so that a slip is told before anything starts. */
import { execFile } from 'node:child_process';
import { realpath, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { plainLine } from '../domain/text.ts';
import type { Environment } from '../config/environment.ts';

const run = promisify(execFile);

export type RepositoryCheck =
  | { readonly ok: true; /** Absolute path of its top directory. */ readonly path: string }
  | { readonly ok: false; readonly kind: 'path' | 'repository' | 'base'; readonly problem: string };

/** `git` in the directory, without prompts and without programs that the repository's configuration names. */
const git = async (directory: string, env: Environment, args: readonly string[]): Promise<string> => {
  const { stdout } = await run('git', ['-c', 'core.fsmonitor=false', '-C', directory, ...args], {
    env: { ...env, GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' },
  });
  return stdout.trim();
};

const stderrOf = (error: unknown): string =>
  error instanceof Error && 'stderr' in error && typeof error.stderr === 'string' ? error.stderr : '';

const no = (kind: 'path' | 'repository' | 'base', problem: string): RepositoryCheck => ({
  ok: false,
  kind,
  problem,
});

const topDirectory = async (path: string, env: Environment): Promise<RepositoryCheck> => {
  try {
    // A bare repository has no top directory; it is its own.
    const top = await git(path, env, ['rev-parse', '--show-toplevel']).catch((error: unknown) => {
      if (stderrOf(error).includes('must be run in a work tree')) return path;
      throw error;
    });
    return { ok: true, path: await realpath(top) };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return no('repository', 'git is not installed; install git 2.38 or newer');
    if (stderrOf(error).includes('dubious ownership'))
      return no(
        'repository',
        `${path} belongs to another user; git refuses it until you run: git config --global --add safe.directory ${path}`,
      );
    return no('repository', `${path} is not in a git repository; run git init there, or give --repo another`);
  }
};

/** @param base branch, tag or commit; HEAD when absent */
export const checkRepository = async (
  path: string,
  base: string | undefined,
  env: Environment,
): Promise<RepositoryCheck> => {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined)
    return no('path', `${path} does not exist; give --repo the path of a git repository`);
  if (!found.isDirectory())
    return no('path', `${path} is not a directory; give --repo the path of a git repository`);
  const top = await topDirectory(path, env);
  if (!top.ok) return top;
  const commit = async (name: string): Promise<boolean> => {
    try {
      await git(top.path, env, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`]);
      return true;
    } catch {
      return false;
    }
  };
  if (base === undefined)
    return (await commit('HEAD'))
      ? top
      : no('repository', `${top.path} has no commit to start from; commit something first`);
  return (await commit(base))
    ? top
    : no(
        'base',
        `${top.path} has no branch, tag or commit "${plainLine(base).slice(0, 100)}"; git branch -a lists the branches`,
      );
};
