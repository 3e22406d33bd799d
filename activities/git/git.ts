/**
 * The one way in which Drover runs git. Each call names a fixed subcommand; values never stand where an option
 * could; the environment is scrubbed, so that neither the user's configuration nor anything planted in a
 * repository runs a program in Drover. Exit codes other than 0 are values when the caller expects them.
 */
import type { Readable } from 'node:stream';
import { DroverFailure } from '../../domain/failures.ts';
import { gitEnvironment } from '../../store/git-environment.ts';
import { runProgram, runProgramHere } from '../process/program.ts';

type GitSubcommand =
  | 'add'
  | 'bundle'
  | 'cat-file'
  | 'commit'
  | 'config'
  | 'diff-tree'
  | 'fetch'
  | 'for-each-ref'
  | 'index-pack'
  | 'log'
  | 'ls-files'
  | 'ls-remote'
  | 'ls-tree'
  | 'merge-base'
  | 'merge-file'
  | 'merge-tree'
  | 'pack-objects'
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
/** Where git is looked for. */
export const systemPath = (): string => process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin';

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
  const { input, signal } = options;
  const stream = typeof input === 'object' && 'pipe' in input ? input : undefined;
  const request = {
    program: 'git',
    args: [subcommand, ...args],
    cwd: options.cwd,
    env: {
      ...gitEnvironment(systemPath(), options.config),
      ...(options.gitDir === undefined ? {} : { GIT_DIR: options.gitDir }),
      ...(options.workTree === undefined ? {} : { GIT_WORK_TREE: options.workTree }),
      ...options.env,
    },
    ...(input === undefined || (typeof input !== 'string' && 'pipe' in input) ? {} : { input }),
    outputLimit: options.outputLimit ?? OUTPUT_LIMIT,
    errorLimit: STDERR_LIMIT,
  };
  const result: GitResult = await (
    stream === undefined ? runProgram(request, signal) : runProgramHere(request, signal, stream)
  ).catch((error: unknown) => {
    throw error instanceof Error ? spawnFailure(error, options) : error;
  });
  const { code } = result;
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
