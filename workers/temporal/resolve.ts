/**
 * Finds a Temporal server: a cluster that the user names, else a `temporal` program on this machine, else one
 * that is downloaded, else one that is built. Says what it tried when there is none.
 */
import type { Environment } from '../../config/environment.ts';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { types } from 'node:util';
import { DroverFailure } from '../../domain/failures.ts';
import { errorCode } from '../../store/files.ts';
import { tryLock, type Lock } from '../../store/lock.ts';
import { checkBinary, type BinaryCheck, type TemporalBinary } from './binary.ts';
import { buildTemporal } from './build.ts';
import { downloadTemporal } from './download.ts';
import { builtDirectory, cacheDirectory, candidatePlaces, downloadedDirectory } from './places.ts';

export interface ResolveOptions {
  readonly env: Environment;
  readonly onProgress: (line: string) => void;
  /** May a missing server be fetched or built? @default true */
  readonly install?: boolean;
  /** @default where the SDKs download from */
  readonly downloadService?: string;
}

export type TemporalServer =
  /** Runs elsewhere; nothing to start. */
  | { readonly kind: 'external' }
  | { readonly kind: 'binary'; readonly binary: TemporalBinary; readonly origin: string };

const LOCK_POLL_MS = 500;
const LOCK_REPORT_MS = 10_000;

/** Does the user name a cluster? Then `@temporalio/envconfig` reads the rest. */
export const isExternal = (env: Environment): boolean =>
  (env['TEMPORAL_ADDRESS'] ?? '') !== '' || (env['TEMPORAL_PROFILE'] ?? '') !== '';

const reason = (error: unknown): string => {
  if (!types.isNativeError(error)) return String(error);
  if (errorCode(error) === 'ENOENT' && error.message === 'spawn go ENOENT') return 'Go is not installed';
  return types.isNativeError(error.cause) ? `${error.message} (${error.cause.message})` : error.message;
};

const findInstalled = async (
  env: Environment,
  tried: string[],
): Promise<{ binary: TemporalBinary; origin: string } | undefined> => {
  const missing: string[] = [];
  for (const { path, origin } of candidatePlaces(env)) {
    const check: BinaryCheck = await checkBinary(path);
    if (check.kind === 'usable') return { binary: check.binary, origin };
    if (check.kind === 'unusable') tried.push(`${path} ${check.why}`);
    else missing.push(path);
  }
  if (missing.length > 0)
    tried.push(`no temporal program on the PATH, in ~/go/bin or in ${cacheDirectory(env)}`);
  return undefined;
};

const withInstallLock = async <T>(options: ResolveOptions, work: () => Promise<T>): Promise<T> => {
  const path = join(cacheDirectory(options.env), 'temporal-install.lock');
  const started = Date.now();
  let reported = 0;
  let lock: Lock | undefined;
  while ((lock = tryLock(path)) === undefined) {
    const waited = Date.now() - started;
    if (waited >= reported) {
      options.onProgress(
        `Another process is getting the Temporal CLI; waiting (${Math.round(waited / 1_000)} s)`,
      );
      reported += LOCK_REPORT_MS;
    }
    await sleep(LOCK_POLL_MS);
  }
  try {
    return await work();
  } finally {
    lock.release();
  }
};

const install = async (
  options: ResolveOptions,
  tried: string[],
): Promise<{ binary: TemporalBinary; origin: string } | undefined> => {
  const { env, onProgress, downloadService: service } = options;
  const ways = [
    {
      origin: 'download',
      get: () =>
        downloadTemporal({
          directory: downloadedDirectory(env),
          onProgress,
          ...(service === undefined ? {} : { service }),
        }),
    },
    { origin: 'go install', get: () => buildTemporal({ directory: builtDirectory(env), env, onProgress }) },
  ];
  // What a killed installation left there; nobody else is at it under the lock.
  for (const directory of [downloadedDirectory(env), builtDirectory(env)])
    await rm(directory, { recursive: true, force: true });
  for (const { origin, get } of ways) {
    try {
      const path = await get();
      const check = await checkBinary(path);
      if (check.kind === 'usable') return { binary: check.binary, origin };
      tried.push(`${origin}: ${path} ${check.kind === 'missing' ? 'is missing' : check.why}`);
    } catch (error) {
      tried.push(`${origin}: ${reason(error)}`);
      onProgress(`Temporal CLI by ${origin}: not possible, ${reason(error).split('\n')[0]}`);
    }
  }
  return undefined;
};

export const resolveTemporal = async (options: ResolveOptions): Promise<TemporalServer> => {
  const { env, onProgress } = options;
  if (isExternal(env)) return { kind: 'external' };
  const tried: string[] = [];
  const installed = await findInstalled(env, tried);
  if (installed !== undefined) return { kind: 'binary', ...installed };
  const explicit = env['TEMPORAL_CLI_PATH'];
  if (explicit)
    throw new DroverFailure(
      'unavailable',
      tried[0]?.startsWith(explicit) === true
        ? `TEMPORAL_CLI_PATH: ${tried[0]}`
        : `TEMPORAL_CLI_PATH names ${explicit}, which is not a program`,
      { hint: 'let it name a Temporal CLI, or unset it and Drover gets one itself' },
    );
  if (options.install !== false) {
    onProgress('There is no Temporal CLI on this machine; getting one (once)');
    const fetched = await withInstallLock(
      options,
      async () => (await findInstalled(env, [])) ?? (await install(options, tried)),
    );
    if (fetched !== undefined) return { kind: 'binary', ...fetched };
  }
  throw new DroverFailure(
    'unavailable',
    `No Temporal server can be had:\n${tried.map((line) => `  - ${line}`).join('\n')}`,
    {
      hint:
        'install the Temporal CLI (https://docs.temporal.io/cli) or Go (https://go.dev/dl), or set TEMPORAL_CLI_PATH ' +
        'to a Temporal CLI, or TEMPORAL_ADDRESS to a running cluster',
    },
  );
};
