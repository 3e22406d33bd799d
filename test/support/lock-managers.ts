/** Package managers that few machines have: their pinned versions, and where `npm run lock-managers` puts them. */
import { join } from 'node:path';
import type { Environment } from '../../config/environment.ts';
import { cacheDirectory } from '../../workers/temporal/places.ts';

interface Installed {
  readonly from: 'npm' | 'pip';
  readonly packages: readonly string[];
}

const VERSIONS = {
  pnpm: { from: 'npm', packages: ['pnpm@12.21.0'] },
  'yarn-1': { from: 'npm', packages: ['yarn@1.22.22'] },
  'yarn-4': { from: 'npm', packages: ['@yarnpkg/cli-dist@4.18.1'] },
  uv: { from: 'pip', packages: ['uv==0.13.9'] },
  poetry: { from: 'pip', packages: ['poetry==2.5.1'] },
  ruff: { from: 'pip', packages: ['ruff==0.17.6'] },
} as const satisfies Record<string, Installed>;

export type LockManagerName = keyof typeof VERSIONS;

/** @returns of each: its directory, which is with a file `ready` when it is complete, and where its program is in it */
export const lockManagers = (
  env: Environment,
): readonly (Installed & {
  readonly name: LockManagerName;
  readonly directory: string;
  readonly bin: string;
})[] =>
  Object.entries<Installed>(VERSIONS).map(([name, installed]) => {
    const version = installed.packages[0]?.split(/@|==/).at(-1) ?? '';
    const directory = join(cacheDirectory(env), 'lock-managers', `${name}-${version}`);
    return {
      ...installed,
      name: name as LockManagerName,
      directory,
      bin: join(directory, installed.from === 'npm' ? 'node_modules/.bin' : 'bin'),
    };
  });
