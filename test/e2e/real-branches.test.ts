// Real branches on the whole path: the changes between published versions of two packages, applied as patches by
// command agents to one common base, where many conflict and some break the package. What lands is what merging and
// testing one branch after the other accepts, done here once more with plain git and the same tests.
import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import type { Report } from '../../domain/report/report.ts';
import { swarmDirectory } from '../../store/home.ts';
import { startDrover, type Drover } from '../support/drover.ts';
import { violations } from '../support/invariants.ts';
import { snapshotRepository } from '../support/invariants/snapshot.ts';
import { git, installedPackages } from '../support/repository.ts';
import {
  RESOLVE,
  VALIDATOR,
  versionBranches,
  type VersionBranches,
  type VersionSource,
} from '../support/version-branches.ts';

let drover: Drover;
beforeAll(async () => {
  drover = await startDrover();
  const forTests = await installedPackages('resolve-1.22.10', [
    'tape@5.9.0',
    'object-keys@1.1.1',
    'is-core-module@2.16.1',
    'path-parse@1.0.7',
    'supports-preserve-symlinks-flag@1.0.0',
  ]);
  // Found from every checkout below.
  await symlink(forTests, join(drover.root, 'node_modules'));
}, 120_000);
afterAll(() => drover.close());

interface Case {
  readonly source: VersionSource;
  /** Real checks of the package, as one shell command. */
  readonly check: string;
}

const cases: readonly Case[] = [
  {
    // Of its own tests those that need nothing that npm leaves out of a package.
    source: { ...RESOLVE, versions: RESOLVE.versions.slice(0, 6) },
    check: `node -e "for (const name of ['mock', 'mock_sync', 'module_dir', 'node-modules-paths', 'filter', 'nonstring']) require('./test/' + name)"`,
  },
  {
    // The changes of 13.5.0 take modules away, as its package on npm did.
    source: { ...VALIDATOR, versions: VALIDATOR.versions.slice(0, 5) },
    check: `node -e "${[
      "const [v, { ok }] = [require('./index.js'), require('assert')]",
      "ok(v.isEmail('a@b.co') && !v.isEmail('a@') && v.isURL('https://example.org/x?y=1') && !v.isURL('no no'))",
      "ok(v.isIBAN('DE89370400440532013000') && !v.isIBAN('DE00') && v.isAlpha('abc') && !v.isAlpha('a1'))",
      "ok(v.isPostalCode('10115', 'DE') && v.isMobilePhone('+4915123456789', 'de-DE'))",
      "ok(v.isPassportNumber('C01X00T47', 'DE'))",
    ].join(';')}"`,
  },
];

/** A task for each branch, whose agent applies the branch's change. */
const tasksFor = async (repository: string, { base, branches }: VersionBranches): Promise<object[]> => {
  const patches = `${repository}.patches`;
  await mkdir(patches);
  return Promise.all(
    branches.map(async ({ id, commit }) => {
      const patch = join(patches, `${id}.patch`);
      await git(repository, 'diff', '--binary', '--full-index', `--output=${patch}`, base, commit);
      const files = (await git(repository, 'diff', '--name-only', '--no-renames', base, commit)).split('\n');
      return { id, title: `Bring in ${id}`, command: `git apply --whitespace=nowarn '${patch}'`, files };
    }),
  );
};

