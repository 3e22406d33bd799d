/** Where a Temporal CLI may lie. Pure: from the environment to paths, in the order in which they are tried. */
import { delimiter, isAbsolute, join } from 'node:path';
import type { Environment } from '../../config/environment.ts';

/** The newest tag that `go install` can build: later ones carry a `replace` in their go.mod. */
export const BUILT_VERSION = 'v1.5.1';

export interface Place {
  readonly path: string;
  readonly origin: 'TEMPORAL_CLI_PATH' | 'PATH' | 'Go' | 'cache';
}

/** The user's cache directory for Drover. */
export const cacheDirectory = (env: Environment): string =>
  join(env['XDG_CACHE_HOME'] || join(env['HOME'] || '/', '.cache'), 'drover');

/** A CLI built from source. */
export const builtDirectory = (env: Environment): string =>
  join(cacheDirectory(env), `temporal-cli-${BUILT_VERSION}`);

/** The CLI that was downloaded ready-made. */
export const downloadedDirectory = (env: Environment): string =>
  join(cacheDirectory(env), 'temporal-cli-download');

export const candidatePlaces = (env: Environment): readonly Place[] => {
  const explicit = env['TEMPORAL_CLI_PATH'];
  if (explicit !== undefined && explicit !== '') return [{ path: explicit, origin: 'TEMPORAL_CLI_PATH' }];
  // A relative entry of the PATH would run whatever lies in the current directory, which may be a stranger's.
  const onPath = (env['PATH'] ?? '').split(delimiter).filter((directory) => isAbsolute(directory));
  const goBin = env['GOBIN'] || (env['GOPATH'] ? join(env['GOPATH'], 'bin') : undefined);
  const go = [goBin, env['HOME'] ? join(env['HOME'], 'go', 'bin') : undefined].filter(
    (directory) => directory !== undefined,
  );
  const places: readonly Place[] = [
    ...onPath.map((directory) => ({ path: join(directory, 'temporal'), origin: 'PATH' as const })),
    ...go.map((directory) => ({ path: join(directory, 'temporal'), origin: 'Go' as const })),
    ...[downloadedDirectory(env), builtDirectory(env)].map((directory) => ({
      path: join(directory, 'temporal'),
      origin: 'cache' as const,
    })),
  ];
  const seen = new Set<string>();
  return places.filter(({ path }) => !seen.has(path) && seen.add(path));
};
