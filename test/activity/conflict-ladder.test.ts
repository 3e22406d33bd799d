/** The conflict ladder on real objects of a real hub; lock files by their real managers. */
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createIntegrationActivities } from '../../activities/git/integration.ts';
import type { ConflictResolution } from '../../activities/contract/train.ts';
import { findProgram } from '../../activities/process/find-program.ts';
import { openConflictWorld, type ConflictWorld } from '../support/conflict.ts';
import { mergirafDirectory } from '../support/mergiraf-program.ts';
import { writeFiles } from '../support/repository.ts';

jest.setTimeout(180_000);

const LINES = Array.from({ length: 20 }, (_, index) => `line ${index + 1}`);
const withLine = (number: number, text: string, lines: readonly string[] = LINES): string =>
  `${lines.map((line, index) => (index + 1 === number ? text : line)).join('\n')}\n`;

/** With the one that was built for the tests. */
const PATH = `${mergirafDirectory(process.env)}:${process.env.PATH ?? ''}`;
const MERGIRAF = (await findProgram('mergiraf', PATH)) !== undefined;
const withMergiraf = { env: { ...process.env, PATH } };

let world: ConflictWorld;
afterEach(async () => {
  const left = (await readdir(world.swarm.root)).filter((name) => name.startsWith('conflict-'));
  await world.remove();
  expect(left).toEqual([]);
});

const resolved = (resolution: ConflictResolution): Extract<ConflictResolution, { kind: 'resolved' }> => {
  if (resolution.kind !== 'resolved') throw new Error(`Unresolved: ${JSON.stringify(resolution)}`);
  return resolution;
};

/** The train after `commit`: merged by the train's own activity. */
const land = async (tip: string, commit: string): Promise<string> => {
  const result = await createIntegrationActivities({ home: world.home }).mergeBranches({
    swarmId: 's1',
    tip,
    branches: [{ taskId: 't0', commit, priority: 2, dependsOn: [] }],
    landed: [],
  });
  expect(result.conflicts).toEqual([]);
  return result.tip;
};

describe('known resolutions', () => {
  test('a resolution that landed once is replayed where the same conflict comes again, in whatever file', async () => {
    const ten = (text: string): string => withLine(10, text);
    // The other file differs around the conflict.
    const other = (text: string): string => withLine(20, 'the end', ten(text).trimEnd().split('\n'));
    world = await openConflictWorld({ 'f.txt': ten('ten'), 'g.txt': other('ten') });
    const b = await world.branch({ 'f.txt': ten('ten by b') });
    let tip = await land(world.baseCommit, await world.branch({ 'f.txt': ten('ten by a') }));
    expect(await world.resolve(tip, b)).toMatchObject({ kind: 'unresolved', paths: ['f.txt'] });
    tip = await land(tip, await world.resolvedByHand(tip, b, { 'f.txt': ten('ten by both') }));

    tip = await land(tip, await world.branch({ 'g.txt': other('ten by b') }));
    const again = await world.branch({ 'g.txt': other('ten by a') });
    const { commit, how } = resolved(await world.resolve(tip, again));
    expect(await world.show(commit, 'g.txt')).toBe(other('ten by both').trim());
    expect(how).toEqual(['g.txt: as the same conflict was resolved before in this swarm']);
    expect(await land(tip, commit)).toMatch(/^[0-9a-f]{40}$/);
    // What it resolved is what an agent resolves: the same commit, however often it is asked.
    expect(resolved(await world.resolve(tip, again)).commit).toBe(commit);
  });

  test('what was never accepted is not replayed', async () => {
    world = await openConflictWorld({ 'f.txt': withLine(10, 'ten') });
    const a = await world.branch({ 'f.txt': withLine(10, 'ten by a') });
    const b = await world.branch({ 'f.txt': withLine(10, 'ten by b') });
    const tip = await land(world.baseCommit, a);
    await world.resolvedByHand(tip, b, { 'f.txt': withLine(10, 'ten by both') });
    expect(await world.resolve(tip, b)).toEqual({ kind: 'unresolved', reason: '', paths: ['f.txt'] });
  });
});