const runSwarm = async (name: string, repository: string, tasks: readonly object[], check: string) => {
  const [plan, settings] = [join(drover.root, `${name}.plan.yml`), join(drover.root, `${name}.drover.yml`)];
  await writeFile(plan, stringify({ goal: `Bring ${name} up to date`, tasks }));
  const gates = { task: 'fail', conflict: 'skip', build: 'skip', test: 'skip', phase: 'fail', files: 'fail' };
  await writeFile(
    settings,
    stringify({ executor: 'command', parallel: 4, verify: { test: check, parallel: 2 }, gates }),
  );
  const before = await snapshotRepository(repository);
  const options = ['--plan', plan, '--config', settings, '--yes', '--json', `--repo=${repository}`];
  const { code, stdout, stderr } = await drover.cli(['run', ...options]);
  expect({ code, said: code === 0 ? '' : stdout.slice(-2_000) + stderr }).toEqual({ code: 0, said: '' });
  const { swarmId } = JSON.parse(stdout.trim().split('\n')[0]!) as { swarmId: string };
  expect(await violations({ home: drover.home, swarmId, repository, before })).toEqual([]);
  return JSON.parse(await readFile(swarmDirectory(drover.home, swarmId).reportJson, 'utf8')) as Report;
};

/** Merges and tests one after the other. @returns by branch: landed, or why not */
const oneByOne = async (
  repository: string,
  base: string,
  branches: readonly { readonly id: string; readonly commit: string }[],
  check: string,
): Promise<{ readonly tree: string; readonly ends: Map<string, 'landed' | 'conflict' | 'test'> }> => {
  const checkout = `${repository}.checkout`;
  await git(repository, 'worktree', 'add', '-q', '--detach', checkout, base);
  const isGreen = async (tree: string): Promise<boolean> => {
    await git(checkout, 'read-tree', '-u', '--reset', tree);
    return promisify(execFile)('sh', ['-c', check], { cwd: checkout }).then(
      () => true,
      () => false,
    );
  };
  const ends = new Map<string, 'landed' | 'conflict' | 'test'>();
  let tip = base;
  for (const { id, commit } of branches) {
    const tree = await git(repository, 'merge-tree', '--write-tree', '--no-messages', tip, commit).catch(
      () => undefined,
    );
    const end = tree === undefined ? 'conflict' : (await isGreen(tree)) ? 'landed' : 'test';
    ends.set(id, end);
    if (tree !== undefined && end === 'landed')
      tip = await git(repository, 'commit-tree', tree, '-p', tip, '-p', commit, '-m', id);
  }
  return { tree: await git(repository, 'rev-parse', `${tip}^{tree}`), ends };
};

const accepted = (ends: ReadonlyMap<string, string>): readonly string[] =>
  [...ends.keys()].filter((id) => ends.get(id) === 'landed').sort();

test.each(cases)('$source.name: what lands is what merging and testing one by one accepts', async (one) => {
  const { source, check } = one;
  const repository = join(drover.root, source.name);
  const made = await versionBranches(repository, source);
  expect(made.branches.length).toBeGreaterThanOrEqual(20);
  const report = await runSwarm(source.name, repository, await tasksFor(repository, made), check);

  const landed = report.landings.map(({ taskId }) => taskId);
  const order = [...landed, ...made.branches.map(({ id }) => id).filter((id) => !landed.includes(id))];
  const commits = new Map(made.branches.map(({ id, commit }) => [id, commit]));
  const expected = await oneByOne(
    repository,
    made.base,
    order.map((id) => ({ id, commit: commits.get(id) ?? '' })),
    check,
  );
  // Nobody is asked here: who did not land was left out at a gate, which says why.
  const ends = new Map<string, string>(landed.map((id) => [id, 'landed']));
  for (const { kind, taskIds, answer, detail } of report.decisions.filter(({ kind }) => kind !== 'plan')) {
    expect({ answer: answer?.action, detailed: detail.length > 0 }).toEqual({
      answer: 'reject',
      detailed: true,
    });
    ends.set(taskIds[0] ?? '', kind);
  }
  expect([...ends.keys()].sort()).toEqual([...commits.keys()].sort());
  expect(landed.sort()).toEqual(accepted(expected.ends));
  const { commit = '' } = report.result ?? {};
  expect(await git(repository, 'rev-parse', `${commit}^{tree}`)).toBe(expected.tree);
  expect([...ends.values()]).toEqual(expect.arrayContaining(['landed', 'conflict', 'test']));
});
