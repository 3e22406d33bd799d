// Drover on real sources: three published packages, its own repository, and a list of features. The agents are
// shell commands that do real work; build and test commands are real; what comes out is looked at independently.
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import type { DroverFileInput } from '../../config/schema.ts';
import type { Report } from '../../domain/report/report.ts';
import { swarmDirectory } from '../../store/home.ts';
import { startDrover, type Drover } from '../support/drover.ts';
import { violations } from '../support/invariants.ts';
import { snapshotRepository } from '../support/invariants/snapshot.ts';
import { git, installedPackages, makeRepository, repositoryFromPackage } from '../support/repository.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PRETTIER = join(ROOT, 'node_modules/.bin/prettier');
const TSC = join(ROOT, 'node_modules/.bin/tsc');

let drover: Drover;
beforeAll(async () => {
  drover = await startDrover();
  // Found from every workspace below, as installed dependencies would be.
  await symlink(join(ROOT, 'node_modules'), join(drover.home.root, 'node_modules'));
  const forTests = await installedPackages('resolve-1.22.10', [
    'tape@5.9.0',
    'object-keys@1.1.1',
    'is-core-module@2.16.1',
    'path-parse@1.0.7',
    'supports-preserve-symlinks-flag@1.0.0',
  ]);
  await symlink(forTests, join(drover.root, 'node_modules'));
}, 120_000);
afterAll(() => drover.close());

interface PlannedTask {
  readonly id: string;
  readonly title: string;
  readonly command: string;
  readonly dependsOn?: readonly string[];
  readonly acceptance?: string;
}

interface Result {
  readonly report: Report;
  readonly branch: string;
  /** What git says in the user's repository. */
  git(...args: readonly string[]): Promise<string>;
}

/** `drover run` with everything approved, to its end; all invariants hold afterwards. */
const droverRun = async (repository: string, args: readonly string[]): Promise<Result> => {
  const before = await snapshotRepository(repository);
  // Nobody is there to be asked.
  const gates = ['task', 'conflict', 'build', 'test', 'phase'].map((kind) => `--gate=${kind}=fail`);
  const { code, stdout, stderr } = await drover.cli([
    'run',
    ...args,
    ...gates,
    `--repo=${repository}`,
    '--yes',
    '--json',
  ]);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  const { swarmId } = JSON.parse(stdout.trim().split('\n')[0]!) as { swarmId: string };
  expect(await violations({ home: drover.home, swarmId, repository, before })).toEqual([]);
  const file = await readFile(swarmDirectory(drover.home, swarmId).reportJson, 'utf8');
  const report = JSON.parse(file) as Report;
  return {
    report,
    branch: report.result!.branch,
    git: (...command) => git(repository, ...command),
  };
};

const planned = async (
  name: string,
  tasks: readonly PlannedTask[],
  config: DroverFileInput,
): Promise<string[]> => {
  const [plan, settings] = [join(drover.root, `${name}.plan.yml`), join(drover.root, `${name}.drover.yml`)];
  await writeFile(plan, stringify({ goal: `Bring ${name} up to date`, tasks }));
  await writeFile(settings, stringify({ executor: 'command', ...config }));
  return ['--plan', plan, '--config', settings];
};

const landedTasks = ({ report }: Result): string[] => report.landings.map((landing) => landing.taskId).sort();

