/**
 * A repository may hold links out of its tree and submodules of its own. Drover merges, resolves, verifies and hands
 * out around them, and follows none.
 */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { lstat, mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createIntegrationActivities } from '../../activities/git/integration.ts';
import { createVerifyActivities } from '../../activities/verify/activities.ts';
import type { SwarmSettings } from '../../domain/swarm/settings.ts';
import { getArtifact, putArtifact } from '../../store/artifacts.ts';
import { openConflictWorld, type ConflictWorld } from '../support/conflict.ts';
import { git } from '../support/repository.ts';

let world: ConflictWorld;
let outside: string;
/** With a link out of the tree, a submodule and a description of it that would run a program. */
let base: string;

beforeEach(async () => {
  world = await openConflictWorld({ 'CHANGELOG.md': 'start\n', 'package.json': '{"name":"app"}\n' });
  outside = join(world.scratch, 'outside');
  await mkdir(outside);
  await writeFile(join(outside, 'kept.txt'), 'kept\n');
  base = await world.branch(async (directory) => {
    await symlink(outside, join(directory, 'out'));
    await symlink('out/kept.txt', join(directory, 'notes.txt'));
    await symlink(join(outside, 'kept.txt'), join(directory, 'package-lock.json'));
    await writeFile(join(directory, '.gitmodules'), '[submodule "sub"]\n\tpath = sub\n\turl = ./elsewhere\n');
    await git(directory, 'update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},sub`);
    await mkdir(join(directory, 'sub'));
  });
});
afterEach(() => world.remove());

const untouched = async (): Promise<void> => {
  expect(await readdir(outside)).toEqual(['kept.txt']);
  expect(await readFile(join(outside, 'kept.txt'), 'utf8')).toBe('kept\n');
};

test('the links and the submodule of a repository are carried along as they are, and never followed', async () => {
  const line = (text: string) => ({ 'CHANGELOG.md': `${text}\nstart\n` });
  const ours = await world.branch(line('ours'), base);
  const theirs = await world.branch(line('theirs'), base);
  const union = { settings: { merge: { union: ['CHANGELOG.md'] } } };
  const resolution = await world.resolve(ours, theirs, union);
  expect(resolution).toMatchObject({ kind: 'resolved' });
  const { commit } = resolution as { commit: string };
  expect(await world.inHub('ls-tree', commit, 'out', 'sub', 'package-lock.json')).toMatch(
    /^120000 .*\tout\n120000 .*\tpackage-lock.json\n160000 .*\tsub$/,
  );

  const worktree = await world.give(ours, theirs);
  expect(await readlink(join(worktree, 'out'))).toBe(outside);
  expect(await readdir(join(worktree, 'sub'))).toEqual([]);
  await writeFile(join(worktree, 'CHANGELOG.md'), 'by hand\n');
  expect(await world.take()).toMatchObject({ kind: 'taken' });
  await untouched();

  const settings = await getArtifact<SwarmSettings>(world.swarm, world.settingsKey);
  const look = 'test -L out && test -L package-lock.json && test -z "$(ls sub)"';
  const settingsKey = await putArtifact(world.swarm, {
    ...settings,
    test: [{ name: 'look', run: look, timeoutSeconds: 20 }],
  });
  const verify = createVerifyActivities({ home: world.home, env: process.env });
  expect(
    await new MockActivityEnvironment().run(() => verify.verify({ swarmId: 's1', commit, settingsKey })),
  ).toMatchObject({ ok: true });
  await untouched();
});

test('a lock file that is a link is left to a person', async () => {
  const asFile = async (text: string): Promise<string> =>
    world.branch(async (directory) => {
      await rm(join(directory, 'package-lock.json'));
      await writeFile(join(directory, 'package-lock.json'), text);
    }, base);
  const asLink = await world.branch(async (directory) => {
    await rm(join(directory, 'package-lock.json'));
    await symlink('out/kept.txt', join(directory, 'package-lock.json'));
  }, base);
  expect(await world.resolve(await asFile('{}\n'), asLink)).toMatchObject({
    kind: 'unresolved',
    paths: expect.arrayContaining([expect.stringContaining('package-lock.json')]),
  });
  await untouched();
});

test('a branch that puts files where another one has a link does not write through it', async () => {
  const linked = await world.branch((directory) => symlink(outside, join(directory, 'place')));
  const filled = await world.branch({ 'place/kept.txt': 'overwritten\n' });
  const merge = await createIntegrationActivities({ home: world.home }).mergeBranches({
    swarmId: 's1',
    tip: linked,
    branches: [{ taskId: 't1', commit: filled, priority: 2, dependsOn: [] }],
    landed: [],
  });
  expect(merge.conflicts).toHaveLength(1);
  expect(await world.resolve(linked, filled)).toMatchObject({ kind: 'unresolved' });
  const worktree = await world.give(linked, filled);
  expect((await lstat(worktree)).isDirectory()).toBe(true);
  await untouched();
});
