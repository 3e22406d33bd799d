/** Makes the demo's repository: new for each demo, under `$DROVER_HOME/demo`. */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { DroverFailure } from '../../domain/failures.ts';
import type { Home } from '../../store/home.ts';
import { errorCode } from '../../store/files.ts';
import type { Environment } from '../cli.ts';
import { LIBRARY } from './library.ts';

const run = promisify(execFile);

/** The user's own configuration may sign commits or run hooks; none of it is needed here. */
const gitEnvironment = (env: Environment): Record<string, string | undefined> => ({
  PATH: env['PATH'],
  HOME: env['HOME'],
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Drover demo',
  GIT_AUTHOR_EMAIL: 'demo@drover.invalid',
  GIT_COMMITTER_NAME: 'Drover demo',
  GIT_COMMITTER_EMAIL: 'demo@drover.invalid',
});

/** @returns the absolute path of the repository */
export const makeDemoRepository = async (home: Home, env: Environment): Promise<string> => {
  const path = await newDirectory(join(home.root, 'demo'));
  for (const [name, text] of Object.entries(LIBRARY)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), text);
  }
  for (const args of [
    ['init', '-q', '-b', 'main', '--template='],
    ['add', '-A'],
    ['commit', '-q', '-m', 'Release 1.2.0'],
  ])
    await git(path, env, args);
  return path;
};

/** `sundry-1`, `sundry-2`… whichever is not there yet. */
const newDirectory = async (parent: string): Promise<string> => {
  await mkdir(parent, { recursive: true });
  for (let number = 1; ; number += 1)
    try {
      const path = join(parent, `sundry-${number}`);
      await mkdir(path);
      return path;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
};

const git = async (directory: string, env: Environment, args: readonly string[]): Promise<void> => {
  try {
    await run('git', ['-C', directory, ...args], { env: gitEnvironment(env) });
  } catch (cause) {
    throw new DroverFailure('unavailable', `git ${args[0]} failed in ${directory}: ${String(cause)}`, {
      hint: 'install git 2.38 or newer',
      cause,
    });
  }
};