describe('published packages', () => {
  test('resolve (96 files): the codemod of examples/ lands, checked by its own tests', async () => {
    const repository = join(drover.root, 'resolve');
    await repositoryFromPackage(repository, 'resolve', '1.22.10');
    const example = join(ROOT, 'examples/codemod');
    // Those of its tests that need nothing that npm leaves out of a package.
    const tests = ['core', 'dotdot', 'filter', 'mock', 'mock_sync', 'module_dir', 'precedence'];
    const result = await droverRun(repository, [
      '--plan',
      join(example, 'plan.yml'),
      '--config',
      join(example, 'drover.yml'),
      '--test',
      `for name in ${tests.join(' ')}; do node test/$name.js || exit 1; done`,
    ]);
    expect(landedTasks(result)).toHaveLength(6);
    const sync = await result.git('show', `${result.branch}:lib/sync.js`);
    expect(sync.split('\n')[0]).toBe('// SPDX-License-Identifier: MIT');
    expect(sync).toContain("require('node:fs')");
    expect(await result.git('show', `${result.branch}:CHANGES.md`)).toContain('- Say the licence');
  });

  test('validator (230 files): modern declarations and one format, checked against its own bundle', async () => {
    const repository = join(drover.root, 'validator');
    await repositoryFromPackage(repository, 'validator', '13.15.0');
    const parts = ['a-h', 'i', 'j-z'];
    const modernise = parts.map((part, index) => ({
      id: `const-${index}`,
      title: `Constants in lib/[${part}]*.js`,
      command: `sed -i -E 's/^var (_[A-Za-z0-9]+) = /const \\1 = /' lib/[${part}]*.js`,
      acceptance: `! grep -nE '^var _' lib/[${part}]*.js`,
    }));
    const format = parts.map((part, index) => ({
      id: `format-${index}`,
      title: `One format for es/lib/[${part}]*.js`,
      command: `${PRETTIER} --write --single-quote es/lib/[${part}]*.js`,
    }));
    const tasks = [
      ...modernise,
      ...format,
      {
        id: 'release',
        title: 'The next version',
        command: 'npm version minor --no-git-tag-version',
        dependsOn: [...modernise, ...format].map((task) => task.id),
      },
    ];
    const sameAnswers = [
      "const [ours, bundle] = [require('./index.js'), require('./validator.min.js')]",
      "const samples = ['a@b.co', 'https://example.org/x?y=1', '4111111111111111', '2001:db8::1', 'nope', '']",
      "const names = Object.keys(bundle).filter((name) => name.startsWith('is') && bundle[name].length === 2)",
      'const run = (f, s) => { try { return f(s) } catch (error) { return error.message } }',
      'for (const n of names) for (const s of samples) require("assert").deepEqual(run(ours[n], s), run(bundle[n], s), n)',
      'require("assert")(names.length > 20)',
    ].join(';');
    const args = await planned('validator', tasks, {
      parallel: 4,
      verify: {
        build: "git ls-files -z '*.js' | xargs -0 -n 1 -P 2 node --check",
        test: `node -e '${sameAnswers.replaceAll("'", '"')}'`,
      },
    });
    const result = await droverRun(repository, args);
    expect(landedTasks(result)).toHaveLength(7);
    const index = await result.git('grep', '-cE', '^const _', result.branch, '--', 'lib');
    expect(index.split('\n').length).toBeGreaterThan(80);
    expect(await result.git('show', `${result.branch}:package.json`)).toContain('"version": "13.16.0"');
  });

  test('type-fest (166 files): licence headers and one format, checked by the compiler', async () => {
    const repository = join(drover.root, 'type-fest');
    await repositoryFromPackage(repository, 'type-fest', '4.41.0');
    const parts = ['a-i', 'j-r', 's-z'];
    const format = parts.map((part, index) => ({
      id: `format-${index}`,
      title: `One format for source/[${part}]*`,
      command: `${PRETTIER} --write 'source/[${part}]*.d.ts'`,
    }));
    const headers = parts.map((part, index) => ({
      id: `header-${index}`,
      title: `Licence headers in source/[${part}]*`,
      command: `sed -i '1i // SPDX-License-Identifier: MIT OR CC0-1.0' source/[${part}]*.d.ts`,
      dependsOn: [`format-${index}`],
    }));
    const args = await planned('type-fest', [...format, ...headers], {
      parallel: 3,
      verify: {
        build: `${TSC} --noEmit --strict --target es2022 --module nodenext --lib es2022,dom index.d.ts`,
      },
    });
    const result = await droverRun(repository, args);
    expect(landedTasks(result)).toHaveLength(6);
    const headed = await result.git('grep', '-l', '^// SPDX', result.branch, '--', 'source/*.d.ts');
    const all = await result.git('ls-tree', '--name-only', result.branch, 'source/');
    expect(headed.split('\n')).toHaveLength(all.split('\n').filter((name) => name.endsWith('.d.ts')).length);
  });
});

test("Drover's own repository: licence headers in five folders at once, checked by the compiler", async () => {
  const repository = join(drover.root, 'drover');
  await git(drover.root, 'clone', '-q', '--no-hardlinks', ROOT, repository);
  const folders = ['activities', 'domain', 'store', 'workers', 'workflows'];
  const tasks = folders.map((folder) => ({
    id: folder,
    title: `Licence headers in ${folder}/`,
    command: `git ls-files -z '${folder}/*.ts' | xargs -0 sed -i '1i // SPDX-License-Identifier: MIT'`,
  }));
  const args = await planned('drover', tasks, { parallel: 5, verify: { build: `${TSC} --noEmit` } });
  const result = await droverRun(repository, args);
  expect(landedTasks(result)).toEqual(folders);
  for (const folder of folders) {
    const [headed, all] = [
      await result.git('grep', '-l', '^// SPDX-License', result.branch, '--', `${folder}/*.ts`),
      await result.git('ls-tree', '-r', '--name-only', result.branch, `${folder}/`),
    ];
    expect(headed.split('\n')).toHaveLength(all.split('\n').length);
  }
});

test('five features with three agents: never more than three at once, the urgent ones first', async () => {
  const repository = join(drover.root, 'features');
  await makeRepository(repository, { 'README.md': '# Accounts\n' });
  const journal = join(drover.root, 'features.journal');
  const command = [
    `echo "start $DROVER_TASK" >> ${journal}`,
    'sleep 1',
    'mkdir -p features && printf "# %s\\n\\n%s\\n" "$DROVER_TITLE" "$DROVER_DESCRIPTION" > "features/$DROVER_TASK.md"',
    `echo "end $DROVER_TASK" >> ${journal}`,
  ].join(' && ');
  const result = await droverRun(repository, [
    '--features',
    join(ROOT, 'examples/features.json'),
    '--executor',
    'command',
    '--command',
    command,
    '--parallel',
    '3',
    '--test',
    'test "$(ls features | wc -l)" -gt 0',
    'Accounts for our users',
  ]);
  expect(landedTasks(result)).toHaveLength(5);
  const lines = (await readFile(journal, 'utf8')).trimEnd().split('\n');
  let running = 0;
  const load = lines.map((line) => (running += line.startsWith('start') ? 1 : -1));
  expect(Math.max(...load)).toBe(3);
  const started = lines.filter((line) => line.startsWith('start')).map((line) => line.slice('start '.length));
  const urgent = result.report.tasks.filter((task) => task.priority === 1).map((task) => task.id);
  expect(started.slice(0, 3).sort()).toEqual([...urgent].sort());
});
