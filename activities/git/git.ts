/**
 * The one way in which Drover runs git. Each call names a fixed subcommand; values never stand where an option
 * could; the environment is scrubbed, so that neither the user's configuration nor anything planted in a
 * repository runs a program in Drover. Exit codes other than 0 are values when the caller expects them.
 */
import { spawn } from 'node:child_process';
import { DroverFailure } from '../../domain/failures.ts';

const SUBCOMMANDS = [
  'add',
  'bundle',
  'cat-file',
  'checkout',
  'clone',
  'commit-tree',
  'config',
  'count-objects',
  'diff-tree',
  'fetch',
  'for-each-ref',
  'fsck',
  'hash-object',
  'init',
  'log',
  'ls-files',
  'ls-tree',
  'merge-base',
  'merge-tree',
  'mktree',
  'push',
  'read-tree',
  'rev-list',
  'rev-parse',
  'show',
  'sparse-checkout',
  'status',
  'symbolic-ref',
  'update-index',
  'update-ref',
  'write-tree',
] as const;
export type GitSubcommand = (typeof SUBCOMMANDS)[number];

export interface GitOptions {
  /** Directory to run in: a bare repository or a checkout. */
  readonly cwd: string;
  readonly input?: string | Uint8Array;
  /** Added to the scrubbed environment: identities, dates, an index file. */
  readonly env?: Readonly<Record<string, string>>;
  /** `-c key=value` before the subcommand. */
  readonly config?: Readonly<Record<string, string>>;
  /** Exit codes that are answers. @default [0] */
  readonly okCodes?: readonly number[];
  readonly signal?: AbortSignal;
}

export interface GitResult {
  readonly code: number;
  readonly stdout: Buffer;
  /** At most 64 KiB. */
  readonly stderr: string;
}

const SAFE_CONFIG: Readonly<Record<string, string>> = {
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'core.untrackedCache': 'false',
  'core.symlinks': 'true',
  'core.quotePath': 'false',
  'protocol.ext.allow': 'never',
  'protocol.allow': 'never',
  'protocol.file.allow': 'always',
  'gc.auto': '0',
  'maintenance.auto': 'false',
  'submodule.recurse': 'false',
  'advice.detachedHead': 'false',
  'commit.gpgSign': 'false',
  'safe.directory': '*',
};

/** PATH is the only thing that git takes over from Drover's own environment. */
const scrubbedEnvironment = (path: string): Record<string, string> => ({
  PATH: path,
  HOME: '/nonexistent',
  LC_ALL: 'C.UTF-8',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: '/bin/false',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_LAZY_FETCH: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_PAGER: 'cat',
});

const STDERR_LIMIT = 64 * 1024;
const systemPath = (): string => process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin';

/**
 * Runs one git command to its end.
 * @throws {DroverFailure} `resourcesExhausted` for a full disk, otherwise `toolBroken`, for a code not in `okCodes`
 */
export const git = async (
  subcommand: GitSubcommand,
  args: readonly string[],
  options: GitOptions,
): Promise<GitResult> => {
  const config = Object.entries({ ...SAFE_CONFIG, ...options.config }).flatMap(([key, value]) => [
    '-c',
    `${key}=${value}`,
  ]);
  const child = spawn('git', [...config, subcommand, ...args], {
    cwd: options.cwd,
    env: { ...scrubbedEnvironment(systemPath()), ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    signal: options.signal,
    killSignal: 'SIGTERM',
  });
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < STDERR_LIMIT) stderr += chunk.toString('utf8');
  });
  // A command that ends before it has read its input is judged by its exit code.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => resolve(exitCode ?? -1));
  });
  const result: GitResult = { code, stdout: Buffer.concat(stdout), stderr: stderr.slice(0, STDERR_LIMIT) };
  if ((options.okCodes ?? [0]).includes(code)) return result;
  const full = /No space left on device|Disk quota exceeded|Too many open files/.test(result.stderr);
  throw new DroverFailure(
    full ? 'resourcesExhausted' : 'toolBroken',
    `git ${subcommand} failed with code ${code} in ${options.cwd}: ${result.stderr.trim().slice(-1_000)}`,
    { hint: full ? 'free disk space or file handles, then retry' : 'read the message of git above' },
  );
};

/** The trimmed text that the command printed. */
export const gitText = async (
  subcommand: GitSubcommand,
  args: readonly string[],
  options: GitOptions,
): Promise<string> => (await git(subcommand, args, options)).stdout.toString('utf8').trim();
