/** Where the Temporal server and its schema tool lie that `npm run temporal-server` builds. */
import { join } from 'node:path';
import type { Environment } from '../../config/environment.ts';
import { cacheDirectory } from '../../workers/temporal/places.ts';

/** Of the Temporal CLI that Drover builds, too. Newer ones need a newer Go. */
export const SERVER_VERSION = 'v1.29.1';

const MODULE = 'go.temporal.io/server';
export const SERVER_MODULES = ['cmd/server', 'cmd/tools/sql'].map(
  (path) => `${MODULE}/${path}@${SERVER_VERSION}`,
);

interface ServerPrograms {
  readonly directory: string;
  readonly server: string;
  readonly sqlTool: string;
}

export const serverPrograms = (env: Environment): ServerPrograms => {
  const directory = join(cacheDirectory(env), `temporal-server-${SERVER_VERSION}`);
  return { directory, server: join(directory, 'server'), sqlTool: join(directory, 'sql') };
};
