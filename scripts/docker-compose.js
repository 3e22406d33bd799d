// Builds Docker Compose with Go into the user's cache, for the test that has it read `docker-compose.yml`.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { composeProgram, COMPOSE_MODULE, COMPOSE_VERSION } from '../test/support/compose-program.ts';

const program = composeProgram(process.env);

const go = (cwd, ...args) => {
  const { status, error } = spawnSync('go', args, {
    cwd,
    env: { ...process.env, GOWORK: 'off', GOFLAGS: '-mod=mod' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error(error?.message ?? `go ${args[0]} ended with ${status}`);
};

if (!existsSync(program)) {
  await mkdir(dirname(program), { recursive: true });
  const making = await mkdtemp(`${program}.making-`);
  try {
    console.error(`Building Docker Compose ${COMPOSE_VERSION} with Go; this takes some minutes`);
    // Its own module excludes versions of others, which `go install` refuses from elsewhere.
    go(making, 'mod', 'init', 'docker-compose');
    go(making, 'get', `${COMPOSE_MODULE}@${COMPOSE_VERSION}`);
    go(making, 'build', '-trimpath', '-o', 'docker-compose', COMPOSE_MODULE);
    await rename(join(making, 'docker-compose'), program);
  } catch (failure) {
    console.error(failure.message);
    process.exitCode = 1;
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}
if (existsSync(program)) console.log(`Docker Compose ${COMPOSE_VERSION}: ${program}`);
