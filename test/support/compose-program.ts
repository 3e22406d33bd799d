/** Where the real Docker Compose lies that `npm run docker-compose` builds: it reads files without any engine. */
import { join } from 'node:path';
import type { Environment } from '../../config/environment.ts';
import { cacheDirectory } from '../../workers/temporal/places.ts';

/** Newer ones need a newer Go. */
export const COMPOSE_VERSION = 'v2.40.3';
export const COMPOSE_MODULE = 'github.com/docker/compose/v2/cmd';

export const composeProgram = (env: Environment): string =>
  join(cacheDirectory(env), `docker-compose-${COMPOSE_VERSION}`);
