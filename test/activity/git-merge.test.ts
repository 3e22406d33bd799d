import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { chmod, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createIntegrationActivities } from '../../activities/git/integration.ts';
import type { BranchTip, MergeMatrix, PairFacts } from '../../domain/train/integration.ts';
import { getArtifact } from '../../store/artifacts.ts';
import { homeAt, swarmDirectory } from '../../store/home.ts';
import { git, makeRepository, temporaryDirectory, writeFiles } from '../support/repository.ts';

const SWARM = 'merge-test';

let root: string;
let work: string;
let base: string;

const home = (): ReturnType<typeof homeAt> => homeAt(join(root, 'home'));
const swarm = (): ReturnType<typeof swarmDirectory> => swarmDirectory(home(), SWARM);
const activities = (): ReturnType<typeof createIntegrationActivities> =>
  createIntegrationActivities({ home: home() });

/** A branch made in an ordinary checkout, then pushed into the hub. */
const branch = async (
  taskId: string,
  change: () => Promise<unknown>,
  options: { readonly from?: string; readonly dependsOn?: readonly string[] } = {},
): Promise<BranchTip> => {
  await git(work, 'checkout', '-q', '-B', taskId, options.from ?? base);
  await change();
  await git(work, 'add', '-A');
  await git(work, 'commit', '-q', '--allow-empty', '-m', taskId);
  await git(work, 'push', '-q', swarm().hub, `HEAD:refs/heads/${taskId}`);
  return {
    taskId,
    commit: await git(work, 'rev-parse', 'HEAD'),
    priority: 2,
    dependsOn: options.dependsOn ?? [],
  };
};

const write = (path: string, text: string) => (): Promise<unknown> => writeFiles(work, { [path]: text });

const merge = (branches: readonly BranchTip[], tip = base, landed: readonly BranchTip[] = []) =>
  activities().mergeBranches({ swarmId: SWARM, tip, branches, landed });

const pairOf = async (key: string, a: string, b: string): Promise<PairFacts | undefined> =>
  (await getArtifact<MergeMatrix>(swarm(), key)).pairs.find(
    (pair) => [pair.a, pair.b].includes(a) && [pair.a, pair.b].includes(b),
  );

const LINES = Array.from({ length: 30 }, (_, index) => `line ${index + 1}`);
const withLine = (number: number, text: string): string =>
  LINES.map((line, index) => (index + 1 === number ? text : line)).join('\n') + '\n';

beforeEach(async () => {
  root = await temporaryDirectory('drover-merge');
  work = join(root, 'user repository ä');
  base = await makeRepository(work, {
    'shared.txt': `${LINES.join('\n')}\n`,
    'lib/one.js': 'one\n',
    'lib/two.js': 'two\n',
    'data.bin': 'a\0b\0c',
  });
  await mkdir(swarm().root, { recursive: true });
  await git(root, 'clone', '-q', '--bare', work, swarm().hub);
  await git(swarm().hub, 'update-ref', 'refs/heads/result', base);
});

afterEach(async () => {
  await chmod(join(work, '.git', 'refs', 'heads'), 0o755).catch(() => undefined);
  await rm(root, { recursive: true, force: true });
});

