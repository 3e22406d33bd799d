/** Trees that would mislead a later checkout are refused at hand-over, with the reason, before they get a branch. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { git } from '../support/repository.ts';
import { bundleWork, openTestSwarm, type OpenedTestSwarm } from '../support/opened-swarm.ts';

let opened: OpenedTestSwarm;

beforeEach(async () => {
  opened = await openTestSwarm({ 'dir/a': '1\n', b: '2\n' });
  await opened.prepare(0);
});

afterEach(() => opened.remove());

/** Runs git with `input`, by the only way that the test's git takes: a file. */
const feed = async (input: string, ...args: readonly string[]): Promise<string> => {
  const file = join(opened.scratch, 'input');
  await writeFile(file, input);
  const words = args.map((arg) => `'${arg}'`).join(' ');
  return git(opened.agent(0).workspace, '-c', `alias.feed=!git ${words} <'${file}'`, 'feed');
};

const blob = (content: string): Promise<string> => feed(content, 'hash-object', '-w', '--stdin');
const tree = (...entries: readonly (readonly [mode: string, oid: string, name: string])[]): Promise<string> =>
  feed(
    entries
      .map(
        ([mode, oid, name]) =>
          `${mode} ${mode === '040000' ? 'tree' : mode === '160000' ? 'commit' : 'blob'} ${oid}\t${name}\0`,
      )
      .join(''),
    'mktree',
    '-z',
    '--missing',
  );

/** Hands over a commit with this tree on top of the base. */
const handOverTree = async (oid: string) => {
  const { workspace } = opened.agent(0);
  const commit = await git(workspace, 'commit-tree', '-p', opened.baseCommit, '-m', 'Hostile', oid);
  await git(workspace, 'update-ref', 'refs/heads/agent-0', commit);
  await bundleWork(opened.agent(0), opened.baseCommit);
  return opened.handOver(0);
};

const expectRefused = async (oid: string, reason: RegExp): Promise<void> => {
  expect(await handOverTree(oid)).toEqual({ kind: 'refused', reason: expect.stringMatching(reason) });
  expect(await opened.inHub('for-each-ref', '--format=%(refname:short)')).toBe('main\nresult');
};

describe('paths into a git directory', () => {
  test.each([
    '.git',
    '.GIT',
    '.Git',
    'git~1',
    'GIT~1',
    '.git ',
    '.git.',
    '.git...',
    '.g\u200cit',
    '.git::$INDEX_ALLOCATION',
  ])('are refused: %j', async (name) => {
    const inner = await tree(['100644', await blob('[core]\n\tfsmonitor = evil\n'), 'config']);
    await expectRefused(await tree(['040000', inner, name]), /git refused its objects|into a git directory/);
    await expectRefused(
      await tree(['040000', await tree(['100644', await blob('x'), name]), 'sub']),
      /git refused its objects|into a git directory/,
    );
  });

  test.each(['..', '.', 'a/b'])('and names that are no names: %j', async (name) => {
    // Only the raw writer makes such a tree.
    const oid = Buffer.from(await blob('x'), 'hex').toString('latin1');
    const file = join(opened.scratch, 'raw');
    await writeFile(file, Buffer.from(`100644 ${name}\0${oid}`, 'latin1'));
    const made = await git(opened.agent(0).workspace, 'hash-object', '-t', 'tree', '-w', '--literally', file);
    await expectRefused(made, /git refused its objects/);
  });
});

describe('symbolic links that lead out of the tree', () => {
  test.each([
    ['/etc/passwd', 'link'],
    ['..', 'link'],
    ['../outside', 'link'],
    ['a/../../outside', 'link'],
    ['./../x', 'link'],
    ['.git/config', 'link'],
    ['.GIT/hooks', 'link'],
    ['..\\outside', 'link'],
  ])('are refused: %j', async (target, name) => {
    await expectRefused(await tree(['120000', await blob(target), name]), /symbolic link that leads out/);
  });

  test('are refused in a directory when they climb above the root', async () => {
    const inner = await tree(['120000', await blob('../../x'), 'link']);
    await expectRefused(await tree(['040000', inner, 'dir']), /symbolic link that leads out/);
  });

  test('are refused as a chain, each of which looks harmless', async () => {
    const deep = await tree(['120000', await blob('../..'), 'root']);
    const middle = await tree(['040000', deep, 'two']);
    await expectRefused(
      await tree(['120000', await blob('one/two/root/../../outside'), 'chain'], ['040000', middle, 'one']),
      /symbolic link that leads out/,
    );
  });

  test('inside the tree are fine', async () => {
    const inner = await tree(['120000', await blob('../b'), 'link'], ['120000', await blob('deeper/x'), 'y']);
    const oid = await tree(['100644', await blob('2\n'), 'b'], ['040000', inner, 'dir']);
    expect(await handOverTree(oid)).toMatchObject({ kind: 'accepted' });
  });
});

describe('submodules', () => {
  test('that the base did not have are refused', async () => {
    await expectRefused(
      await tree(['160000', '1'.repeat(40), 'sub']),
      /repository inside the repository: sub/,
    );
  });

  test('described by a link in place of .gitmodules are refused', async () => {
    await expectRefused(
      await tree(['120000', await blob('b'), '.gitmodules'], ['100644', await blob('2\n'), 'b']),
      /git refused its objects.*gitmodules/i,
    );
  });

  test.each([
    '[submodule "x"]\n\tpath = x\n\turl = --upload-pack=evil\n',
    '[submodule "x"]\n\tpath = -evil\n\turl = https://example.org/x\n',
    '[submodule "../../x"]\n\tpath = x\n\turl = https://example.org/x\n',
    '[submodule "x"]\n\tpath = x\n\turl = https://example.org/x\n\tupdate = !evil\n',
  ])('described in a hostile way are refused: %j', async (text) => {
    await expectRefused(
      await tree(['100644', await blob(text), '.gitmodules']),
      /git refused its objects.*gitmodules/i,
    );
  });
});

test('an object of the wrong kind, or none, is no branch', async () => {
  const { workspace } = opened.agent(0);
  await git(workspace, 'tag', '-a', '-m', 'x', 'mark');
  const tag = await git(workspace, 'rev-parse', 'mark');
  const file = join(workspace, '.git/refs/heads/agent-0');
  await writeFile(file, `${tag}\n`);
  await bundleWork(opened.agent(0), opened.baseCommit).catch(() => undefined);
  expect(await opened.handOver(0)).toMatchObject({ kind: 'refused' });
  expect(await readdir(opened.swarm.root)).toContain('agent-0');
});
