// Gets pnpm, yarn (1 and 4), uv, poetry and ruff into the user's cache, for the tests that make lock files anew and of maintenance.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lockManagers } from '../test/support/lock-managers.ts';

const run = (program, args, cwd) => {
  const { status, error } = spawnSync(program, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(error?.message ?? `${program} ${args[0]} ended with ${status}`);
};

/** The last thing that is made in a directory. */
const READY = 'ready';

try {
  for (const { name, from, packages, directory, bin } of lockManagers(process.env)) {
    if (existsSync(join(directory, READY))) continue;
    // Programs of a Python environment hold its path: it is made where it stays.
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    if (from === 'npm') {
      await writeFile(join(directory, 'package.json'), '{ "private": true }\n');
      run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...packages], directory);
    } else {
      run('python3', ['-m', 'venv', directory], directory);
      run(join(bin, 'pip'), ['install', '-q', ...packages], directory);
    }
    await writeFile(join(directory, READY), '');
    console.log(`${name}: ${packages.join(' ')} in ${bin}`);
  }
} catch (failure) {
  console.error(failure.message);
  process.exitCode = 1;
}
