// Repositories, plans and agents as nobody wishes for them, through what a person meets: the CLI and its exit code.
// What is refused before anything starts is in cli-errors.test.ts.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { homeAt } from '../../store/home.ts';
import { json, runCli, type CliEnvironment } from '../support/cli.ts';
import {
  detached,
  inPhase,
  openStage,
  statusOf,
  untilStatus,
  writePlan,
  type CliStage,
} from '../support/cli-swarm.ts';
import { snapshotRepository } from '../support/invariants/snapshot.ts';
import { git, makeRepository } from '../support/repository.ts';
import { mayMount, mountSmallDisk, unmount } from '../support/small-disk.ts';

let stage: CliStage;
beforeAll(async () => {
  stage = await openStage();
}, 300_000);
afterAll(() => stage?.close(), 120_000);

/** What is left out or has failed is known beforehand: nobody is asked. */
const SKIP = ['task', 'build', 'test', 'conflict'].map((kind) => `--gate=${kind}=skip`);

const runToTheEnd = async (here: CliEnvironment, plan: string, ...more: readonly string[]) => {
  const run = await runCli(here, 'run', '--plan', plan, '--executor', 'command', '--yes', ...more);
  return { ...run, swarmId: /^swarm {3}(\S+)$/m.exec(run.stdout)?.[1] ?? 'none' };
};

/** Tests are repeated on a busy machine: each try has a place of its own. */
let places = 0;
const place = (name: string): string => join(stage.directory, `${++places}`, name);

