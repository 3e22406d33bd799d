import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BUNDLE_LIMIT_BYTES } from '../../activities/git/bundle.ts';
import { git, writeFiles } from '../support/repository.ts';
import {
  bundleWork,
  commitWork,
  openTestSwarm,
  task,
  type OpenedTestSwarm,
} from '../support/opened-swarm.ts';

let opened: OpenedTestSwarm;

beforeEach(async () => {
  opened = await openTestSwarm({ a: '1\n', b: '2\n' });
  await opened.prepare(0);
});

afterEach(() => opened.remove());

const workspaceIsThere = async (): Promise<boolean> => (await readdir(opened.swarm.root)).includes('agent-0');
const branches = async (): Promise<string> => opened.inHub('for-each-ref', '--format=%(refname:short)');

const work = async (files: Readonly<Record<string, string>>): Promise<string> => {
  await writeFiles(opened.agent(0).workspace, files);
  const commit = await commitWork(opened.agent(0));
  await bundleWork(opened.agent(0), opened.baseCommit);
  return commit;
};

const expectRefused = async (reason: RegExp): Promise<void> => {
  expect(await opened.handOver(0)).toEqual({ kind: 'refused', reason: expect.stringMatching(reason) });
  expect(await branches()).toBe('main\nresult');
  expect(await workspaceIsThere()).toBe(true);
};

describe('handing over', () => {
  test('brings the branch into the hub and removes the workspace', async () => {
    const commit = await work({ a: 'changed\n', 'new/ä.txt': 'x\n' });
    expect(await opened.handOver(0)).toEqual({ kind: 'accepted', commit });
    expect(await workspaceIsThere()).toBe(false);
    expect(await opened.inHub('diff', '--name-only', 'main..agent-0')).toBe('a\n"new/\\303\\244.txt"');
    await opened.inHub('fsck', '--strict');
  });

  test('can be repeated, also when the workspace and even the bundle are gone', async () => {
    const commit = await work({ a: 'changed\n' });
    await opened.handOver(0);
    expect(await opened.handOver(0)).toEqual({ kind: 'accepted', commit });
    await rm(opened.agent(0).bundle);
    expect(await opened.handOver(0)).toEqual({ kind: 'accepted', commit });
    const log = await readFile(join(opened.swarm.hub, 'logs/refs/heads/agent-0'), 'utf8');
    expect(log.trim().split('\n')).toHaveLength(1);
  });

  test('keeps many objects as one pack, and several commits as they are', async () => {
    await work({ a: 'first\n' });
    const files = Object.fromEntries(
      Array.from({ length: 150 }, (_, index) => [`many/${index}`, randomBytes(40).toString('hex')]),
    );
    const commit = await work(files);
    expect(await opened.handOver(0)).toEqual({ kind: 'accepted', commit });
    expect(await opened.inHub('rev-list', '--count', 'main..agent-0')).toBe('2');
    expect(
      (await readdir(join(opened.swarm.hub, 'objects/pack'))).filter((name) => name.endsWith('.pack')),
    ).toHaveLength(1);
  });

  test('takes what deletes, renames, changes modes and adds links inside the tree', async () => {
    const { workspace } = opened.agent(0);
    await git(workspace, 'mv', 'a', 'sub');
    await git(workspace, 'mv', 'sub', 'moved');
    await rm(join(workspace, 'b'));
    await writeFiles(workspace, { 'dir/script.sh': '#!/bin/sh\n' });
    await git(workspace, 'add', '-A');
    await git(workspace, 'update-index', '--chmod=+x', 'dir/script.sh');
    await symlink('../moved', join(workspace, 'dir/link'));
    await git(workspace, 'add', 'dir/link');
    await git(workspace, 'commit', '-qm', 'All sorts');
    await bundleWork(opened.agent(0), opened.baseCommit);
    expect(await opened.handOver(0)).toMatchObject({ kind: 'accepted' });
    expect(await opened.inHub('ls-tree', '-r', '--format=%(objectmode) %(path)', 'agent-0')).toBe(
      '120000 dir/link\n100755 dir/script.sh\n100644 moved',
    );
  });

  test('from an agent that never was is a failure', async () => {
    await expect(opened.handOver(7)).rejects.toMatchObject({ type: 'notFound' });
  });

  test('onto a branch of the same name with other work keeps that work', async () => {
    const commit = await work({ a: 'changed\n' });
    await opened.inHub('branch', 'agent-0', 'main');
    expect(await opened.handOver(0)).toEqual({ kind: 'accepted', commit: opened.baseCommit });
    expect(await opened.inHub('rev-parse', 'agent-0')).not.toBe(commit);
  });
});

