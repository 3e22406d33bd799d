/**
 * An agent may write what it likes into its workspace, and, as the same user, beyond it. Whatever git would run
 * for it, it must not run in Drover. Each plant is shown to be alive first: git, used the plain way, runs it.
 */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { access, chmod, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createIntegrationActivities } from '../../activities/git/integration.ts';
import { git, writeFiles } from '../support/repository.ts';
import { bundleWork, commitWork, openTestSwarm, type OpenedTestSwarm } from '../support/opened-swarm.ts';

const LINES = Array.from({ length: 20 }, (_, index) => `line ${index}\n`).join('');

let opened: OpenedTestSwarm;
let canary: string;
/** A program that leaves the canary. */
let program: string;

beforeEach(async () => {
  opened = await openTestSwarm({ 'f.txt': LINES, 'other.txt': 'x\n' });
  canary = join(opened.scratch, 'canary');
  program = join(opened.scratch, 'program');
  await writeFile(program, `#!/bin/sh\ntouch '${canary}'\nexit 0\n`);
  await chmod(program, 0o755);
});

afterEach(() => opened.remove());

const sang = (): Promise<boolean> =>
  access(canary).then(
    () => true,
    () => false,
  );

/** The plain use of git that would run the plant. It may fail; the canary is what counts. */
const expectAlive = async (use: () => Promise<unknown>): Promise<void> => {
  await use().catch(() => undefined);
  expect(await sang()).toBe(true);
  await rm(canary);
};

const finished = async (ordinal: number, files: Readonly<Record<string, string>>): Promise<string> => {
  await opened.prepare(ordinal);
  await writeFiles(opened.agent(ordinal).workspace, files);
  const commit = await commitWork(opened.agent(ordinal));
  await bundleWork(opened.agent(ordinal), opened.baseCommit);
  return commit;
};

/** Everything that Drover does with two finished branches, and with a task that builds on both. */
const expectHarmless = async (commits: readonly string[]): Promise<void> => {
  const train = createIntegrationActivities({ home: opened.home });
  for (const [ordinal, commit] of commits.entries())
    expect(await opened.handOver(ordinal)).toEqual({ kind: 'accepted', commit });
  const tips = commits.map((commit, index) => ({ taskId: `t${index}`, commit, priority: 2, dependsOn: [] }));
  const merged = await train.mergeBranches({
    swarmId: 's1',
    tip: opened.baseCommit,
    branches: tips,
    landed: [],
  });
  expect(merged.merged).toHaveLength(1);
  expect(merged.conflicts).toHaveLength(1);
  await train.advanceTrain({ swarmId: 's1', from: opened.baseCommit, to: merged.tip });
  const [conflict] = merged.conflicts;
  await opened.prepare(5, {
    taskId: conflict?.taskId ?? '',
    fix: {
      kind: 'conflict',
      taskId: conflict?.taskId ?? '',
      commit: conflict?.commit ?? '',
      onto: merged.tip,
      paths: conflict?.paths ?? [],
      withTasks: [],
    },
  });
  await opened.prepare(6, {
    dependencies: [{ taskId: 't0', title: '', commit: commits[0] ?? '', summary: '' }],
  });
  await train.deliver({ swarmId: 's1', repository: opened.repository, commit: merged.tip });
  await opened.workspaces.discardAgent({ swarmId: 's1', agentId: 'agent-5' });
  expect(await sang()).toBe(false);
  expect(await git(opened.repository, 'rev-parse', 'drover/s1')).toBe(merged.tip);
};

interface Plant {
  readonly name: string;
  readonly plant: (workspace: string) => Promise<void>;
  readonly use: (workspace: string) => Promise<unknown>;
}

const configure = (workspace: string, key: string, value: string): Promise<string> =>
  git(workspace, 'config', key, value);
const status = (workspace: string): Promise<string> => git(workspace, 'status');
const hook = async (directory: string, name: string): Promise<void> => {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, name), `#!/bin/sh\ntouch '${canary}'\n`);
  await chmod(join(directory, name), 0o755);
};
const HOOKS = [
  'post-checkout',
  'post-commit',
  'reference-transaction',
  'pre-push',
  'post-rewrite',
  'post-index-change',
];
const hooks = async (directory: string): Promise<void> => {
  for (const name of HOOKS) await hook(directory, name);
};
const commitNothing = (workspace: string): Promise<string> =>
  git(workspace, 'commit', '--allow-empty', '-m', 'x');
