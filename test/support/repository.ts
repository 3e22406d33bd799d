/**
 * Real git repositories for tests: small ones from a record of files, larger ones from packages of the npm
 * registry, unpacked at a pinned version and kept in the user's cache.
 */
import { execFile } from 'node:child_process';
import { access, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { mkdtemp } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const AUTHOR = {
  GIT_AUTHOR_NAME: 'Tess Ter',
  GIT_AUTHOR_EMAIL: 'tess@example.org',
  GIT_COMMITTER_NAME: 'Tess Ter',
  GIT_COMMITTER_EMAIL: 'tess@example.org',
} as const;

/** Runs git as a user would, but without the machine's configuration. @returns what it printed, trimmed */
export const git = async (cwd: string, ...args: readonly string[]): Promise<string> => {
  const { stdout } = await run('git', args, {
    cwd,
    maxBuffer: 256 * 1024 * 1024,
    env: {
      PATH: process.env.PATH,
      HOME: '/nonexistent',
      LC_ALL: 'C.UTF-8',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      ...AUTHOR,
    },
  });
  return stdout.trim();
};

/** A new directory for one test. The caller removes it. */
export const temporaryDirectory = (name = 'drover'): Promise<string> =>
  mkdtemp(join(tmpdir(), `${name}-test-`));

export const writeFiles = async (
  directory: string,
  files: Readonly<Record<string, string>>,
): Promise<void> => {
  for (const [path, content] of Object.entries(files)) {
    const target = join(directory, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
  }
};

/** Everything under `directory` as the first commit of a new repository there. @returns the commit */
const commitAll = async (directory: string, message = 'Start'): Promise<string> => {
  await git(directory, 'init', '-q', '-b', 'main');
  await git(directory, 'config', 'user.name', AUTHOR.GIT_AUTHOR_NAME);
  await git(directory, 'config', 'user.email', AUTHOR.GIT_AUTHOR_EMAIL);
  await git(directory, 'add', '-A');
  // A test that is tried again finds it made already.
  await git(directory, 'commit', '-q', '--allow-empty', '-m', message);
  return git(directory, 'rev-parse', 'HEAD');
};

/** A repository with one commit on `main` that holds `files`. @returns the commit */
export const makeRepository = async (
  directory: string,
  files: Readonly<Record<string, string>>,
): Promise<string> => {
  await mkdir(directory, { recursive: true });
  await writeFiles(directory, files);
  return commitAll(directory);
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const cacheDirectory = (): string =>
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'drover', 'test-packages');

/** The tarball of `name@version`, fetched from the registry once. */
export const packedPackage = async (name: string, version: string): Promise<string> => {
  const cache = cacheDirectory();
  const file = join(cache, `${name.replaceAll(/[@/]/g, '_')}-${version}.tgz`);
  if (await exists(file)) return file;
  await mkdir(cache, { recursive: true });
  const scratch = await mkdtemp(join(cache, 'fetch-'));
  try {
    await run('npm', ['pack', `${name}@${version}`, '--pack-destination', scratch, '--silent'], {
      cwd: cache,
    });
    const [tarball] = await readdir(scratch);
    if (tarball === undefined) throw new Error(`npm pack ${name}@${version} made no file`);
    await rename(join(scratch, tarball), file);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return file;
};

/** A folder `node_modules` with these packages, installed once. @param specs `name@version` */
export const installedPackages = async (name: string, specs: readonly string[]): Promise<string> => {
  const directory = join(cacheDirectory(), name);
  const modules = join(directory, 'node_modules');
  if (await exists(modules)) return modules;
  const scratch = `${directory}.${process.pid}`;
  await mkdir(scratch, { recursive: true });
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--silent'];
  await run('npm', ['install', '--prefix', scratch, ...options, ...specs], { cwd: scratch });
  await rename(scratch, directory).catch(() => rm(scratch, { recursive: true }));
  return modules;
};

/** A repository with one commit that holds the published files of a package. @returns the commit */
export const repositoryFromPackage = async (
  directory: string,
  name: string,
  version: string,
): Promise<string> => {
  await mkdir(directory, { recursive: true });
  await writeFiles(directory, { '.gitignore': 'node_modules/\n' });
  await run('tar', ['-xzf', await packedPackage(name, version), '-C', directory, '--strip-components=1']);
  return commitAll(directory, `${name} ${version}`);
};
