/** Reading git in the hub of a swarm on this machine. */
import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DroverFailure } from '../domain/failures.ts';
import { gitEnvironment } from '../store/git-environment.ts';
import type { SwarmHandle } from './swarm-handle.ts';

const run = promisify(execFile);
export const OUTPUT_BYTES = 8 * 1_048_576;

/** Runs one git command in the hub. @returns what it prints @throws as `execFile`, with what was printed so far */
export type HubGit = (...args: readonly string[]) => Promise<string>;

/** @throws DroverFailure `notFound` when the hub is not on this machine */
export const openHub = async (
  { id, directory: { hub } }: Pick<SwarmHandle, 'id' | 'directory'>,
  path: string,
): Promise<HubGit> => {
  const there = await access(join(hub, 'HEAD')).then(
    () => true,
    () => false,
  );
  if (!there)
    throw new DroverFailure('notFound', `The repository of swarm ${id} is not on this machine`, {
      hint: 'it was removed by drover cleanup, or it is on another host',
    });
  return async (...args) => {
    const { stdout } = await run('git', [...args], {
      cwd: hub,
      env: { ...gitEnvironment(path), GIT_DIR: hub },
      maxBuffer: OUTPUT_BYTES,
    });
    return stdout;
  };
};