const evilGit = async (): Promise<string> => {
  const directory = join(opened.scratch, 'evil');
  await git(opened.scratch, 'clone', '-q', opened.repository, directory);
  await configure(directory, 'core.fsmonitor', program);
  await hooks(join(directory, '.git', 'hooks'));
  return join(directory, '.git');
};

const PLANTS: readonly Plant[] = [
  {
    name: 'core.fsmonitor',
    plant: async (at) => void (await configure(at, 'core.fsmonitor', program)),
    use: status,
  },
  {
    name: 'core.hooksPath',
    plant: async (at) => {
      await hooks(join(opened.scratch, 'hooks'));
      await configure(at, 'core.hooksPath', join(opened.scratch, 'hooks'));
    },
    use: commitNothing,
  },
  { name: 'hooks', plant: (at) => hooks(join(at, '.git', 'hooks')), use: commitNothing },
  {
    name: 'an included configuration',
    plant: async (at) => {
      await writeFile(join(opened.scratch, 'more'), `[core]\n\tfsmonitor = ${program}\n`);
      await configure(at, 'include.path', join(opened.scratch, 'more'));
    },
    use: status,
  },
  {
    name: 'filters for files of the tree',
    plant: async (at) => {
      await configure(at, 'filter.evil.clean', program);
      await configure(at, 'filter.evil.smudge', program);
      await configure(at, 'filter.evil.process', program);
    },
    use: async (at) => {
      await rm(join(at, 'f.txt'));
      return git(at, 'checkout', '--', 'f.txt');
    },
  },
  {
    name: 'a merge driver for files of the tree',
    plant: async (at) => {
      await configure(at, 'merge.evil.driver', `${program} %O %A %B`);
      await writeFile(join(at, '.git/info/attributes'), '* merge=evil\n');
    },
    use: async (at) => {
      await git(at, 'checkout', '-q', '-b', 'side', 'HEAD~1');
      await writeFiles(at, { 'f.txt': 'something else\n' });
      await git(at, 'commit', '-qam', 'Side');
      return git(at, 'merge', 'agent-0');
    },
  },
  {
    name: 'a diff driver and a text converter for files of the tree',
    plant: async (at) => {
      await configure(at, 'diff.evil.command', program);
      await configure(at, 'diff.evil.textconv', program);
    },
    use: (at) => git(at, 'diff', 'HEAD~1', 'HEAD'),
  },
  {
    name: 'core.sshCommand',
    plant: async (at) => {
      await configure(at, 'core.sshCommand', program);
      await configure(at, 'remote.origin.url', 'ssh://nobody@localhost/x');
    },
    use: (at) => git(at, 'fetch', 'origin'),
  },
  {
    name: 'a promisor remote with an upload-pack of its own',
    plant: async (at) => {
      await configure(at, 'core.repositoryFormatVersion', '1');
      await configure(at, 'extensions.partialClone', 'origin');
      await configure(at, 'remote.origin.url', opened.repository);
      await configure(at, 'remote.origin.promisor', 'true');
      await configure(at, 'remote.origin.uploadpack', program);
    },
    use: (at) => git(at, 'cat-file', '-p', '1'.repeat(40)),
  },
  {
    name: 'a common directory elsewhere',
    plant: async (at) => writeFile(join(at, '.git', 'commondir'), await evilGit()),
    use: status,
  },
  {
    name: 'a file in place of .git',
    plant: async (at) => {
      const evil = await evilGit();
      await rm(join(at, '.git'), { recursive: true });
      await writeFile(join(at, '.git'), `gitdir: ${evil}\n`);
    },
    use: status,
  },
  {
    name: 'a link in place of .git',
    plant: async (at) => {
      const evil = await evilGit();
      await rm(join(at, '.git'), { recursive: true });
      await symlink(evil, join(at, '.git'));
    },
    use: status,
  },
  {
    name: 'a link in place of the workspace',
    plant: async (at) => {
      const evil = await evilGit();
      await rename(at, `${at}-away`);
      await symlink(join(evil, '..'), at);
    },
    use: status,
  },
  {
    name: 'alternates with a command that lists their refs',
    plant: async (at) => {
      await writeFile(join(at, '.git/objects/info/alternates'), `${join(await evilGit(), 'objects')}\n`, {
        flag: 'a',
      });
      await configure(at, 'core.alternateRefsCommand', program);
      await configure(at, 'core.fsmonitor', program);
    },
    use: status,
  },
];