describe('lists', () => {
  const changelog = (...entries: readonly string[]): string =>
    `# Changes\n\n${entries.map((entry) => `- ${entry}\n`).join('')}`;

  test('to which both sides only added lines keep both, where the settings name them', async () => {
    world = await openConflictWorld({ 'CHANGELOG.md': changelog('first'), 'web/.gitignore': 'dist\n' });
    const a = await world.branch({
      'CHANGELOG.md': changelog('by a', 'first'),
      'web/.gitignore': 'dist\na\n',
    });
    const b = await world.branch({
      'CHANGELOG.md': changelog('by b', 'first'),
      'web/.gitignore': 'dist\nb\n',
    });
    expect(await world.resolve(a, b)).toMatchObject({ kind: 'unresolved' });
    const { commit, how } = resolved(
      await world.resolve(a, b, { settings: { merge: { union: ['CHANGELOG.md', '.gitignore'] } } }),
    );
    expect(await world.show(commit, 'CHANGELOG.md')).toBe(changelog('by a', 'by b', 'first').trim());
    expect(await world.show(commit, 'web/.gitignore')).toBe('dist\na\nb');
    expect(how).toHaveLength(2);
    expect(await world.inHub('rev-list', '--parents', '-1', commit)).toBe(`${commit} ${a} ${b}`);
  });

  test('of which a line was changed or removed are left to a person', async () => {
    world = await openConflictWorld({ 'CHANGELOG.md': changelog('first') });
    const a = await world.branch({ 'CHANGELOG.md': changelog('first, changed') });
    const b = await world.branch({ 'CHANGELOG.md': changelog('by b', 'first, other') });
    expect(await world.resolve(a, b, { settings: { merge: { union: ['CHANGELOG.md'] } } })).toEqual({
      kind: 'unresolved',
      reason: 'CHANGELOG.md: not every change only adds lines',
      paths: ['CHANGELOG.md'],
    });
  });
});

describe('merging by syntax', () => {
  const needsMergiraf = MERGIRAF ? test : test.skip;
  const lines = (...all: readonly string[]): string => `${all.join('\n')}\n`;
  const java = (...methods: readonly string[]): string =>
    `class A {\n${methods.map((name) => `  int ${name}() {\n    return 1;\n  }\n`).join('\n')}}\n`;
  const manifest = (...names: readonly string[]): string =>
    `${JSON.stringify({ name: 'x', dependencies: Object.fromEntries(names.map((name) => [name, '1'])) }, undefined, 2)}\n`;
  /** The file with these, in any order of what both sides added. */
  const cases: readonly (readonly [path: string, text: (...names: readonly string[]) => string])[] = [
    ['src/A.java', java],
    ['src/Windows.java', (...names) => java(...names).replaceAll('\n', '\r\n')],
    [
      'src/index.ts',
      (...names) => lines(...names.map((name) => `import { ${name} } from './${name}.ts';`), '', 'start();'),
    ],
    ['src/names.ts', (...names) => lines(`import { ${names.join(', ')} } from './names.ts';`)],
    ['web/package.json', manifest],
    [
      'pyproject.toml',
      (...names) =>
        lines(
          '[project]',
          'name = "x"',
          'dependencies = [',
          ...names.map((name) => `  "${name.toLowerCase()}",`),
          ']',
        ),
    ],
    ['requirements.txt', (...names) => lines(...names.map((name) => `${name}==1`))],
  ];

  needsMergiraf.each(cases)('keeps what both sides added to %s (needs mergiraf)', async (path, text) => {
    world = await openConflictWorld({ [path]: text('first') });
    const a = await world.branch({ [path]: text('first', 'byA') });
    const b = await world.branch({ [path]: text('first', 'byB') });
    const { commit, how } = resolved(await world.resolve(a, b, withMergiraf));
    expect(how).toEqual([`${path}: merged by its syntax (mergiraf)`]);
    expect([text('first', 'byA', 'byB').trim(), text('first', 'byB', 'byA').trim()]).toContain(
      await world.show(commit, path),
    );
  });

  needsMergiraf('leaves to a person what is in conflict by its syntax too (needs mergiraf)', async () => {
    const both = (one: string, version: string): Record<string, string> => ({
      'A.java': java('first').replace('1', one),
      'package.json': manifest('first').replace('"1"', `"${version}"`),
      'unknown.xyz': `${one}\n`,
    });
    world = await openConflictWorld(both('1', '1'));
    const [a, b] = [await world.branch(both('2', '2')), await world.branch(both('3', '3'))];
    expect(await world.resolve(a, b, withMergiraf)).toEqual({
      kind: 'unresolved',
      reason: '',
      paths: ['A.java', 'package.json', 'unknown.xyz'],
    });
  });
});

