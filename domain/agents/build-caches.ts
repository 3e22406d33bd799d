/**
 * The caches of package managers and compilers that agents share, and verifications share among themselves. Only
 * what is made to be shared by programs at work at the same time: downloads by their content, and the build caches
 * of Go and ccache. A build directory is had by one at a time: `activities/process/build-directory.ts`.
 */

/** Where they lie: with the swarm, with Drover's home for all swarms, or where the user has them. */
export const CACHE_PLACES = ['swarm', 'home', 'off'] as const;
export type CachePlace = (typeof CACHE_PLACES)[number];

/** @param directory absolute */
export const cacheVariables = (directory: string): Readonly<Record<string, string>> => ({
  npm_config_cache: `${directory}/npm`,
  YARN_CACHE_FOLDER: `${directory}/yarn`,
  GOCACHE: `${directory}/go-build`,
  PIP_CACHE_DIR: `${directory}/pip`,
  UV_CACHE_DIR: `${directory}/uv`,
  POETRY_CACHE_DIR: `${directory}/poetry`,
  COMPOSER_CACHE_DIR: `${directory}/composer`,
  CCACHE_DIR: `${directory}/ccache`,
});