describe('planted in a workspace, never run by Drover:', () => {
  test.each(PLANTS)('$name', async ({ plant, use }) => {
    const attributes = '* filter=evil merge=evil diff=evil\n';
    const commits = [
      await finished(0, { 'f.txt': LINES.replace('line 3', 'first'), '.gitattributes': attributes }),
      await finished(1, { 'f.txt': LINES.replace('line 3', 'second'), '.gitattributes': attributes }),
    ];
    const { workspace } = opened.agent(0);
    await plant(workspace);
    await expectAlive(() => use(workspace));
    await expectHarmless(commits);
  });
});

describe('planted in the hub by an agent of the same user, never run by Drover:', () => {
  const HUB_PLANTS: readonly (Plant & { readonly gone: string })[] = [
    {
      name: 'hooks',
      plant: (hub) => hooks(join(hub, 'hooks')),
      use: (hub) => git(hub, 'update-ref', 'refs/heads/x', 'main'),
      gone: 'hooks',
    },
    {
      name: 'a configuration with hooks, drivers and filters',
      plant: async (hub) => {
        await hooks(join(opened.scratch, 'hooks'));
        await configure(hub, 'core.hooksPath', join(opened.scratch, 'hooks'));
        await configure(hub, 'merge.evil.driver', program);
        await configure(hub, 'core.alternateRefsCommand', program);
        await mkdir(join(hub, 'info'), { recursive: true });
        await writeFile(join(hub, 'info/attributes'), '* merge=evil\n');
      },
      use: (hub) => git(hub, 'update-ref', 'refs/heads/x', 'main'),
      gone: 'info/attributes',
    },
    {
      name: 'a merge driver',
      plant: async (hub) => {
        await configure(hub, 'merge.evil.driver', program);
        await mkdir(join(hub, 'info'), { recursive: true });
        await writeFile(join(hub, 'info/attributes'), '* merge=evil\n');
      },
      use: async (hub) => {
        const tree = async (text: string): Promise<string> => {
          await writeFile(join(opened.scratch, 'blob'), text);
          const blob = await git(hub, 'hash-object', '-w', join(opened.scratch, 'blob'));
          await writeFile(join(opened.scratch, 'tree'), `100644 blob ${blob}\tf.txt\n`);
          const list = `!git mktree <'${join(opened.scratch, 'tree')}'`;
          const made = await git(hub, '-c', `alias.made=${list}`, 'made');
          return git(hub, 'commit-tree', '-p', 'main', '-m', 'x', made);
        };
        return git(hub, 'merge-tree', '--write-tree', await tree('one\n'), await tree('two\n'));
      },
      gone: 'info/attributes',
    },
  ];

  test.each(HUB_PLANTS)('$name', async ({ plant, use, gone }) => {
    const { hub } = opened.swarm;
    const commits = [
      await finished(0, { 'f.txt': LINES.replace('line 3', 'first') }),
      await finished(1, { 'f.txt': LINES.replace('line 3', 'second') }),
    ];
    await plant(hub);
    await expectAlive(() => use(hub));
    await git(hub, 'update-ref', '-d', 'refs/heads/x');
    await rm(canary, { force: true });
    await expectHarmless(commits);
    await expect(access(join(hub, gone))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await readFile(join(hub, 'config'), 'utf8')).not.toContain('evil');
  });
});

describe("the user's own repository and environment", () => {
  test('hooks do not run when the result is delivered', async () => {
    const commits = [
      await finished(0, { 'f.txt': LINES.replace('line 3', 'first') }),
      await finished(1, { 'f.txt': LINES.replace('line 3', 'second') }),
    ];
    for (const name of [
      'pre-receive',
      'update',
      'post-receive',
      'post-update',
      'reference-transaction',
      'push-to-checkout',
    ])
      await hook(join(opened.repository, '.git/hooks'), name);
    await expectAlive(() => git(opened.repository, 'update-ref', 'refs/heads/x', 'main'));
    await git(opened.repository, '-c', 'core.hooksPath=/dev/null', 'update-ref', '-d', 'refs/heads/x');
    await expectHarmless(commits);
  });

  test('variables that direct git elsewhere are not passed on', async () => {
    const before = { ...process.env };
    try {
      process.env.GIT_DIR = join(opened.scratch, 'nowhere');
      process.env.GIT_EXTERNAL_DIFF = program;
      process.env.GIT_SSH_COMMAND = program;
      process.env.GIT_CONFIG_COUNT = '1';
      process.env.GIT_CONFIG_KEY_0 = 'core.fsmonitor';
      process.env.GIT_CONFIG_VALUE_0 = program;
      expect(await opened.prepare(0)).toMatchObject({ kind: 'ready' });
    } finally {
      for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    }
    expect(await sang()).toBe(false);
  });
});
