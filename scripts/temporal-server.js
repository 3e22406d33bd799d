// Builds the Temporal server and its schema tool with Go into the user's cache, for the tests of production's
// topology: `drover up` needs neither. The same version as that of the CLI, so that little is compiled twice.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { serverPrograms, SERVER_MODULES, SERVER_VERSION } from '../test/support/server-programs.ts';

const { directory, server, sqlTool } = serverPrograms(process.env);
if (existsSync(server) && existsSync(sqlTool)) {
  console.log(`Temporal server ${SERVER_VERSION}: ${directory}`);
} else {
  await mkdir(dirname(directory), { recursive: true });
  const making = await mkdtemp(`${directory}.making-`);
  try {
    console.error(`Building the Temporal server ${SERVER_VERSION} with Go; this takes some minutes`);
    const { status, error } = spawnSync('go', ['install', ...SERVER_MODULES], {
      cwd: making,
      env: { ...process.env, GOBIN: making, GOWORK: 'off' },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    if (status !== 0) throw new Error(error?.message ?? `go install ended with ${status}`);
    await rm(directory, { recursive: true, force: true });
    await rename(making, directory);
    console.log(`Temporal server ${SERVER_VERSION}: ${directory}`);
  } catch (failure) {
    await rm(making, { recursive: true, force: true });
    console.error(failure.message);
    process.exitCode = 1;
  }
}
