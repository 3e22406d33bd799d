// Builds mergiraf with Cargo into the user's cache, for the tests of merging by syntax. Without optimisation: it is
// built once and merges ten small files.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MERGIRAF_VERSION, mergirafDirectory } from '../test/support/mergiraf-program.ts';
import { intoCache } from './into-cache.js';

const directory = mergirafDirectory(process.env);

const build = (making) => {
  console.error(`Building mergiraf ${MERGIRAF_VERSION} with Cargo; this takes a minute or two`);
  const root = join(making, 'root');
  const { status, error } = spawnSync(
    'cargo',
    ['install', '--quiet', '--locked', `mergiraf@${MERGIRAF_VERSION}`, '--profile', 'dev', '--root', root],
    {
      env: {
        ...process.env,
        CARGO_TARGET_DIR: join(making, 'target'),
        CARGO_PROFILE_DEV_DEBUG: '0',
        CARGO_INCREMENTAL: '0',
      },
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  if (status !== 0) throw new Error(error?.message ?? `cargo install ended with ${status}`);
  return root;
};

if (existsSync(directory) || (await intoCache(dirname(directory), build)))
  console.log(`mergiraf ${MERGIRAF_VERSION}: ${directory}`);