describe('a repository', () => {
  test('that is shallow, detached, dirty, with submodules and LFS, under a strange path: told, used, left as it was', async () => {
    const origin = place('origin');
    await makeRepository(join(origin, '..', 'sub'), { s: '1\n' });
    await makeRepository(origin, {
      'a.txt': '1\n',
      'b.txt': '1\n',
      '.gitattributes': '*.psd filter=lfs diff=lfs merge=lfs -text\n',
      'art.psd': 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n',
    });
    await git(origin, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', '../sub', 'sub');
    await git(origin, 'commit', '-qam', 'Submodule');
    const repository = join(origin, '..', "Répo – with ' späce 工");
    await git(join(origin, '..'), 'clone', '-q', '--depth=1', `file://${origin}`, repository);
    const head = await git(repository, 'rev-parse', 'HEAD');
    await git(repository, 'checkout', '-q', '--detach');
    await git(repository, 'branch', '-qD', 'main');
    await appendFile(join(repository, 'a.txt'), 'not committed\n');
    await writeFile(join(repository, 'staged.txt'), 'staged\n');
    await git(repository, 'add', 'staged.txt');
    await writeFile(join(repository, 'b.txt.orig'), 'not known to git\n');
    const before = await snapshotRepository(repository);

    const here = { home: stage.services.home, cwd: repository };
    const plan = await writePlan(here, [{ id: 'one', command: 'cat a.txt > "ünï 1.txt"' }]);
    const { code, stdout, swarmId } = await runToTheEnd(here, plan, '--test', 'test -f "ünï 1.txt"');
    expect(code).toBe(0);
    for (const told of [
      /! .*shallow clone/,
      /! .*1 submodule/,
      /! .*Git LFS/,
      /! .*uncommitted changes .*a\.txt/,
    ])
      expect(stdout).toMatch(told);
    const branch = `drover/${swarmId}`;
    expect(await git(repository, 'show', `${branch}:ünï 1.txt`)).toBe('1');
    expect(await git(repository, 'merge-base', branch, 'HEAD')).toBe(head);
    const after = await snapshotRepository(repository);
    expect(after.files).toEqual(before.files);
    expect([...after.refs.keys()].filter((ref) => !before.refs.has(ref))).toEqual([`refs/heads/${branch}`]);
  });

  test('of 50,000 files is told to be large, and worked on like any other', async () => {
    const repository = place('large');
    await mkdir(repository, { recursive: true });
    await git(repository, 'init', '-q', '-b', 'main');
    const blob = await git(repository, 'hash-object', '-w', '/dev/null');
    const index = `${repository}.index`;
    const entries = Array.from({ length: 50_000 }, (_, n) => `100644 ${blob}\td${n % 100}/f${n}\n`);
    await writeFile(index, entries.join(''));
    await git(repository, 'config', 'alias.load', `!git update-index --index-info <"${index}"`);
    await git(repository, 'load');
    const tree = await git(repository, 'write-tree');
    await git(repository, 'update-ref', 'HEAD', await git(repository, 'commit-tree', '-m', 'Many', tree));
    await git(repository, 'checkout', '-q', '-f');
    const here = { home: stage.services.home, cwd: repository };
    const plan = await writePlan(here, [{ id: 'one', command: 'echo 1 > d1/f1; rm d2/f2' }]);
    const { code, stdout, swarmId } = await runToTheEnd(here, plan);
    expect(code).toBe(0);
    expect(stdout).toMatch(/! .*50000 files/);
    expect(await git(repository, 'diff', '--name-status', 'main', `drover/${swarmId}`)).toBe(
      'M\td1/f1\nD\td2/f2',
    );
    expect(await git(repository, 'status', '--porcelain')).toBe('');
  });
});

test('a plan of 1,000 tasks is shown, approved and cancelled like any other', async () => {
  const here = await stage.repository();
  const tasks = Array.from({ length: 1_000 }, (_, n) => ({ id: `t${n}`, command: 'sleep 60' }));
  const swarmId = await detached(here, '--plan', await writePlan(here, tasks), '--parallel', '1');
  await untilStatus(here, swarmId, inPhase('awaiting_approval'));
  expect((await runCli(here, 'plan', swarmId)).stdout).toContain('t999');
  expect(await runCli(here, 'approve', swarmId)).toMatchObject({ code: 0 });
  await untilStatus(here, swarmId, ({ view }) => view.counts.in_progress === 1);
  expect(await runCli(here, 'cancel', swarmId)).toMatchObject({ code: 0 });
  const { view } = await untilStatus(here, swarmId, inPhase('cancelled'));
  expect(view.counts.cancelled + view.counts.skipped).toBe(1_000);
});

describe('agents that do harm or nothing', () => {
  test('have an outcome of their own each; the work of the others lands', async () => {
    const here = await stage.repository();
    const plan = await writePlan(here, [
      { id: 'honest', command: 'echo honest > honest.txt' },
      { id: 'writes-nothing', command: 'true', retries: 0 },
      { id: 'only-says-so', command: 'echo "Done! All tests pass."; exit 0', retries: 0 },
      { id: 'deletes-the-files', command: 'git rm -rq . && git commit -qm "Tidy up"', retries: 0 },
      { id: 'deletes-what-is-tested', command: 'rm README.md', retries: 0 },
      { id: 'deletes-its-workspace', command: 'rm -rf "$PWD"', retries: 0 },
      { id: 'prints-100-mb', command: 'yes | head -c 100000000; echo 1 > printed.txt', retries: 0 },
      { id: 'never-ends', command: 'while :; do sleep 1; done', retries: 0, timeout: 5 },
    ]);
    const { code, swarmId } = await runToTheEnd(here, plan, ...SKIP, '--test', 'test -f README.md');
    expect(code).toBe(0);
    const { tasks } = await statusOf(here, swarmId);
    const ends = Object.fromEntries(
      tasks.map(({ id, state, landing, note }) => [id, `${state} ${landing ?? '–'} ${note}`]),
    );
    expect(ends).toEqual({
      honest: expect.stringMatching(/^completed landed/),
      'writes-nothing': expect.stringMatching(/^failed skipped .*without changing a file/),
      'only-says-so': expect.stringMatching(/^failed skipped .*without changing a file/),
      'deletes-the-files': expect.stringMatching(/^failed skipped .*deleted every file/),
      'deletes-what-is-tested': expect.stringMatching(/^completed skipped/),
      'deletes-its-workspace': expect.stringMatching(/^failed skipped .*deleted every file/),
      'prints-100-mb': expect.stringMatching(/^completed landed/),
      'never-ends': expect.stringMatching(/^timeout skipped .*its limit of 5 s/),
    });
    const files = await git(here.cwd, 'ls-tree', '-r', '--name-only', `drover/${swarmId}`);
    expect(files.split('\n')).toEqual(['README.md', 'honest.txt', 'printed.txt', 'src/a.txt', 'src/b.txt']);
    expect(await git(here.cwd, 'status', '--porcelain')).toBe('');
  });

  (mayMount ? test : test.skip)(
    'one that fills the disk of all is ended, and the others go on (needs the right to mount)',
    async () => {
      const here = await stage.repository();
      const disk = homeAt(here.home).runsDirectory;
      expect(mountSmallDisk(disk, '64m')).toBe(true);
      try {
        const plan = await writePlan(here, [
          { id: 'before', command: 'echo 1 > before.txt' },
          {
            id: 'hog',
            command: 'cat /dev/zero > big; cat /dev/zero > big2; sleep 600',
            dependsOn: ['before'],
            retries: 0,
          },
          { id: 'after', command: 'echo 1 > after.txt', dependsOn: ['before'] },
        ]);
        const config = `${here.cwd}.drover.yml`;
        await writeFile(config, 'workspace: { freeDisk: 1MB }\n');
        const { code, swarmId } = await runToTheEnd(
          here,
          plan,
          ...SKIP,
          '--parallel',
          '1',
          '--config',
          config,
        );
        expect(code).toBe(0);
        const task = await json<{ state: string; note: string }>(here, 'task', swarmId, 'hog');
        expect(task).toMatchObject({ state: 'failed', note: expect.stringMatching(/No space left|disk/i) });
        const files = await git(here.cwd, 'ls-tree', '--name-only', `drover/${swarmId}`);
        expect(files.split('\n')).toEqual(['README.md', 'after.txt', 'before.txt', 'src']);
      } finally {
        unmount(disk);
      }
    },
  );
});
