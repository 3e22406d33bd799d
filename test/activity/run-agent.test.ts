import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { eventsOf, fetchBundle, openAgentHome, resultOf, type AgentHome } from '../support/agent-home.ts';
import { git } from '../support/repository.ts';

jest.setTimeout(60_000);

let home: AgentHome;
beforeEach(async () => {
  home = await openAgentHome({ name: 'dröver läuft' });
});
afterEach(async () => {
  expect(await home.close()).toEqual([]);
});

const show = async (path: string, agent: Parameters<typeof fetchBundle>[1]): Promise<string> =>
  git(home.swarm.hub, 'show', `${await fetchBundle(home, agent)}:${path}`);

describe('the work of an agent', () => {
  test('is committed when the agent never commits, untracked files included', async () => {
    const { agent, report } = await home.run(
      'echo new > "fürs Büro.txt"; echo more >> README.md; rm src/sub.js',
    );
    expect(report).toMatchObject({ outcome: 'completed', changed: true });
    const tip = await fetchBundle(home, agent);
    expect((await resultOf(agent)).commit).toBe(tip);
    expect(
      await git(home.swarm.hub, '-c', 'core.quotePath=false', 'diff', '--name-status', home.base, tip),
    ).toBe('M\tREADME.md\nA\tfürs Büro.txt\nD\tsrc/sub.js');
    expect(await git(home.swarm.hub, 'log', '-1', '--format=%an|%s|%P', tip)).toBe(
      `Drover|Add a file|${home.base}`,
    );
    expect(
      await git(home.swarm.hub, 'log', '-1', '--format=%(trailers:key=Drover-Task,valueonly)', tip),
    ).toBe('task-1');
  });

  test('is taken as it is when the agent commits itself, on another branch, with more on top', async () => {
    const { agent, report } = await home.run(
      'git checkout -q -b elsewhere; echo 1 > one; git add one; git commit -qm mine; echo 2 > two',
    );
    expect(report.outcome).toBe('completed');
    const tip = await fetchBundle(home, agent);
    expect(await git(home.swarm.hub, 'log', '--format=%s', `${home.base}..${tip}`)).toBe('Add a file\nmine');
    expect(await show('two', agent)).toBe('2');
  });

  test('is found when the agent committed it and went back to where it started', async () => {
    const { agent, report } = await home.run(
      `echo 1 > one; git add one; git commit -qm mine; git checkout -q --detach ${home.base}`,
    );
    expect(report.outcome).toBe('completed');
    expect(await show('one', agent)).toBe('1');
  });

  test('goes on top of the base when the agent threw the history away', async () => {
    const { agent, report } = await home.run(
      'git checkout -q --orphan fresh; echo 1 > one; git add -A; git commit -qm root; rm -f .git/refs/heads/agent-0',
    );
    expect(report.outcome).toBe('completed');
    const tip = await fetchBundle(home, agent);
    expect(await git(home.swarm.hub, 'log', '-1', '--format=%P', tip)).toBe(home.base);
    expect(await show('one', agent)).toBe('1');
  });

  test.each([
    ['a lock on the index', 'touch .git/index.lock; echo 1 > one'],
    ['a broken index', 'echo junk > .git/index; echo 1 > one'],
    ['no index', 'rm .git/index; echo 1 > one'],
    ['no repository', 'rm -rf .git; echo 1 > one'],
    ['a broken HEAD', 'echo nonsense > .git/HEAD; echo 1 > one'],
    [
      'a filter that hangs',
      'git config filter.x.clean "sleep 1000"; echo "* filter=x" > .gitattributes; echo 1 > one',
    ],
    ['a configuration that git refuses', 'echo "[core" > .git/config; echo 1 > one'],
  ])('is kept when the agent leaves %s', async (_what, command) => {
    const { agent, report } = await home.run(command);
    expect(report.outcome).toBe('completed');
    expect(await show('one', agent)).toBe('1');
  });

  test('is kept whole when the agent makes repositories inside its workspace', async () => {
    const { agent, report } = await home.run(`
      mkdir -p empty/deep full
      (cd empty && git init -q && echo 1 > deep/one)
      (cd full && git init -q && echo 2 > two && git add two && git -c user.name=a -c user.email=a@b commit -qm x)
    `);
    expect(report.outcome).toBe('completed');
    expect(await show('empty/deep/one', agent)).toBe('1');
    expect(await show('full/two', agent)).toBe('2');
  });

  test('leaves out what is ignored and what the set-up made, also for an agent that adds everything', async () => {
    const { agent, report } = await home.run(
      'test -f node_modules/dep && echo 1 > one && git add -A && git commit -qm all && echo 2 > two',
      {
        setup: [
          { name: 'install', run: 'mkdir node_modules; echo x > node_modules/dep', timeoutSeconds: 10 },
        ],
      },
    );
    expect(report.outcome).toBe('completed');
    const tip = await fetchBundle(home, agent);
    expect(await git(home.swarm.hub, 'diff', '--name-only', home.base, tip)).toBe('one\ntwo');
  });

  test('takes in what the acceptance command fixes, not what it leaves lying about', async () => {
    const { agent, report } = await home.run('echo "1  " > one', {
      acceptance: 'echo 1 > one; echo junk > coverage.txt',
    });
    expect(report.outcome).toBe('completed');
    expect(await show('one', agent)).toBe('1');
    expect(await git(home.swarm.hub, 'diff', '--name-only', home.base, await fetchBundle(home, agent))).toBe(
      'one',
    );
  });

  test('in a sparse checkout leaves alone what was not checked out, and may add files there', async () => {
    const { agent, report } = await home.run(
      'test ! -e src && mkdir -p src && echo 1 > src/new.js && echo more >> README.md',
      { sparse: ['docs'] },
    );
    expect(report.outcome).toBe('completed');
    const tip = await fetchBundle(home, agent);
    expect(await git(home.swarm.hub, 'diff', '--name-status', home.base, tip)).toBe(
      'M\tREADME.md\nA\tsrc/new.js',
    );
  });

  test('does not touch a submodule that nobody checked out', async () => {
    await git(home.repository, 'update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},vendor/lib`);
    await git(home.repository, 'commit', '-qm', 'with a submodule');
    const base = await git(home.repository, 'rev-parse', 'HEAD');
    await git(home.swarm.hub, 'fetch', '-q', home.repository, `+${base}:refs/heads/main`);
    const { agent, report } = await home.run('echo 1 > one', { baseCommit: base });
    expect(report.outcome).toBe('completed');
    expect(await git(home.swarm.hub, 'diff', '--name-status', base, await fetchBundle(home, agent))).toBe(
      'A\tone',
    );
  });

  test('as a resolved conflict is a merge of both sides', async () => {
    const theirs = await git(
      home.repository,
      'commit-tree',
      '-p',
      home.base,
      '-m',
      'theirs',
      `${home.base}^{tree}`,
    );
    await git(home.swarm.hub, 'fetch', '-q', home.repository, `+${theirs}:refs/heads/theirs`);
    const { agent, report } = await home.run('echo resolved > README.md', { mergeParent: theirs });
    expect(report.outcome).toBe('completed');
    expect(await git(home.swarm.hub, 'log', '-1', '--format=%P', await fetchBundle(home, agent))).toBe(
      `${home.base} ${theirs}`,
    );
  });
});

describe('an attempt that is not accepted has a clear outcome', () => {
  test.each([
    ['no_changes', 'true', {}],
    ['completed', 'true', { allowEmpty: true }],
    ['failed', 'echo broken; exit 3', {}],
    ['failed', '', {}],
    ['failed', 'rm -rf .git * .??*', {}],
    ['failed', 'rm -rf "$PWD"', {}],
    ['failed', 'here="$PWD"; cd ..; rm -rf "$here"; ln -s /etc "$here"', {}],
    ['failed', 'true', { executor: 'no-such-executor' }],
    ['rejected_by_acceptance', 'echo 1 > one', { acceptance: 'echo not good; false' }],
    ['setup_failed', 'echo 1 > one', { setup: [{ name: 'x', run: 'exit 9', timeoutSeconds: 5 }] }],
    ['setup_failed', 'echo 1 > one', { setup: [{ name: 'x', run: 'sleep 30', timeoutSeconds: 0.3 }] }],
  ] as const)('%s: %j %j', async (outcome, command, changes) => {
    const { agent, report } = await home.run(command, changes);
    expect(report).toMatchObject({ outcome, changed: false });
    expect((await resultOf(agent)).outcome).toBe(outcome);
  });

  test('a failure says what was printed last, and keeps the work for people', async () => {
    const { agent, report } = await home.run('echo 1 > one; echo the reason >&2; exit 3');
    expect(report.summary).toBe('The command ended with code 3.\nthe reason');
    expect(await resultOf(agent)).toMatchObject({ exitCode: 3, bundle: 'work.bundle' });
    expect(await show('one', agent)).toBe('1');
  });

  test('conflict markers that are left in a file', async () => {
    const { report } = await home.run(
      'printf "<<<<<<< ours\\n1\\n=======\\n2\\n>>>>>>> theirs\\n" > README.md; touch .git/MERGE_HEAD',
    );
    expect(report).toMatchObject({ outcome: 'failed', summary: 'Conflict markers are left in README.md' });
  });
});

describe('what an agent sees', () => {
  test('is its task, in variables and on standard input', async () => {
    const { agent } = await home.run('cat > task.json; env > env.txt', {
      previous: [{ agentId: 'agent-9', outcome: 'timeout', reason: 'too slow' }],
      files: ['src/add.js'],
      env: { FROM_SETTINGS: 'yes' },
    });
    const task = JSON.parse(await show('task.json', agent)) as Record<string, unknown>;
    expect(task).toMatchObject({ task: 'task-1', goal: 'Make it better', title: 'Add a file', attempt: 1 });
    const env = await show('env.txt', agent);
    expect(env.split('\n')).toEqual(
      expect.arrayContaining([
        'DROVER_TASK=task-1',
        'DROVER_AGENT=agent-0',
        'DROVER_PREVIOUS_FAILURE=timeout: too slow',
        'DROVER_FILES=src/add.js',
        'FROM_SETTINGS=yes',
        `AGENT_WORKTREE_PATH=${agent.spec.workspace}`,
        `DROVER_AGENT_MARKER=${agent.marker}`,
      ]),
    );
  });

  test('never holds a key: not in its environment, the spec, nor the environment or arguments of the runner', async () => {
    const { agent } = await home.run(
      'tr "\\0" "\\n" < /proc/$PPID/environ > parent; tr "\\0" " " < /proc/$PPID/cmdline >> parent; env >> parent',
    );
    const seen = await show('parent', agent);
    expect(seen).toContain('spec.json');
    expect(seen).not.toContain('canary');
    expect(await readFile(agent.directory.spec, 'utf8')).not.toContain('canary');
    expect(await readFile(agent.directory.log, 'utf8')).not.toContain('canary');
  });

  test('is a temporary directory of its own, removed at the end', async () => {
    const { agent } = await home.run('echo "$TMPDIR" > where; echo x > "$TMPDIR/file"');
    expect(await show('where', agent)).toBe(join(agent.directory.root, 'tmp'));
    await expect(stat(join(agent.directory.root, 'tmp'))).rejects.toThrow('ENOENT');
  });

  test('are ports that no other agent has', async () => {
    const command = 'echo "$DROVER_PORT_0 $DROVER_PORT_1 $PORT" > ports; sleep 2';
    const runs = await Promise.all(
      Array.from({ length: 6 }, () => home.prepare(command, { ports: 2 })).map(async (prepared) => {
        const agent = await prepared;
        await home.start(agent).report;
        return (await show('ports', agent)).split(' ');
      }),
    );
    for (const [first, , port] of runs) expect(port).toBe(first);
    expect(new Set(runs.flatMap((ports) => ports.slice(0, 2))).size).toBe(12);
  });
});

test('what an agent prints is in its log, line by line and by stream', async () => {
  const { agent } = await home.run('echo one; echo two >&2; printf "no\\0nul"; touch x');
  const output = (await eventsOf(agent)).filter((event) => event.kind === 'output');
  expect(output).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ stream: 'stdout', text: 'one' }),
      expect.objectContaining({ stream: 'stderr', text: 'two' }),
      expect.objectContaining({ stream: 'stdout', text: 'nonul' }),
    ]),
  );
  expect((await eventsOf(agent)).filter((event) => event.kind === 'phase')).toMatchObject([
    { phase: 'working' },
    { phase: 'committing' },
    { phase: 'ended' },
  ]);
});
