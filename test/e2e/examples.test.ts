/** The examples do what they say. Others have their own tests: codemod, features, independent, team-review. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { resolveSettings } from '../../config/settings.ts';
import type { SwarmView } from '../../domain/swarm/swarm.ts';
import { startDrover, until, type Drover } from '../support/drover.ts';
import { lockManagers } from '../support/lock-managers.ts';
import { startNpmRegistry, type NpmRegistry } from '../support/npm-registry.ts';
import { makeCrates, makeModules } from '../support/package-sources.ts';
import { git, makeRepository, temporaryDirectory } from '../support/repository.ts';

const shell = promisify(execFile);
const example = (name: string): string => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

let drover: Drover;
let repository: string;
let sources: string;
let modules: Readonly<Record<string, string>>;
beforeAll(async () => {
  sources = await temporaryDirectory('drover-modules');
  modules = await makeModules(sources, 'example.com/greeter', ['v1.0.0', 'v1.0.3', 'v1.2.0']);
  const ruff = lockManagers(process.env).flatMap(({ name, bin }) => (name === 'ruff' ? [bin] : []));
  drover = await startDrover({
    PATH: [example('custom-agent'), ...ruff, process.env['PATH'] ?? ''].join(':'),
  });
  repository = join(drover.root, 'repository');
  await makeRepository(repository, { 'README.md': 'hello  \nworld', 'src/a.txt': 'a\t\n' });
}, 120_000);
afterAll(async () => {
  await drover?.close();
  await rm(sources, { recursive: true, force: true });
});

const cli = async (...args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await drover.cli(args, { cwd: repository });
  expect({ args, code, errors: code === 0 ? '' : stderr }).toEqual({ args, code: 0, errors: '' });
  return stdout;
};

const run = async (...args: readonly string[]): Promise<string> => {
  const id = (await cli('run', ...args, '--yes', '--detach')).trim();
  await until(
    async () =>
      (JSON.parse(await cli('status', id, '--json')) as { view: SwarmView }).view.phase === 'completed',
    120,
    `${id} is completed`,
  );
  return `drover/${id}`;
};

test('a program of your own is an agent', async () => {
  const config = example('custom-agent/drover.yml');
  const branch = await run('--plan', example('custom-agent/plan.yml'), '--config', config);
  expect(await git(repository, 'show', `${branch}:notes/parser.md`)).toBe('# Note what the parser does');
  const report = JSON.parse(await cli('report', branch.slice('drover/'.length), '--json')) as {
    tasks: readonly { note: string }[];
  };
  expect(report.tasks.map(({ note }) => note)).toEqual([
    expect.stringContaining('wrote notes/parser.md'),
    expect.stringContaining('wrote notes/printer.md'),
  ]);
}, 180_000);

test('maintenance tidies what it finds, and nothing else', async () => {
  const branch = await run('--plan', example('nightly/tidy.yml'), '--executor', 'command');
  expect(await git(repository, 'show', `${branch}:README.md`)).toBe('hello\nworld');
  expect(await git(repository, 'diff', '--stat', 'main', branch)).toContain('2 files changed');
}, 180_000);

/** A project of npm, Cargo and Go, each with a dependency that is older than its range allows, and of Python. */
const makeManifold = async (directory: string, registry: NpmRegistry): Promise<string> => {
  const [first] = registry.versions;
  const dependencies = { greeter: '^1.0.0' };
  const crates = await makeCrates(join(drover.root, 'crates'), 'greeter', ['1.0.0', '1.2.0', '2.0.0']);
  await makeRepository(directory, {
    '.npmrc': `registry=${registry.url}/\n`,
    'package.json': JSON.stringify({
      name: 'app',
      version: '1.0.0',
      dependencies,
      scripts: { 'lint:fix': 'node mend.cjs && exit 1' },
    }),
    'package-lock.json': JSON.stringify({
      name: 'app',
      version: '1.0.0',
      lockfileVersion: 3,
      requires: true,
      packages: {
        '': { name: 'app', version: '1.0.0', dependencies },
        'node_modules/greeter': { version: '1.0.0', resolved: first?.tarball, integrity: first?.integrity },
      },
    }),
    'mend.cjs':
      "const fs = require('fs'); fs.writeFileSync('a.js', fs.readFileSync('a.js', 'utf8').replace('var', 'let'));\n",
    'a.js': 'var a = 1;\n',
    '.cargo/config.toml': crates,
    'Cargo.toml':
      '[package]\nname = "app"\nversion = "1.0.0"\nedition = "2021"\n\n[dependencies]\ngreeter = "1.0.0"\n',
    'src/main.rs': 'fn main() { print!("a") }\n',
    'go.mod': 'module example.com/app\n\ngo 1.19\n\nrequire example.com/greeter v1.0.0\n',
    'main.go': 'package main\nimport _ "example.com/greeter"\nfunc main() { }\n',
    'vendored/vendor/b/b.go': 'package    b\n',
    'pyproject.toml': '[project]\nname = "app"\nversion = "1.0.0"\n',
    'a.py': 'import os\nprint( 1 )\n',
  });
  await shell('cargo', ['generate-lockfile', '--quiet'], { cwd: directory });
  await shell('cargo', ['update', '--quiet', '-p', 'greeter', '--precise', '1.0.0'], { cwd: directory });
  await shell('go', ['mod', 'tidy'], { cwd: directory, env: { ...process.env, ...modules } });
  await git(directory, 'add', '-A');
  await git(directory, 'commit', '-qm', 'lock files');
  return directory;
};

