// Keeps the built program of a commit for test/chaos/upgrade.test.ts, which starts work on it and ends it on the
// current one: `npm run keep-release -- [commit]`. To be run when a release is made. What is kept is never overwritten.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = new URL('..', import.meta.url).pathname;
const kept = join(root, 'test/releases');
const MAX_BYTES = 2 * 1024 * 1024;
/** The worker reads this much of the map of its bundle; the rest is for stack traces. */
const EMPTY_MAP = { version: 3, file: 'bundle.cjs', sources: [], names: [], mappings: '' };

const run = async (program, args, cwd = root) =>
  (await promisify(execFile)(program, args, { cwd, maxBuffer: 64 * 1024 * 1024 })).stdout.trim();

const commit = await run('git', [
  'rev-parse',
  '--short=10',
  '--verify',
  '--end-of-options',
  process.argv[2] ?? 'HEAD',
]);
const { version } = JSON.parse(await run('git', ['show', `${commit}:package.json`]));
const file = join(kept, `${version}-${commit}.tgz`);
if (existsSync(file)) throw new Error(`${file} is there already, and what is kept stays as it is`);

/** Bundlers name modules by where they lay; the names serve without the folders of this machine. */
const HERE = new RegExp(
  String.raw`(?:\.\./)*/?${root.replace(/^\/|\/$/g, '').replaceAll('.', String.raw`\.`)}/`,
  'g',
);

/** What the services do not need to run, and where it was built, are left out. */
const thin = async (dist) => {
  await rm(join(dist, 'web'), { recursive: true, force: true });
  await rm(join(dist, 'workflows/bundle-encrypted.cjs'), { force: true });
  for (const name of await readdir(dist, { recursive: true }))
    if (name.endsWith('.map')) await rm(join(dist, name));
  const bundle = join(dist, 'workflows/bundle.cjs');
  const code = await readFile(bundle, 'utf8');
  const map = Buffer.from(JSON.stringify(EMPTY_MAP)).toString('base64');
  const before = code.slice(0, code.lastIndexOf('//# sourceMappingURL='));
  await writeFile(bundle, `${before}//# sourceMappingURL=data:application/json;base64,${map}`);
  for (const name of await readdir(dist, { recursive: true })) {
    if (!/\.c?js$/.test(name)) continue;
    const path = join(dist, name);
    const text = await readFile(path, 'utf8');
    const told = text.replaceAll(HERE, './');
    if (told.includes(root)) throw new Error(`${name} still names ${root}`);
    await writeFile(path, told);
  }
};

const tree = await mkdtemp(join(tmpdir(), 'drover-release-'));
try {
  await run('git', ['archive', '--format=tar', '-o', join(tree, 'source.tar'), commit]);
  await run('tar', ['-xf', 'source.tar'], tree);
  await symlink(join(root, 'node_modules'), join(tree, 'node_modules'));
  await run(process.execPath, ['scripts/build.js'], tree);
  await thin(join(tree, 'dist'));
  const made = join(tree, 'release.tgz');
  await run('tar', ['-czf', made, 'package.json', 'roles', 'dist'], tree);
  const { size } = await stat(made);
  if (size > MAX_BYTES) throw new Error(`the release has ${size} bytes, the limit is ${MAX_BYTES}`);
  await mkdir(kept, { recursive: true });
  await writeFile(file, await readFile(made), { flag: 'wx' });
  process.stdout.write(`${file}: ${size} bytes\n`);
} finally {
  await rm(tree, { recursive: true, force: true });
}
