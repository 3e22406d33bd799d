/**
 * The one way in which Drover runs git. Each call names a fixed subcommand; values never stand where an option
 * could; the environment is scrubbed, so that neither the user's configuration nor anything planted in a
 * repository runs a program in Drover. Exit codes other than 0 are values when the caller expects them.
 */
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DroverFailure } from '../../domain/failures.ts';
import { gitEnvironment } from '../../store/git-environment.ts';

type GitSubcommand =
  | 'add'
  | 'bundle'
  | 'cat-file'
  | 'commit'
  | 'config'
  | 'diff-tree'
  | 'for-each-ref'
  | 'index-pack'
  | 'log'
  | 'ls-files'
  | 'ls-remote'
  | 'ls-tree'
  | 'merge-base'
  | 'merge-file'
  | 'merge-tree'
  | 'push'
  | 'read-tree'
  | 'rerere'
  | 'rev-list'
  | 'rev-parse'
  | 'status'
  | 'symbolic-ref'
  | 'unpack-objects'
  | 'update-index'
  | 'update-ref'
  | 'write-tree';

export interface GitOptions {
  /** Directory to run in: a bare repository or a checkout. */
  readonly cwd: string;
  /** The repository, where none may be searched for. A repository above a missing one is then never found. */
  readonly gitDir?: string;
  readonly workTree?: string;
  readonly input?: string | Uint8Array | Readable;
  /** Added to the scrubbed environment: identities, dates, an object directory. Undefined takes a variable out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Configuration that overrides every file's. */
  readonly config?: Readonly<Record<string, string>>;
  /** Exit codes that are answers. @default [0] */
  readonly okCodes?: readonly number[];
  /** What is read of the output, in bytes; more is a failure. @default 256 MiB */
  readonly outputLimit?: number;
  readonly signal?: AbortSignal;
}

export interface GitResult {
  readonly code: number;
  readonly stdout: Buffer;
  /** At most 64 KiB. */
  readonly stderr: string;
}

/** Never a value, whatever the caller expects: it says nothing about what was asked. */
const OUT_OF_RESOURCES =
  /No space left on device|Disk quota exceeded|Too many open files|Cannot allocate memory|Resource temporarily unavailable/;
const STDERR_LIMIT = 64 * 1024;
const OUTPUT_LIMIT = 256 * 1024 * 1024;
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
  options.signal?.throwIfAborted();
  const child = spawn('git', [subcommand, ...args], {
    cwd: options.cwd,
    env: {
      ...gitEnvironment(systemPath(), options.config),
      ...(options.gitDir === undefined ? {} : { GIT_DIR: options.gitDir }),
      ...(options.workTree === undefined ? {} : { GIT_WORK_TREE: options.workTree }),
      ...options.env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    signal: options.signal,
    killSignal: 'SIGTERM',
  });
  const stdout: Buffer[] = [];
  let size = 0;
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= (options.outputLimit ?? OUTPUT_LIMIT)) stdout.push(chunk);
    else child.kill('SIGKILL');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < STDERR_LIMIT) stderr += chunk.toString('utf8');
  });
  // A command that ends before it has read its input is judged by its exit code.
  child.stdin.on('error', () => undefined);
  const closed = new Promise<number>((resolve, reject) => {
    child.on('error', (error) => reject(spawnFailure(error, options)));
    child.on('close', (exitCode) => resolve(exitCode ?? -1));
  });
  if (typeof options.input === 'object' && 'pipe' in options.input)
    await Promise.all([pipeline(options.input, child.stdin).catch(() => undefined), closed]);
  else child.stdin.end(options.input ?? '');
  const code = await closed;
  const result: GitResult = { code, stdout: Buffer.concat(stdout), stderr: stderr.slice(0, STDERR_LIMIT) };
  const full = code !== 0 && code !== 1 && OUT_OF_RESOURCES.test(result.stderr);
  if (!full && (options.okCodes ?? [0]).includes(code)) return result;
  throw new DroverFailure(
    full ? 'resourcesExhausted' : 'toolBroken',
    `git ${subcommand} failed with code ${code} in ${options.gitDir ?? options.cwd}: ${result.stderr.trim().slice(-1_000)}`,
    { hint: full ? 'free disk space or file handles, then retry' : 'read the message of git above' },
  );
};

const spawnFailure = (error: Error, options: GitOptions): unknown => {
  if (options.signal?.aborted === true) return options.signal.reason;
  if ('code' in error && error.code === 'ENOENT')
    return new DroverFailure('unavailable', `git could not be started in ${options.cwd}`, {
      cause: error,
      hint: 'install git 2.38 or newer, put it on the PATH, and look whether the directory is still there',
    });
  return error;
};

/** The trimmed text that the command printed. */
export const gitText = async (
  subcommand: GitSubcommand,
  args: readonly string[],
  options: GitOptions,
): Promise<string> => (await git(subcommand, args, options)).stdout.toString('utf8').trim();
