import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { chmod, lstat, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createWorkspace, removeWorkspace, type WorkspaceRequest } from '../../activities/git/workspace.ts';
import { git, writeFiles } from '../support/repository.ts';
import { openTestSwarm, type OpenedTestSwarm } from '../support/opened-swarm.ts';

let opened: OpenedTestSwarm;

beforeEach(async () => {
  opened = await openTestSwarm({
    'src/a.ts': 'a\n',
    'src/deep/b.ts': 'b\n',
    'docs/ä b.md': 'c\n',
    top: 't\n',
  });
});

afterEach(() => opened.remove());

const create = async (more: Partial<WorkspaceRequest> = {}): Promise<string> => {
  const path = more.path ?? join(opened.swarm.root, 'agent-0');
  await createWorkspace({
    hub: opened.swarm.hub,
    branch: 'agent-0',
    commit: opened.baseCommit,
    ...more,
    path,
  });
  return path;
};

const rootNames = async (): Promise<string[]> => (await readdir(opened.swarm.root)).toSorted();

describe('a workspace', () => {
  test('is a clean checkout on a branch of its own', async () => {
    const path = await create();
    expect(await git(path, 'status', '--porcelain=v1', '--branch')).toBe('## agent-0');
    expect(await git(path, 'rev-parse', 'HEAD')).toBe(opened.baseCommit);
    expect(await readFile(join(path, 'docs/ä b.md'), 'utf8')).toBe('c\n');
    await git(path, 'fsck', '--strict');
  });

  test('holds no object, no remote and no hook', async () => {
    const path = await create();
    expect(await git(path, 'count-objects')).toBe('0 objects, 0 kilobytes');
    expect(await git(path, 'remote')).toBe('');
    expect(await readdir(join(path, '.git'))).not.toContain('hooks');
    await expect(git(path, 'push')).rejects.toThrow(/No configured push destination/);
  });

  test('takes commits without reaching the hub', async () => {
    const path = await create();
    const before = await opened.inHub('count-objects');
    await writeFiles(path, { new: 'x\n' });
    await git(path, 'add', '-A');
    await git(path, 'commit', '-qm', 'More');
    expect(await opened.inHub('count-objects')).toBe(before);
    expect(await opened.inHub('for-each-ref', '--format=%(refname:short)')).toBe('main\nresult');
  });

  test('that is there is left alone', async () => {
    const path = await create();
    await writeFile(join(path, 'mine'), 'x');
    await create();
    expect(await readFile(join(path, 'mine'), 'utf8')).toBe('x');
  });

  test('that a killed try left half made is made anew', async () => {
    const half = join(opened.swarm.root, 'agent-0.making-0123456789ab');
    await writeFiles(half, { '.git/HEAD': 'ref: refs/heads/agent-0\n', 'src/a.ts': 'half' });
    await create();
    expect(await rootNames()).toEqual(['agent-0', 'agents', 'artifacts', 'repo']);
  });

  test('made twice at once is made once', async () => {
    const path = await create();
    await removeWorkspace(path);
    const tries = await Promise.allSettled([create(), create(), create()]);
    expect(tries.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(1);
    expect(await git(path, 'status', '--porcelain=v1')).toBe('');
    await create();
    expect(await rootNames()).toEqual(['agent-0', 'agents', 'artifacts', 'repo']);
  });

  test('can be sparse', async () => {
    const path = await create({ sparse: ['src/deep', 'docs/'] });
    expect((await readdir(path)).toSorted()).toEqual(['.git', 'docs', 'src', 'top']);
    expect((await readdir(join(path, 'src'))).toSorted()).toEqual(['a.ts', 'deep']);
    expect(await git(path, 'status', '--porcelain=v1')).toBe('');
    expect(await git(path, 'sparse-checkout', 'list')).toBe('docs\nsrc/deep');
    await removeWorkspace(path);
    const only = await create({ sparse: ['docs'] });
    expect((await readdir(only)).toSorted()).toEqual(['.git', 'docs', 'top']);
    await expect(create({ sparse: ['../up'], path: `${only}1` })).rejects.toMatchObject({
      type: 'invalidInput',
    });
  });

  test.each(['ü b"c', '#hash', '"quoted', 'line\nbreak', 'co:lon'])(
    'works from a hub below %j',
    async (name) => {
      const home = join(opened.scratch, name);
      await mkdir(home);
      await git(opened.scratch, 'clone', '-q', '--bare', opened.repository, join(home, 'hub'));
      const path = await create({ hub: join(home, 'hub'), path: join(home, 'agent-0') });
      expect(await git(path, 'status', '--porcelain=v1')).toBe('');
    },
  );

  test('of a repository by SHA-256 works like any other', async () => {
    const repository = join(opened.scratch, 'r256');
    await mkdir(repository);
    await git(repository, 'init', '-q', '--object-format=sha256', '-b', 'main');
    await writeFiles(repository, { a: '1\n' });
    await git(repository, 'add', '-A');
    await git(repository, 'commit', '-qm', 'x');
    const path = await create({
      hub: join(repository, '.git'),
      commit: await git(repository, 'rev-parse', 'HEAD'),
    });
    expect(await git(path, 'status', '--porcelain=v1', '--branch')).toBe('## agent-0');
  });
});

describe('files copied from the checkout', () => {
  const copy = (...paths: string[]) => create({ copy: { from: opened.repository, paths } });

  test('arrive with their mode and are not committed by the way', async () => {
    await writeFiles(opened.repository, { '.env': 'A=1\n', 'conf/local [x].json': '{}' });
    await chmod(join(opened.repository, '.env'), 0o600);
    const path = await copy('.env', 'conf/local [x].json', 'missing', 'src/a.ts');
    expect(await readFile(join(path, '.env'), 'utf8')).toBe('A=1\n');
    expect((await lstat(join(path, '.env'))).mode & 0o777).toBe(0o600);
    expect(await git(path, 'status', '--porcelain=v1')).toBe('');
  });

  test.each(['../secret', '/etc/passwd', '.git/config', 'src/.GIT/x', 'a/../../secret', '', 'src'])(
    'never come from %j',
    async (path) => {
      await writeFile(join(opened.scratch, 'secret'), 's');
      await expect(copy(path)).rejects.toMatchObject({ type: 'invalidInput' });
      expect(await rootNames()).toEqual(['agents', 'artifacts', 'repo']);
    },
  );

  test('never come or go through a symbolic link', async () => {
    await writeFile(join(opened.scratch, 'secret'), 's');
    await symlink('../secret', join(opened.repository, 'link'));
    await expect(copy('link')).rejects.toMatchObject({ type: 'invalidInput' });
    await symlink('..', join(opened.repository, 'up'));
    await expect(copy('up/secret')).rejects.toMatchObject({ type: 'invalidInput' });
    // In the tree `out` leads away; in the checkout it is a directory by now.
    await rm(join(opened.repository, 'up'));
    await symlink('../../away', join(opened.repository, 'out'));
    await git(opened.repository, 'add', 'out');
    await git(opened.repository, 'commit', '-qm', 'Link');
    const commit = await git(opened.repository, 'rev-parse', 'HEAD');
    await rm(join(opened.repository, 'out'));
    await writeFiles(opened.repository, { 'out/file': 'x' });
    await mkdir(join(opened.scratch, 'home', 'away'), { recursive: true });
    await expect(
      create({
        hub: join(opened.repository, '.git'),
        commit,
        copy: { from: opened.repository, paths: ['out/file'] },
      }),
    ).rejects.toMatchObject({ type: 'invalidInput' });
  });
});

describe('removing a workspace', () => {
  test('removes links, not what they lead to', async () => {
    const path = await create();
    const kept = join(opened.scratch, 'kept');
    await writeFiles(kept, { file: 'x' });
    await symlink(kept, join(path, 'link'));
    await removeWorkspace(path);
    expect(await rootNames()).toEqual(['agents', 'artifacts', 'repo']);
    await symlink(kept, path);
    await removeWorkspace(path);
    expect(await readdir(kept)).toEqual(['file']);
    expect(await rootNames()).toEqual(['agents', 'artifacts', 'repo']);
  });

  test('copes with directories that may not be written and paths that are too long', async () => {
    const path = await create();
    await chmod(join(path, 'src'), 0o500);
    // Longer than any path that a system call takes.
    const name = 'd'.repeat(200);
    const script = `for i in $(seq 30); do mkdir ${name} && cd ${name} || exit 1; done`;
    await promisify(execFile)('bash', ['-c', script], { cwd: path });
    await removeWorkspace(path);
    expect(await rootNames()).toEqual(['agents', 'artifacts', 'repo']);
  });

  test('can be repeated, also after a kill half-way', async () => {
    const path = await create();
    await writeFiles(`${path}.removing-0123456789ab`, { left: 'x' });
    await removeWorkspace(path);
    await removeWorkspace(path);
    expect(await rootNames()).toEqual(['agents', 'artifacts', 'repo']);
  });
});