test('maintenance updates dependencies within their ranges, and lets the linters of the project mend', async () => {
  const registry = await startNpmRegistry(join(drover.root, 'registry'), 'greeter', [
    '1.0.0',
    '1.2.0',
    '2.0.0',
  ]);
  try {
    repository = await makeManifold(join(drover.root, 'with-dependencies'), registry);
    const changed = async (branch: string): Promise<readonly string[]> =>
      (await git(repository, 'diff', '--name-only', 'main', branch)).split('\n');
    const config = join(drover.root, 'updates.json');
    await writeFile(config, JSON.stringify({ executor: 'command', workspace: { env: modules } }));
    const updated = await run('--plan', example('nightly/update-dependencies.yml'), '--config', config);
    const lock = JSON.parse(await git(repository, 'show', `${updated}:package-lock.json`)) as {
      packages: Record<string, { version: string }>;
    };
    expect(lock.packages['node_modules/greeter']).toMatchObject({ version: '1.2.0' });
    expect(await git(repository, 'show', `${updated}:Cargo.lock`)).toContain(
      'name = "greeter"\nversion = "1.2.0"',
    );
    expect(await git(repository, 'show', `${updated}:go.mod`)).toContain('example.com/greeter v1.0.3');
    expect(await changed(updated)).toEqual(['Cargo.lock', 'go.mod', 'go.sum', 'package-lock.json']);
    const mended = await run('--plan', example('nightly/lint-fixes.yml'), '--executor', 'command');
    expect(await git(repository, 'show', `${mended}:a.js`)).toBe('let a = 1;');
    expect(await git(repository, 'show', `${mended}:a.py`)).toBe('print(1)');
    expect(await git(repository, 'show', `${mended}:src/main.rs`)).toContain('\n    print!("a")\n');
    // What others wrote and the project keeps a copy of stays as it is.
    expect(await changed(mended)).toEqual(['a.js', 'a.py', 'main.go', 'src/main.rs']);
  } finally {
    await registry.close();
    repository = join(drover.root, 'repository');
  }
}, 240_000);

test('a schedule reports stale branches', async () => {
  await git(repository, 'branch', 'fresh');
  await git(repository, 'update-ref', 'refs/heads/stale', await oldCommit());
  const config = join(drover.root, 'stale.yml');
  await writeFile(config, `executor: command\nworkspace:\n  env:\n    UPSTREAM: ${repository}\n`);
  const plan = example('nightly/stale-branches.yml');
  await cli(
    'schedule',
    'create',
    'stale',
    '--plan',
    plan,
    '--config',
    config,
    '--yes',
    '--cron',
    '0 3 * * *',
  );
  await cli('schedule', 'trigger', 'stale');
  const branch = await until(
    async () => (await git(repository, 'branch', '--list', 'drover/stale-*')) || undefined,
    120,
    'the schedule has a result',
  );
  expect(await git(repository, 'show', `${branch}:reports/stale-branches.md`)).toBe(
    '# Stale branches\n\n- stale, last commit 2020-01-01',
  );
  await cli('schedule', 'delete', 'stale');
}, 240_000);

/** A commit of long ago with the tree of the newest. */
const oldCommit = async (): Promise<string> => {
  const tree = await git(repository, 'rev-parse', 'main^{tree}');
  const [date, who] = ['2020-01-01T12:00:00Z', 'old@example.com'];
  const env = {
    ...process.env,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_DATE: date,
    GIT_AUTHOR_NAME: who,
    GIT_AUTHOR_EMAIL: who,
    GIT_COMMITTER_NAME: who,
    GIT_COMMITTER_EMAIL: who,
  };
  const { stdout } = await shell('git', ['commit-tree', '-m', 'old', tree], { cwd: repository, env });
  return stdout.trim();
};

test('agents as Jobs are configured as the documentation says', async () => {
  const path = 'examples/kubernetes/drover.yml';
  const text = await readFile(example('kubernetes/drover.yml'), 'utf8');
  const { settings, problems } = resolveSettings({ flags: {}, env: {}, file: { text, path } });
  expect(problems).toEqual([]);
  expect(settings).toMatchObject({ launcher: 'kubernetes', parallelism: 10 });
});