test('what a task builds on is merged by the same means, so that its agent begins with both', async () => {
  world = await openConflictWorld({ 'CHANGELOG.md': '# Changes\n', 'f.txt': 'f\n' });
  const a = await world.branch({ 'CHANGELOG.md': '# Changes\n- by a\n', 'a.txt': 'a\n' });
  const b = await world.branch({ 'CHANGELOG.md': '# Changes\n- by b\n', 'f.txt': 'by b\n' });
  const c = await world.branch({ 'f.txt': 'by c\n' });
  const note = (taskId: string, commit: string) => ({ taskId, commit, title: '', summary: '' });
  const both = [note('t1', a), note('t2', b)];
  expect(await world.prepare(3, { dependencies: both })).toMatchObject({ kind: 'dependency_conflict' });
  const settings = { merge: { union: ['CHANGELOG.md'] } };
  const joined = resolved(await world.join(both, settings));
  expect(await world.show(joined.commit, 'CHANGELOG.md')).toBe('# Changes\n- by a\n- by b');
  expect(await world.join(both, settings)).toEqual(joined);
  expect(await world.prepare(3, { dependencies: both, baseCommit: joined.commit })).toMatchObject({
    kind: 'ready',
  });
  expect(await readFile(join(world.agent(3).workspace, 'a.txt'), 'utf8')).toBe('a\n');
  expect(await world.join([...both, note('t3', c)], settings)).toMatchObject({
    kind: 'unresolved',
    paths: ['f.txt'],
  });
});

test('a branch that merges cleanly by now is resolved as it is', async () => {
  world = await openConflictWorld({ 'f.txt': 'f\n' });
  const a = await world.branch({ 'a.txt': 'a\n' });
  const b = await world.branch({ 'b.txt': 'b\n' });
  expect(await world.resolve(a, b)).toEqual({ kind: 'resolved', commit: b, how: [] });
});

test('what is in conflict for more than its text is left to a person', async () => {
  world = await openConflictWorld({ 'f.txt': 'f\n' });
  const gone = await world.branch((directory) => rm(join(directory, 'f.txt')));
  const edited = await world.branch({ 'f.txt': 'edited\n' });
  expect(await world.resolve(gone, edited, { settings: { merge: { union: ['f.txt'] } } })).toMatchObject({
    kind: 'unresolved',
    paths: ['f.txt'],
  });
});

