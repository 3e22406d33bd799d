/** The package as a stranger gets it: packed, installed into an empty folder, run from there. Needs `npm run build`. */
import { execFile } from 'node:child_process';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { temporaryDirectory } from '../support/repository.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
const node = dirname(process.execPath);
let root: string;
let folder: string;
let packed: readonly { readonly path: string }[];

/** How this machine reaches the registry: its proxy and the certificates that it trusts. */
const ofTheNetwork = Object.fromEntries(
  Object.entries(process.env).filter(([name]) =>
    /^(?:NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR|(?:https?|no)_proxy|npm_config_registry)$/iu.test(
      name,
    ),
  ),
);

const run = async (
  cwd: string,
  program: string,
  args: readonly string[],
): Promise<{ code: number; stdout: string; stderr: string }> => {
  const env = {
    PATH: `${node}:${process.env['PATH']}`,
    HOME: process.env['HOME'],
    ...ofTheNetwork,
    DROVER_HOME: join(root, 'home'),
    npm_config_loglevel: 'error',
    npm_config_update_notifier: 'false',
  };
  try {
    const { stdout, stderr } = await promisify(execFile)(program, [...args], {
      cwd,
      env,
      maxBuffer: 64_000_000,
    });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
};

beforeAll(async () => {
  await stat(join(project, 'dist', 'cli', 'main.js'));
  root = await temporaryDirectory('drover-pack');
  folder = join(root, 'a folder');
  await mkdir(folder);
  // No scripts: `prepack` would build again under the feet of other tests.
  const pack = await run(project, 'npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', root]);
  expect(pack.stderr).toBe('');
  const listed: unknown = JSON.parse(pack.stdout);
  // npm 12 gives an object by package name where npm 11 gives a list.
  const [first] = Object.values(listed as Record<string, { filename: string; files: { path: string }[] }>);
  packed = first?.files ?? [];
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  const install = await run(folder, 'npm', [
    'install',
    '--ignore-scripts',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    join(root, first?.filename ?? ''),
  ]);
  expect({ code: install.code, errors: install.code === 0 ? '' : install.stderr }).toEqual({
    code: 0,
    errors: '',
  });
});
afterAll(() => rm(root, { recursive: true, force: true }));

const drover = (...args: readonly string[]) =>
  run(folder, join(folder, 'node_modules', '.bin', 'drover'), args);

test('the package holds what runs and is read, and nothing else', () => {
  const tops = new Set(packed.map(({ path }) => path.split('/')[0]));
  expect(tops).toEqual(
    new Set(['LICENSE', 'README.md', 'dist', 'docs', 'examples', 'package.json', 'roles', 'schema']),
  );
  const paths = packed.map(({ path }) => path);
  for (const path of [
    'dist/cli/main.js',
    'dist/cli/outline.json',
    'dist/workers/worker/main.js',
    'dist/workers/supervisor/main.js',
    'dist/runner/main.js',
    'dist/workflows/bundle.cjs',
    'dist/build-id',
  ])
    expect(paths).toContain(path);
});

test('drover --help lists the commands', async () => {
  const { code, stdout } = await drover('--help');
  expect(code).toBe(0);
  for (const command of ['up', 'down', 'doctor', 'run', 'status', 'logs'])
    expect(stdout).toContain(`  ${command} `);
});

test('drover doctor looks at this machine and this configuration, and changes nothing', async () => {
  const role = { description: 'Reads', prompt: 'Read.', executor: 'command', tools: ['read_file'] };
  await writeFile(join(folder, 'drover.yml'), JSON.stringify({ roles: { reader: role } }));
  const { stdout } = await drover('doctor', '--json');
  const answer = JSON.parse(stdout) as { checks: { name: string; status: string; detail: string }[] };
  const status = (name: string): string | undefined =>
    answer.checks.find((check) => check.name === name)?.status;
  expect(status('Node')).toBe('ok');
  expect(status('git')).toBe('ok');
  expect(status('git merge-tree')).toBe('ok');
  expect(answer.checks.find(({ name }) => name === 'drover.yml')).toMatchObject({
    status: 'warn',
    detail: expect.stringContaining('"roles.reader.tools" does not hold for the executor "command"'),
  });
  expect(await readdir(root)).not.toContain('home');
});

test('drover up and down work from the installed package', async () => {
  const up = await drover('up', '--json');
  expect(up).toMatchObject({ code: 0 });
  expect(JSON.parse(up.stdout)).toMatchObject({
    temporal: { state: 'running' },
    worker: { state: 'running' },
  });
  const down = await drover('down', '--json');
  expect(JSON.parse(down.stdout)).toEqual({ ended: true });
});
