/** Where the real mergiraf lies that `npm run mergiraf` builds. It is under the GPL: only tests use it from there. */
import { join } from 'node:path';
import type { Environment } from '../../config/environment.ts';
import { cacheDirectory } from '../../workers/temporal/places.ts';

export const MERGIRAF_VERSION = '0.20.0';

/** A directory of the PATH. */
export const mergirafDirectory = (env: Environment): string =>
  join(cacheDirectory(env), `mergiraf-${MERGIRAF_VERSION}`, 'bin');
