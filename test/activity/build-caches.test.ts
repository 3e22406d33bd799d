/** Caches of build tools: who shares what with whom, with the real Cargo; and a disk that is too full for more. */
import { afterEach, expect, jest, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { access, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { statfsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createAgentActivities } from '../../activities/agents/activities.ts';
import { takeBuildDirectory } from '../../activities/process/build-directory.ts';
import { findProgram } from '../../activities/process/find-program.ts';
import { createVerifyActivities } from '../../activities/verify/activities.ts';
import type { VerifyResult } from '../../domain/train/integration.ts';
import type { SwarmSettings } from '../../domain/swarm/settings.ts';
import { getArtifact, putArtifact } from '../../store/artifacts.ts';
import { fetchBundle, openAgentHome, type PreparedAgent } from '../support/agent-home.ts';
import { openDoors } from '../support/doors.ts';
import { openConflictWorld, type ConflictWorld } from '../support/conflict.ts';
import { git } from '../support/repository.ts';

jest.setTimeout(180_000);

let world: ConflictWorld | undefined;
afterEach(async () => {
  await world?.remove();
  world = undefined;
});

const opened = async (files: Readonly<Record<string, string>>): Promise<ConflictWorld> =>
  (world = await openConflictWorld(files));

const verify = async (commit: string, changes: Partial<SwarmSettings>): Promise<VerifyResult> => {
  const { home, swarm, settingsKey } = world!;
  const settings = { ...(await getArtifact<SwarmSettings>(swarm, settingsKey)), ...changes };
  const key = await putArtifact(swarm, settings);
  return new MockActivityEnvironment().run(() =>
    createVerifyActivities({ home, env: process.env }).verify({ swarmId: 's1', commit, settingsKey: key }),
  );
};

const command = (run: string) => ({ name: run, run, timeoutSeconds: 120 });

const needsCargo = async (): Promise<void> => {
  if ((await findProgram('cargo', process.env.PATH ?? '')) === undefined)
    throw new Error('cargo is needed for this test: install Rust (apt-get install cargo)');
};

/** Cargo before 1.91 does not: there each agent compiles all that it needs. */
const sharesBuilds = async (): Promise<boolean> => {
  const { stdout } = await promisify(execFile)('cargo', ['--version']);
  return Number(/^cargo 1\.(\d+)\./.exec(stdout)?.[1] ?? Number.NaN) >= 91;
};

/** A package, and where no network is needed what it depends on. */
const cargoProject = (vendored: string): Readonly<Record<string, string>> => ({
  'Cargo.toml': '[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\ndep = "1"\n',
  '.cargo/config.toml': `[source.crates-io]\nreplace-with = "vendored"\n[source.vendored]\ndirectory = "${vendored}"\n`,
  '.gitignore': 'target\nCargo.lock\n',
});

const VENDORED = {
  'dep/Cargo.toml': '[package]\nname = "dep"\nversion = "1.0.0"\nedition = "2021"\n',
  'dep/.cargo-checksum.json': '{"files":{}}',
  'dep/src/lib.rs': "pub fn ending() -> char { '!' }\n",
};

const writeAll = async (root: string, files: Readonly<Record<string, string>>): Promise<void> => {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
};

test('agents share caches, verifications share others, and the swarm’s end removes both', async () => {
  const { swarm, baseCommit, home, prepare, spec } = await opened({ 'f.txt': 'f\n' });
  const settings = {
    ...(await getArtifact<SwarmSettings>(swarm, world!.settingsKey)),
    cache: 'swarm' as const,
  };
  const settingsKey = await putArtifact(swarm, settings);
  await prepare(0, { settingsKey });
  await prepare(1, { settingsKey });
  const agents = join(swarm.cacheDirectory, 'agents');
  expect([(await spec(0)).cache, (await spec(1)).cache]).toEqual([agents, agents]);

  const seen = join(world!.scratch, 'seen');
  const print = `echo "$npm_config_cache $GOCACHE $CARGO_BUILD_BUILD_DIR" > '${seen}'`;
  const changes = { cache: 'swarm' as const, test: [command(print)] };
  expect(await verify(baseCommit, changes)).toMatchObject({ ok: true });
  const own = join(swarm.cacheDirectory, 'verify');
  expect((await readFile(seen, 'utf8')).trim()).toBe(`${own}/npm ${own}/go-build ${own}/cargo-0`);
  await verify(baseCommit, { ...changes, cache: 'off', test: [command(`${print} # off`)] });
  expect((await readFile(seen, 'utf8')).trim()).toBe('');

  const env = { ...process.env };
  const doors = openDoors({ gatewayUrl: 'http://127.0.0.1:9', token: '' });
  const entries = { home, env, doors, runnerEntry: '/none', nodePath: process.execPath };
  await new MockActivityEnvironment().run(() => createAgentActivities(entries).closeSwarm({ swarmId: 's1' }));
  expect(await readdir(swarm.root)).not.toContain('cache');
});

test('an agent finds the shared caches in its environment, and the settings’ own variables count for more', async () => {
  const home = await openAgentHome();
  try {
    const { agent } = await home.run('echo "$npm_config_cache $GOCACHE" > "$OUT"', {
      cache: '/shared',
      env: { GOCACHE: '/own', OUT: join(home.root, 'out') },
    });
    expect(agent.spec.cache).toBe('/shared');
    expect((await readFile(join(home.root, 'out'), 'utf8')).trim()).toBe('/shared/npm /own');
  } finally {
    expect(await home.close()).toEqual([]);
  }
});

test('an agent compiles no dependency that one before it has, and runs its own program', async () => {
  await needsCargo();
  const home = await openAgentHome();
  try {
    const cache = join(home.root, 'cache');
    await writeAll(join(home.root, 'vendored'), VENDORED);
    const says = async (word: string): Promise<string> => {
      await writeAll(home.repository, {
        ...cargoProject(join(home.root, 'vendored')),
        'src/main.rs': `fn main() { print!("${word}{}", dep::ending()); }\n`,
      });
      await git(home.repository, 'add', '--all');
      await git(home.repository, 'commit', '--quiet', '--message', word);
      await git(home.repository, 'push', '--quiet', home.swarm.hub, `HEAD:refs/heads/${word}`);
      return git(home.repository, 'rev-parse', 'HEAD');
    };
    const command =
      'echo "$CARGO_BUILD_BUILD_DIR" > built; cargo build --offline --verbose >> built 2>&1; target/debug/app >> built';
    const build = async (agent: PreparedAgent): Promise<readonly string[]> => {
      expect(await home.start(agent).report).toMatchObject({ outcome: 'completed' });
      const text = await git(home.swarm.hub, 'show', `${await fetchBundle(home, agent)}:built`);
      const told = /(Compiling|Fresh) dep /.exec(text)?.[1] ?? text;
      return [text.split('\n')[0]!.replace(`${cache}/`, ''), told, text.split('\n').at(-1)!];
    };
    // Where rustup has the tool chains, which it looks for in a home directory.
    const env = { RUSTUP_HOME: process.env.RUSTUP_HOME ?? join(homedir(), '.rustup') };
    const first = await says('first');
    const early = await home.prepare(command, { cache, env, baseCommit: await says('early') });
    expect(await build(await home.prepare(command, { cache, env, baseCommit: first }))).toEqual([
      'cargo-0',
      'Compiling',
      'first!',
    ]);
    const next = await home.prepare(command, { cache, env, baseCommit: await says('next') });
    expect(await build(next)).toEqual(['cargo-0', (await sharesBuilds()) ? 'Fresh' : 'Compiling', 'next!']);
    // Its checkout is older than what the others have built, so to Cargo theirs would look up to date.
    expect(await build(early)).toEqual(['cargo-1', 'Compiling', 'early!']);
  } finally {
    expect(await home.close()).toEqual([]);
  }
});

test('what an agent that was killed left in its build directory is built upon by nobody else', async () => {
  const { scratch } = await opened({ 'f.txt': 'f\n' });
  const cache = join(scratch, 'cache');
  const killed = join(scratch, 'agent-0');
  // As SIGKILL leaves it: no word of when it was left.
  await writeAll(cache, {
    'cargo-0/debug/app': 'built',
    'cargo-0.json': JSON.stringify({ checkout: killed }),
  });
  const take = (path: string, madeAt = Date.now()) => {
    const { variables, release } = takeBuildDirectory(cache, { path, madeAt });
    release();
    return variables['CARGO_BUILD_BUILD_DIR'];
  };
  await mkdir(killed);
  expect(take(join(scratch, 'agent-1'))).toBe(join(cache, 'cargo-1'));
  // It goes on in its own checkout, whatever it has changed there.
  expect(take(killed, 0)).toBe(join(cache, 'cargo-0'));
  await writeFile(join(cache, 'cargo-0.json'), JSON.stringify({ checkout: killed }));
  await rm(killed, { recursive: true });
  expect(take(join(scratch, 'agent-2'))).toBe(join(cache, 'cargo-0'));
  await expect(access(join(cache, 'cargo-0'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('what Cargo built for one commit is never taken for another’s, though both use one build directory', async () => {
  await needsCargo();
  const { branch, swarm, baseCommit } = await opened({
    'Cargo.toml':
      '[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nlib = { path = "lib" }\n',
    'src/main.rs': 'fn main() { print!("{}", lib::answer()); }\n',
    'lib/Cargo.toml': '[package]\nname = "lib"\nversion = "0.1.0"\nedition = "2021"\n',
    'lib/src/lib.rs': 'pub fn answer() -> u8 { 42 }\n',
    '.gitignore': 'target\n',
  });
  const wrong = await branch({ 'lib/src/lib.rs': 'pub fn answer() -> u8 { 41 }\n' });
  const other = await branch({ 'README.md': 'Read me\n' });
  const changes: Partial<SwarmSettings> = {
    cache: 'swarm',
    build: [command('cargo build --quiet --offline')],
    test: [command('test "$(target/debug/app)" = 42')],
  };
  // Two at once have a build directory each; the third finds what one of them has left.
  expect(await Promise.all([verify(baseCommit, changes), verify(wrong, changes)])).toMatchObject([
    { ok: true },
    { ok: false, step: 'test' },
  ]);
  expect(await verify(other, changes)).toMatchObject({ ok: true, cached: false });
  expect(
    (await readdir(join(swarm.cacheDirectory, 'verify'))).filter((name) => /^cargo-\d+$/.test(name)).length,
  ).toBeLessThanOrEqual(2);
});

test('no workspace is made while the disk has less room than the settings ask for', async () => {
  const { swarm, settingsKey, prepare, agent } = await opened({ 'f.txt': 'f\n' });
  const settings = await getArtifact<SwarmSettings>(swarm, settingsKey);
  const { bavail, bsize } = statfsSync(swarm.root);
  const greedy = await putArtifact(swarm, { ...settings, freeDiskBytes: 2 * bavail * bsize });
  expect(await prepare(0, { settingsKey: greedy })).toEqual({
    kind: 'no_room',
    reason: expect.stringMatching(/has \d+ MB left, and \d+ MB are to stay free/),
  });
  await expect(access(agent(0).workspace)).rejects.toMatchObject({ code: 'ENOENT' });
  const modest = await putArtifact(swarm, { ...settings, freeDiskBytes: 1_024 });
  expect(await prepare(0, { settingsKey: modest })).toMatchObject({ kind: 'ready' });
});
