/** Diffs out of a swarm's hub, which is Drover's own: no agent's configuration is ever read. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Environment } from '../config/environment.ts';
import { DroverFailure } from '../domain/failures.ts';
import { isSha } from '../domain/names.ts';
import type { SwarmDirectory } from '../store/home.ts';

const run = promisify(execFile);

const MAX_BYTES = 20_000_000;
const TIMEOUT_MS = 30_000;

const isTooLong = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER';

/** What `to` changed since it left `from`, as a unified diff. @throws DroverFailure `notFound` on another host */
export const diffOf = async (
  { hub }: SwarmDirectory,
  from: string,
  to: string,
  env: Environment,
): Promise<string> => {
  if (!isSha(from) || !isSha(to)) throw new DroverFailure('notFound', 'There is no commit to compare yet');
  try {
    const { stdout } = await run(
      'git',
      [
        '--git-dir',
        hub,
        'diff',
        '--no-color',
        '--no-ext-diff',
        '--no-textconv',
        '--end-of-options',
        `${from}...${to}`,
        '--',
      ],
      {
        maxBuffer: MAX_BYTES,
        timeout: TIMEOUT_MS,
        env: {
          PATH: env['PATH'],
          LC_ALL: 'C',
          GIT_CONFIG_GLOBAL: '/dev/null',
          GIT_CONFIG_NOSYSTEM: '1',
          GIT_TERMINAL_PROMPT: '0',
        },
      },
    );
    return stdout;
  } catch (error) {
    if (isTooLong(error))
      throw new DroverFailure('resourcesExhausted', `The diff is larger than ${MAX_BYTES / 1_000_000} MB`, {
        hint: `look at it with git: git --git-dir ${hub} diff ${from}...${to}`,
      });
    throw new DroverFailure('notFound', 'The diff cannot be had here', {
      hint: 'the hub of a swarm is on its host, and drover cleanup removes it',
      cause: error,
    });
  }
};