describe('merging in the hub', () => {
  test('branches that touch different places of one file all land, with the overlap recorded', async () => {
    const a = await branch('a', write('shared.txt', withLine(2, 'from a')));
    const b = await branch('b', write('shared.txt', withLine(20, 'from b')));
    const c = await branch('c', write('c.txt', 'c\n'));
    const result = await merge([a, b, c]);
    expect(result.conflicts).toEqual([]);
    expect(result.merged.map((one) => one.taskId)).toEqual(['c', 'a', 'b']);
    const text = await git(swarm().hub, 'show', `${result.tip}:shared.txt`);
    expect(text).toContain('from a');
    expect(text).toContain('from b');
    expect(await pairOf(result.matrixKey, 'a', 'b')).toMatchObject({
      sharedPaths: ['shared.txt'],
      overlappingHunks: 0,
      conflictPaths: [],
    });
    expect(await pairOf(result.matrixKey, 'a', 'c')).toBeUndefined();
  });

  test('a conflict is a result, not a failure, and names paths and partners', async () => {
    const a = await branch('a', write('shared.txt', withLine(5, 'a was here')));
    const b = await branch('b', write('shared.txt', withLine(5, 'b was here')));
    const result = await merge([a, b]);
    expect(result.merged.map((one) => one.taskId)).toEqual(['a']);
    expect(result.conflicts).toEqual([
      { taskId: 'b', commit: b.commit, paths: ['shared.txt'], withTasks: ['a'], after: 1 },
    ]);
    expect(await pairOf(result.matrixKey, 'a', 'b')).toMatchObject({
      overlappingHunks: 1,
      conflictPaths: ['shared.txt'],
    });
  });

  test('a conflict with what landed before names the landed task', async () => {
    const a = await branch('a', write('shared.txt', withLine(5, 'a was here')));
    const first = await merge([a]);
    const b = await branch('b', write('shared.txt', withLine(5, 'b was here')));
    const second = await merge([b], first.tip, [a]);
    expect(second.tip).toBe(first.tip);
    expect(second.conflicts[0]?.withTasks).toEqual(['a']);
  });

  test('merges are the commits that git would make of the same words', async () => {
    const { tip, merged } = await merge([await branch('a', write('ä.txt', 'a\n'))]);
    await git(swarm().hub, 'fsck', '--strict', '--no-dangling');
    expect(merged).toHaveLength(1);
    const [tree = '', date = '', parents = ''] = (
      await git(swarm().hub, 'show', '-s', '--format=%T%n%ct%n%P', tip)
    ).split('\n');
    const when = `@${date} +0000`;
    const { stdout } = await promisify(execFile)(
      'git',
      [
        'commit-tree',
        tree,
        ...parents.split(' ').flatMap((parent) => ['-p', parent]),
        '-m',
        'Merge task a: a',
      ],
      {
        cwd: swarm().hub,
        env: {
          ...process.env,
          GIT_AUTHOR_NAME: 'Drover',
          GIT_AUTHOR_EMAIL: 'drover@localhost',
          GIT_AUTHOR_DATE: when,
          GIT_COMMITTER_NAME: 'Drover',
          GIT_COMMITTER_EMAIL: 'drover@localhost',
          GIT_COMMITTER_DATE: when,
        },
      },
    );
    expect(stdout.trim()).toBe(tip);
  });

  test('merging again gives the same commits', async () => {
    const branches = [
      await branch('a', write('a.txt', 'a\n')),
      await branch('b', write('b.txt', 'b\n')),
      await branch('c', write('shared.txt', withLine(1, 'c'))),
    ];
    const first = await merge(branches);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(await merge(branches.toReversed())).toEqual(first);
  });

  test('a branch that the train already contains is merged without a further commit', async () => {
    const a = await branch('a', write('a.txt', 'a\n'));
    const first = await merge([a]);
    const again = await merge([a], first.tip);
    expect(again.tip).toBe(first.tip);
    expect(again.merged.map((one) => one.mergeCommit)).toEqual([first.tip]);
  });

  test('what builds on a branch in conflict waits with it, though it would merge', async () => {
    const first = await branch('first', write('shared.txt', withLine(5, 'first')));
    const { tip } = await merge([first]);
    const second = await branch('second', write('shared.txt', withLine(5, 'second')));
    const third = await branch('third', write('shared.txt', `${LINES.join('\n')}\nmore\n`), {
      from: second.commit,
      dependsOn: ['second'],
    });
    const result = await merge([second, third], tip, [first]);
    expect(result.merged).toEqual([]);
    expect(result.conflicts).toEqual([
      { taskId: 'second', commit: second.commit, paths: ['shared.txt'], withTasks: ['first'], after: 0 },
      { taskId: 'third', commit: third.commit, paths: [], withTasks: ['second'], after: 0 },
    ]);
  });

  test('hunks that touch are tried, hunks a line apart are not in conflict, as git has it', async () => {
    const insert = (before: number): string =>
      LINES.toSpliced(before, 0, `inserted at ${before}`).join('\n') + '\n';
    const edits: readonly (readonly [string, string])[] = [
      ['line-10', withLine(10, 'ten')],
      ['line-11', withLine(11, 'eleven')],
      ['line-12', withLine(12, 'twelve')],
      ['before-10', insert(9)],
      ['after-10', insert(10)],
      ['after-11', insert(11)],
      ['gone', LINES.toSpliced(8, 3).join('\n') + '\n'],
    ];
    const branches: BranchTip[] = [];
    for (const [name, text] of edits) branches.push(await branch(name, write('shared.txt', text)));
    const { matrixKey } = await merge(branches);
    for (const [index, a] of branches.entries())
      for (const b of branches.slice(index + 1)) {
        const clean = await git(swarm().hub, 'merge-tree', '--write-tree', a.commit, b.commit).then(
          () => true,
          () => false,
        );
        const facts = await pairOf(matrixKey, a.taskId, b.taskId);
        expect([a.taskId, b.taskId, facts?.conflictPaths]).toEqual([
          a.taskId,
          b.taskId,
          clean ? [] : ['shared.txt'],
        ]);
      }
  });

  test('what merges with each of the others but not with all of them makes way for what it blocked', async () => {
    const numbered = (name: string, replaced: Readonly<Record<number, string>>): string =>
      Array.from({ length: 20 }, (_, at) => `${replaced[at + 1] ?? `${name} line ${at + 1}`}\n`).join('');
    await branch('start', () =>
      writeFiles(work, { 'moved.txt': numbered('moved', {}), 'other.txt': numbered('other', {}) }),
    );
    base = await git(work, 'rev-parse', 'HEAD');
    const rewritten = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [at + 1, `new ${at + 1}`]));
    const block = Object.fromEntries(Array.from({ length: 11 }, (_, at) => [at + 5, `block ${at}`]));
    const blocking = (line: number) => () =>
      writeFiles(work, {
        'moved.txt': numbered('moved', { [line]: 'edited' }),
        'other.txt': numbered('other', block),
      });
    const branches = [
      // Moved as it is, and hardly the same file any more: together, the move is not seen as one.
      await branch('a-moves', () => rename(join(work, 'moved.txt'), join(work, 'elsewhere.txt'))),
      await branch('b-rewrites', write('moved.txt', numbered('moved', rewritten))),
      await branch('x1', blocking(16)),
      await branch('x2', blocking(18)),
      await branch('x3', blocking(20)),
      await branch('y1', write('other.txt', numbered('other', { 7: 'y', 8: 'y', 9: 'y', 10: 'y', 11: 'y' }))),
      await branch('y2', write('other.txt', numbered('other', { 7: 'two' }))),
      await branch('y3', write('other.txt', numbered('other', { 11: 'three' }))),
    ];
    const result = await merge(branches);
    expect(result.merged.map(({ taskId }) => taskId).toSorted()).toEqual([
      'a-moves',
      'b-rewrites',
      'y2',
      'y3',
    ]);
  });

  test('a branch on top of another lands after it', async () => {
    const a = await branch('zz-first', write('a.txt', 'a\n'));
    const b = await branch('aa-second', write('a.txt', 'a\nb\n'), {
      from: a.commit,
      dependsOn: ['zz-first'],
    });
    const result = await merge([b, a]);
    expect(result.merged.map((one) => one.taskId)).toEqual(['zz-first', 'aa-second']);
    expect(await git(swarm().hub, 'show', `${result.tip}:a.txt`)).toBe('a\nb');
  });

  test('a rename against an edit merges; a file against a directory of its name conflicts', async () => {
    const renamed = await branch('renamed', () => rename(join(work, 'lib/one.js'), join(work, 'lib/uno.js')));
    const edited = await branch('edited', write('lib/one.js', 'one\nmore\n'));
    const both = await merge([renamed, edited]);
    expect(both.conflicts).toEqual([]);
    expect(await git(swarm().hub, 'show', `${both.tip}:lib/uno.js`)).toBe('one\nmore');

    const file = await branch('file', write('place', 'a file\n'));
    const directory = await branch('directory', write('place/inside.txt', 'a directory\n'));
    const clash = await merge([file, directory]);
    expect(clash.conflicts).toHaveLength(1);
    expect(await pairOf(clash.matrixKey, 'file', 'directory')).toMatchObject({
      conflictPaths: [expect.stringContaining('place')],
    });
  });

  test('a moved directory that another branch adds to is seen before merging', async () => {
    const moved = await branch('moved', () => rename(join(work, 'lib'), join(work, 'source')));
    const added = await branch('added', write('lib/three.js', 'three\n'));
    const result = await merge([moved, added]);
    const pair = await pairOf(result.matrixKey, 'moved', 'added');
    expect(pair).toBeDefined();
    expect(result.conflicts).toHaveLength(pair?.conflictPaths.length === 0 ? 0 : 1);
  });

  test('binaries, deletions, links, modes and names of any alphabet are merged or reported', async () => {
    const branches = [
      await branch('binary', write('data.bin', 'a\0X\0c')),
      await branch('binary-too', write('data.bin', 'a\0Y\0c')),
      await branch('gone', () => rm(join(work, 'lib'), { recursive: true })),
      await branch('edited', write('lib/two.js', 'two!\n')),
      await branch('linked', async () => {
        await rm(join(work, 'lib/one.js'));
        await symlink('two.js', join(work, 'lib/one.js'));
      }),
      await branch('mode', () => chmod(join(work, 'shared.txt'), 0o755)),
      await branch('names', () => writeFile(join(work, 'naïve "quoted"\tname 日本.txt'), 'x\n')),
    ];
    const result = await merge(branches);
    expect([...result.merged, ...result.conflicts].map((one) => one.taskId).toSorted()).toEqual(
      branches.map((one) => one.taskId).toSorted(),
    );
    const files = await git(
      swarm().hub,
      '-c',
      'core.quotePath=false',
      'ls-tree',
      '-r',
      '-z',
      '--name-only',
      result.tip,
    );
    expect(files).toContain('naïve "quoted"\tname 日本.txt');
    expect(await pairOf(result.matrixKey, 'binary', 'binary-too')).toMatchObject({
      conflictPaths: ['data.bin'],
    });
    const facts = (await getArtifact<MergeMatrix>(swarm(), result.matrixKey)).branches;
    expect(facts.find((one) => one.taskId === 'names')).toMatchObject({
      files: 1,
      insertions: 1,
      deletions: 0,
    });
  });

  test('content that looks like a header does not count as one', async () => {
    const trap = `diff --git a/x b/x\n@@ -1,5 +1,5 @@\n${'0'.repeat(40)}\n`;
    const a = await branch('a', write('trap.txt', trap));
    const result = await merge([a]);
    expect((await getArtifact<MergeMatrix>(swarm(), result.matrixKey)).branches).toEqual([
      { taskId: 'a', commit: a.commit, files: 1, insertions: 3, deletions: 0 },
    ]);
  });
});