describe('what it changed besides the files of its task', () => {
  test('comes with it, by its real name; a repeated hand-over says the same', async () => {
    const mine = await openTestSwarm(
      { 'src/a': '1\n', b: '2\n' },
      { tasks: [task('t', { files: ['src/*'] })] },
    );
    try {
      await mine.prepare(0);
      const agent = mine.agent(0);
      await writeFiles(agent.workspace, { 'src/a': 'x\n', '*': 'x\n', 'src[/c': 'x\n', 'docs/ä': 'x\n' });
      await rm(join(agent.workspace, 'b'));
      const commit = await commitWork(agent);
      await bundleWork(agent, mine.baseCommit);
      const outside = { count: 4, paths: ['*', 'b', 'docs/ä', 'src[/c'] };
      expect(await mine.handOver(0)).toEqual({ kind: 'accepted', commit, outside });
      expect(await mine.handOver(0)).toEqual({ kind: 'accepted', commit, outside });
    } finally {
      await mine.remove();
    }
  });
});

describe('refused, with the reason, and nothing lost', () => {
  test('no bundle', () => expectRefused(/left no bundle/));

  test('commits that add up to no change, unless the task may be without one', async () => {
    await work({});
    await expectRefused(/changes nothing/);
    const check = await openTestSwarm({ a: '1\n' }, { tasks: [task('t', { allowEmpty: true })] });
    try {
      await check.prepare(0);
      await commitWork(check.agent(0));
      await bundleWork(check.agent(0), check.baseCommit);
      expect(await check.handOver(0)).toMatchObject({ kind: 'accepted' });
    } finally {
      await check.remove();
    }
  });

  test('a bundle that is a symbolic link, a directory or a device', async () => {
    await work({ a: 'x\n' });
    const { bundle } = opened.agent(0);
    await rm(bundle);
    await symlink(join(opened.swarm.hub, 'config'), bundle);
    await expectRefused(/left no bundle/);
    await rm(bundle);
    await symlink('/dev/zero', bundle);
    await expectRefused(/left no bundle/);
    await rm(bundle);
    await writeFiles(bundle, { x: '' });
    await expectRefused(/not a regular file/);
  });

  test('a bundle that is too large, broken, cut off or of another branch', async () => {
    const { bundle, workspace } = opened.agent(0);
    await writeFile(bundle, '');
    await truncate(bundle, BUNDLE_LIMIT_BYTES + 1);
    await expectRefused(/larger than 1024 MiB/);
    await rm(bundle);
    await writeFile(bundle, `# v2 git bundle\n${'x'.repeat(500)}`);
    await expectRefused(/broken/);
    await work({ a: randomBytes(4_000).toString('hex') });
    const whole = await readFile(bundle);
    await truncate(bundle, whole.length - 50);
    await expectRefused(/git refused its objects/);
    await writeFile(bundle, Buffer.concat([whole.subarray(0, -30), Buffer.alloc(30)]));
    await expectRefused(/git refused its objects/);
    await git(workspace, 'branch', '-q', 'other');
    await git(workspace, 'bundle', 'create', '-q', bundle, 'other', `^${opened.baseCommit}`);
    await expectRefused(/something else than the branch agent-0/);
  });

  test('a history that does not build on the base', async () => {
    const { workspace, bundle } = opened.agent(0);
    await git(workspace, 'checkout', '-q', '--orphan', 'new');
    await commitWork(opened.agent(0), 'From nothing');
    await git(workspace, 'branch', '-f', 'agent-0');
    await git(workspace, 'bundle', 'create', '-q', bundle, 'refs/heads/agent-0');
    await expectRefused(/does not build on the commit/);
  });

  test('a pack that lacks objects', async () => {
    await work({ a: 'first\n' });
    const first = await git(opened.agent(0).workspace, 'rev-parse', 'HEAD');
    await writeFiles(opened.agent(0).workspace, { b: 'second\n' });
    await commitWork(opened.agent(0));
    await bundleWork(opened.agent(0), first);
    await expectRefused(/git refused its objects|is not whole/);
  });
});

describe('discarding', () => {
  test('removes the workspace and leaves the run directory; it can be repeated', async () => {
    await work({ a: 'x\n' });
    const discard = () => opened.workspaces.discardAgent({ swarmId: 's1', agentId: 'agent-0' });
    await discard();
    await discard();
    expect(await workspaceIsThere()).toBe(false);
    expect((await readdir(opened.agent(0).root)).toSorted()).toEqual(['spec.json', 'work.bundle']);
    expect(await branches()).toBe('main\nresult');
  });

  test('an agent that a person killed is recorded as killed, whatever its runner took the signal for', async () => {
    await work({ a: 'x\n' });
    const { result } = opened.agent(0);
    const discard = () =>
      opened.workspaces.discardAgent({ swarmId: 's1', agentId: 'agent-0', killed: 'it went in circles' });
    await writeFile(result, JSON.stringify({ version: 1, outcome: 'cancelled', summary: 'told to end' }));
    await discard();
    await discard();
    expect(JSON.parse(await readFile(result, 'utf8'))).toEqual({
      version: 1,
      outcome: 'killed',
      summary: 'it went in circles',
    });
    // One that was faster than the kill has ended as it says.
    await writeFile(result, JSON.stringify({ version: 1, outcome: 'failed', summary: 'by itself' }));
    await discard();
    expect(JSON.parse(await readFile(result, 'utf8'))).toMatchObject({ outcome: 'failed' });
  });
});
