/** How commands reach swarms: by the id that a person gave, over a connection that is closed afterwards. */
import { existsSync } from 'node:fs';
import { connect, type DroverClient } from '../api/client.ts';
import { findSwarm, latestSwarm } from '../api/list-swarms.ts';
import { swarmHandle, type SwarmHandle } from '../api/swarm-handle.ts';
import { loadEnvironment } from '../config/environment.ts';
import { openStore, type Store } from '../store/database.ts';
import type { Cli } from './cli.ts';
import { temporalTarget } from './services.ts';

export const withClient = async <T>(cli: Cli, use: (client: DroverClient) => Promise<T>): Promise<T> => {
  const client = await connect(await temporalTarget(cli), cli.home);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
};

/** The caller closes it. */
export const storeOf = (cli: Cli): Promise<Store> => {
  const { databaseUrl } = loadEnvironment(cli.env).config;
  return openStore({
    file: cli.home.databaseFile,
    ...(databaseUrl === undefined ? {} : { url: databaseUrl }),
  });
};

export const withStore = async <T>(cli: Cli, use: (store: Store) => Promise<T>): Promise<T> => {
  const store = await storeOf(cli);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
};

/** For commands that only look: nothing is made. @returns undefined when there is no store yet */
export const withStoreIfAny = async <T>(
  cli: Cli,
  use: (store: Store) => Promise<T>,
): Promise<T | undefined> =>
  loadEnvironment(cli.env).config.databaseUrl === undefined && !existsSync(cli.home.databaseFile)
    ? undefined
    : withStore(cli, use);

/** @param wanted the id of a swarm or how it begins */
export const withSwarm = <T>(
  cli: Cli,
  wanted: string,
  use: (swarm: SwarmHandle, client: DroverClient) => Promise<T>,
): Promise<T> =>
  withClient(cli, async (client) => use(swarmHandle(client, await findSwarm(client, wanted)), client));

/** For commands that only look: without an id the running swarm, or else the newest. */
export const withSwarmOrLatest = <T>(
  cli: Cli,
  wanted: string | undefined,
  use: (swarm: SwarmHandle, client: DroverClient) => Promise<T>,
  among: 'all' | 'teams' = 'all',
): Promise<T> =>
  withClient(cli, async (client) => {
    const id = wanted === undefined ? await latestSwarm(client, among) : await findSwarm(client, wanted);
    return use(swarmHandle(client, id), client);
  });

export const SWARM_ARGUMENT = 'id of the swarm, or how it begins';
export const SWARM_OR_LATEST = 'id of the swarm, or how it begins (default: the running one, or the newest)';