describe('lock files', () => {
  /** Runs a manager as a person would, to make the branches. */
  const run = (directory: string, command: string): void => {
    execFileSync('/bin/sh', ['-c', command], { cwd: directory, stdio: 'pipe' });
  };
  const npmManifest = (dependencies: object, more: object = {}): string =>
    `${JSON.stringify({ name: 'app', version: '1.0.0', dependencies, ...more }, undefined, 2)}\n`;
  const NPM = 'npm install --package-lock-only --no-audit --no-fund';
  const local = (name: string): Record<string, string> => ({
    [`libs/${name}/package.json`]: `${JSON.stringify({ name, version: '1.0.0' })}\n`,
  });

  const npmBranches = async (more: object = {}): Promise<readonly [string, string]> => {
    world = await openConflictWorld({
      'package.json': npmManifest({ m: 'file:libs/m' }, { devDependencies: { y: 'file:libs/y' }, ...more }),
      ...local('a'),
      ...local('m'),
      ...local('y'),
      ...local('z'),
    });
    const start = await world.branch((directory) =>
      Promise.resolve(run(directory, `${NPM} --ignore-scripts`)),
    );
    const make = (dependencies: object, devDependencies: object): Promise<string> =>
      world.branch(async (directory) => {
        await writeFiles(directory, {
          'package.json': npmManifest(dependencies, { devDependencies, ...more }),
        });
        run(directory, `${NPM} --ignore-scripts`);
      }, start);
    return [
      await make({ a: 'file:libs/a', m: 'file:libs/m' }, { y: 'file:libs/y' }),
      await make({ m: 'file:libs/m' }, { y: 'file:libs/y', z: 'file:libs/z' }),
    ];
  };

  test('of npm are made anew from the merged manifest, with both sides’ packages and without a script', async () => {
    const canary = join(tmpdir(), `drover-canary-${process.pid}`);
    const [a, b] = await npmBranches({
      scripts: { preinstall: `touch ${canary}`, prepare: `touch ${canary}` },
    });
    const { commit, how } = resolved(await world.resolve(a, b));
    expect(how).toEqual(['package-lock.json: made anew by npm from the merged package.json']);
    const lock = JSON.parse(await world.show(commit, 'package-lock.json')) as {
      packages: Record<string, { dependencies?: object; devDependencies?: object }>;
    };
    expect(lock.packages['']).toMatchObject({
      dependencies: { a: 'file:libs/a', m: 'file:libs/m' },
      devDependencies: { y: 'file:libs/y', z: 'file:libs/z' },
    });
    expect(Object.keys(lock.packages)).toEqual(expect.arrayContaining(['node_modules/a', 'node_modules/z']));
    await expect(readFile(canary)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('that no installed manager can make go to the gate, with the reason', async () => {
    const [a, b] = await npmBranches();
    const nothing = join(world.scratch, 'bin');
    await mkdir(nothing);
    expect(await world.resolve(a, b, { env: { PATH: nothing } })).toEqual({
      kind: 'unresolved',
      reason: 'package-lock.json: npm is not installed on this host',
      paths: ['package-lock.json'],
    });
    await writeFile(join(nothing, 'npm'), '#!/bin/sh\necho "registry is down" >&2\nexit 7\n');
    await chmod(join(nothing, 'npm'), 0o755);
    expect(await world.resolve(a, b, { env: { PATH: nothing } })).toMatchObject({
      kind: 'unresolved',
      reason: 'package-lock.json: npm ended with code 7: registry is down',
    });
  });

  test('wait for a manifest that is in conflict itself', async () => {
    world = await openConflictWorld({
      'package.json': npmManifest({ x: '1' }),
      'package-lock.json': '{"a":0}\n',
    });
    const a = await world.branch({
      'package.json': npmManifest({ x: '2' }),
      'package-lock.json': '{"a":1}\n',
    });
    const b = await world.branch({
      'package.json': npmManifest({ x: '3' }),
      'package-lock.json': '{"a":2}\n',
    });
    expect(await world.resolve(a, b)).toMatchObject({
      kind: 'unresolved',
      reason: 'package-lock.json: the other conflicts have to be resolved first',
    });
  });

  test('managers see no token of the user, and nothing of Drover', async () => {
    const [a, b] = await npmBranches();
    const bin = join(world.scratch, 'bin');
    const seen = join(world.scratch, 'seen');
    await mkdir(bin);
    await writeFile(join(bin, 'npm'), `#!/bin/sh\nenv > '${seen}'; ls -a "$HOME" >> '${seen}'\nexit 1\n`);
    await chmod(join(bin, 'npm'), 0o755);
    const home = join(world.scratch, 'home-of-user');
    await writeFiles(home, { '.npmrc': '//registry/:_authToken=canary\n' });
    const env = { PATH: `${bin}:/usr/bin:/bin`, HOME: home, ANTHROPIC_API_KEY: 'canary', SHARED: 'yes' };
    await world.resolve(a, b, { env, settings: { passEnv: ['SHARED'] } });
    const text = await readFile(seen, 'utf8');
    expect(text).not.toContain('canary');
    expect(text).not.toContain('.npmrc');
    expect(text).not.toContain(`HOME=${home}\n`);
    expect(text).toContain('SHARED=yes');
  });

  test('of Cargo are made anew', async () => {
    if ((await findProgram('cargo', process.env.PATH ?? '')) === undefined)
      throw new Error('cargo is needed for this test: install Rust (apt-get install cargo)');
    const crate = (name: string, more = ''): Record<string, string> => ({
      [`${name}/Cargo.toml`]: `[package]\nname = "${name}"\nversion = "0.1.0"\nedition = "2021"\n${more}`,
      [`${name}/src/lib.rs`]: '',
    });
    const app = (dependencies: string, dev: string): string =>
      `[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n\n[dependencies]\n${dependencies}\n[dev-dependencies]\n${dev}`;
    const CARGO = 'cargo generate-lockfile --offline --quiet';
    world = await openConflictWorld({
      'Cargo.toml': app('', ''),
      'src/lib.rs': '',
      ...crate('mid'),
      ...crate('near'),
    });
    const start = await world.branch((directory) => Promise.resolve(run(directory, CARGO)));
    const make = (manifest: string): Promise<string> =>
      world.branch(async (directory) => {
        await writeFile(join(directory, 'Cargo.toml'), manifest);
        run(directory, CARGO);
      }, start);
    const a = await make(app('mid = { path = "mid" }\n', ''));
    const b = await make(app('', 'near = { path = "near" }\n'));
    const { commit, how } = resolved(await world.resolve(a, b));
    expect(how).toEqual(['Cargo.lock: made anew by cargo from the merged Cargo.toml']);
    const lock = await world.show(commit, 'Cargo.lock');
    expect(lock.match(/^name = .*$/gm)).toEqual(['name = "app"', 'name = "mid"', 'name = "near"']);
    expect(lock).toContain('dependencies = [\n "mid",\n "near",\n]');
  });

  test('of Go are made anew, from the modules of both sides', async () => {
    if ((await findProgram('go', process.env.PATH ?? '')) === undefined)
      throw new Error('go is needed for this test: install Go (apt-get install golang-go)');
    const use = (name: string, path: string, call: string): Record<string, string> => ({
      [`${name}/${name}.go`]: `package ${name}\n\nimport "${path}"\n\nvar Used = ${call}\n`,
    });
    const mod = (first: string, second: string): string =>
      `module example.org/app\n\ngo 1.19\n\n${first}// Tools follow.\n\n// They are apart.\n\n${second}`;
    world = await openConflictWorld({ 'go.mod': mod('', ''), 'app.go': 'package app\n' });
    const make = (files: Record<string, string>, manifest: string): Promise<string> =>
      world.branch(async (directory) => {
        await writeFiles(directory, { ...files, 'go.mod': manifest });
        run(directory, 'GOFLAGS=-mod=mod go mod download all');
      });
    const a = await make(
      use('one', 'github.com/pkg/errors', 'errors.New("x")'),
      mod('require github.com/pkg/errors v0.9.1\n\n', ''),
    );
    const b = await make(
      use('two', 'github.com/google/uuid', 'uuid.Nil'),
      mod('', 'require github.com/google/uuid v1.6.0\n'),
    );
    const { commit, how } = resolved(await world.resolve(a, b));
    expect(how).toEqual(['go.sum: made anew by go from the merged go.mod']);
    const sums = await world.show(commit, 'go.sum');
    expect(sums).toContain('github.com/google/uuid v1.6.0 h1:');
    expect(sums).toContain('github.com/pkg/errors v0.9.1 h1:');
  });
});