describe('the train', () => {
  test('moves by compare-and-swap only, and repeating a move is harmless', async () => {
    const a = await branch('a', write('a.txt', 'a\n'));
    const { tip } = await merge([a]);
    await activities().advanceTrain({ swarmId: SWARM, from: base, to: tip });
    await activities().advanceTrain({ swarmId: SWARM, from: base, to: tip });
    expect(await git(swarm().hub, 'rev-parse', 'refs/heads/result')).toBe(tip);
    await expect(
      activities().advanceTrain({ swarmId: SWARM, from: base, to: a.commit }),
    ).rejects.toMatchObject({
      type: 'superseded',
    });
    expect(await git(swarm().hub, 'rev-parse', 'refs/heads/result')).toBe(tip);
  });
});

describe('delivery', () => {
  const deliver = (commit: string) => activities().deliver({ swarmId: SWARM, repository: work, commit });

  test('adds one branch and touches neither checkout nor HEAD nor hooks', async () => {
    const a = await branch('a', write('a.txt', 'a\n'));
    const { tip } = await merge([a]);
    await git(work, 'checkout', '-q', 'main');
    await writeFiles(work, { 'dirty.txt': 'mine\n' });
    const hook = '#!/bin/sh\ntouch "$(dirname "$0")/../hook-ran"\n';
    for (const name of ['pre-receive', 'update', 'post-receive', 'reference-transaction'])
      await writeFile(join(work, '.git', 'hooks', name), hook, { mode: 0o755 });
    const before = await git(work, 'status', '--porcelain');
    expect(await deliver(tip)).toEqual({ branch: `drover/${SWARM}` });
    expect(await deliver(tip)).toEqual({ branch: `drover/${SWARM}` });
    expect(await git(work, 'rev-parse', `drover/${SWARM}`)).toBe(tip);
    expect(await git(work, 'status', '--porcelain')).toBe(before);
    expect(await git(work, 'symbolic-ref', 'HEAD')).toBe('refs/heads/main');
    await expect(writeFile(join(work, '.git', 'hook-ran'), '', { flag: 'wx' })).resolves.toBeUndefined();
  });

  test('refuses to replace a branch that holds other work', async () => {
    await branch('other', write('other.txt', 'x\n'));
    await git(work, 'branch', `drover/${SWARM}`);
    const a = await branch('a', write('a.txt', 'a\n'));
    const { tip } = await merge([a]);
    await expect(deliver(tip)).rejects.toMatchObject({ type: 'repositoryUnusable' });
    expect(await git(work, 'rev-parse', `drover/${SWARM}`)).not.toBe(tip);
  });

  test('moves its own earlier result forward', async () => {
    const a = await branch('a', write('a.txt', 'a\n'));
    const b = await branch('b', write('b.txt', 'b\n'));
    const first = await merge([a]);
    await deliver(first.tip);
    const second = await merge([b], first.tip);
    await deliver(second.tip);
    expect(await git(work, 'rev-parse', `drover/${SWARM}`)).toBe(second.tip);
  });

  test('into a shallow clone works as well', async () => {
    const shallow = join(root, 'shallow');
    await writeFiles(work, { 'later.txt': 'later\n' });
    await git(work, 'checkout', '-q', 'main');
    await git(work, 'add', '-A');
    await git(work, 'commit', '-q', '-m', 'later');
    await git(root, 'clone', '-q', '--depth=1', `file://${work}`, shallow);
    await rm(swarm().hub, { recursive: true });
    await git(root, 'clone', '-q', '--bare', shallow, swarm().hub);
    base = await git(shallow, 'rev-parse', 'HEAD');
    work = shallow;
    await git(work, 'config', 'user.name', 'x');
    await git(work, 'config', 'user.email', 'x@example.org');
    const a = await branch('a', write('a.txt', 'a\n'));
    const { tip } = await merge([a]);
    await deliver(tip);
    expect(await git(shallow, 'rev-parse', `drover/${SWARM}`)).toBe(tip);
  });

  test.each(['with spaces', 'ünïcödé', '-dash', 'line\nbreak', "quote' $(id)", 'co:lon'])(
    'works for a repository at %j',
    async (name) => {
      const a = await branch('a', write('a.txt', 'a\n'));
      const { tip } = await merge([a]);
      const moved = join(root, name);
      await git(work, 'checkout', '-q', 'main');
      await rename(work, moved);
      work = moved;
      await deliver(tip);
      expect(await git(moved, 'rev-parse', `drover/${SWARM}`)).toBe(tip);
    },
  );

  test.each([
    ['a branch that is checked out', ['checkout', '-q', '-b', `drover/${SWARM}`], /is checked out/],
    ['a branch named drover in the way', ['branch', 'drover'], /no room for a branch/],
  ] as const)('says what is wrong: %s', async (_, command, message) => {
    const a = await branch('a', write('a.txt', 'a\n'));
    const { tip } = await merge([a]);
    await git(work, 'checkout', '-q', 'main');
    await git(work, ...command);
    await expect(deliver(tip)).rejects.toThrow(message);
    expect(await git(work, 'log', '--oneline', '--all', '--format=%H')).not.toContain(tip);
  });

  test('says so when the repository is gone or cannot be written', async () => {
    const a = await branch('a', write('a.txt', 'a\n'));
    const { tip } = await merge([a]);
    // As root every directory can be written; a file in place of one cannot.
    await rename(join(work, '.git/objects'), join(work, '.git/away'));
    await writeFile(join(work, '.git/objects'), '');
    await expect(deliver(tip)).rejects.toMatchObject({ type: 'repositoryUnusable' });
    await rm(work, { recursive: true });
    await expect(deliver(tip)).rejects.toMatchObject({ type: 'repositoryUnusable' });
    expect(await git(swarm().hub, 'cat-file', '-t', tip)).toBe('commit');
  });
});
