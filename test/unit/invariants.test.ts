// The checker behind all fault tests: it passes a sound swarm and sees each planted violation.
import { spawn } from 'node:child_process';
import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Report } from '../../domain/report/report.ts';
import type { TaskView } from '../../domain/swarm/swarm.ts';
import { NO_USAGE, type Usage } from '../../domain/models/usage.ts';
import { homeAt, swarmDirectory, type SwarmDirectory } from '../../store/home.ts';
import { violations, type Evidence } from '../support/invariants.ts';
import { snapshotRepository } from '../support/invariants/snapshot.ts';
import { LEDGER, ledgerFiles } from '../support/ledger.ts';
import { git, makeRepository, temporaryDirectory, writeFiles } from '../support/repository.ts';

const TASKS = ['one', 'two'] as const;
const USAGE: Usage = { ...NO_USAGE, calls: 2, inputTokens: 100, outputTokens: 10, costUsd: 0.25 };

let root: string;
let repository: string;
let swarm: SwarmDirectory;
let evidence: Evidence;
let report: Report;

const saveReport = (): Promise<void> => writeFile(swarm.reportJson, JSON.stringify(report));

/** Commits `content` as the ledger on top of `parents`. */
const commitLedger = async (content: string, ...parents: string[]): Promise<string> => {
  const scratch = join(root, 'scratch');
  await git(root, 'clone', '-q', '--no-checkout', swarm.hub, scratch);
  await git(scratch, 'read-tree', parents[0]!);
  await writeFile(join(scratch, LEDGER), content);
  await git(scratch, 'add', LEDGER);
  const tree = await git(scratch, 'write-tree');
  const flags = parents.flatMap((parent) => ['-p', parent]);
  const commit = await git(scratch, 'commit-tree', tree, ...flags, '-m', 'work');
  await git(scratch, 'push', '-q', swarm.hub, `${commit}:refs/heads/scratch`);
  await git(swarm.hub, 'update-ref', '-d', 'refs/heads/scratch');
  await rm(scratch, { recursive: true });
  return commit;
};

const withLines = (...tasks: string[]): string =>
  tasks.reduce(
    (text, task) => text.replace(`# ${task}\n`, `# ${task}\ndone ${task}\n`),
    ledgerFiles(TASKS)[LEDGER]!,
  );

const taskView = (id: string, commit: string): TaskView => ({
  id,
  title: id,
  state: 'completed',
  priority: 2,
  dependsOn: [],
  attempts: 1,
  commit,
  landing: 'landed',
  note: '',
  usage: USAGE,
});

const writeAgent = (ordinal: number, taskId: string, commit: string): Promise<void> =>
  writeFiles(join(swarm.agentsDirectory, `agent-${ordinal}`), {
    'spec.json': JSON.stringify({ taskId, marker: `marker-${ordinal}-${root}`, workspace: '' }),
    'result.json': JSON.stringify({ agentId: `agent-${ordinal}`, commit, usage: USAGE }),
  });

/** A swarm of two tasks as it must look at its end, made by hand. */
const soundSwarm = async (): Promise<void> => {
  root = await temporaryDirectory('invariants');
  repository = join(root, 'project');
  const base = await makeRepository(repository, ledgerFiles(TASKS));
  const home = homeAt(join(root, 'home'));
  swarm = swarmDirectory(home, 's1');
  await mkdir(swarm.root, { recursive: true });
  await git(root, 'clone', '-q', '--bare', repository, swarm.hub);
  await git(swarm.hub, 'update-ref', '-d', 'refs/heads/main');
  await git(swarm.hub, 'config', 'core.logAllRefUpdates', 'always');
  await git(swarm.hub, 'update-ref', 'refs/heads/main', base);
  await git(swarm.hub, 'update-ref', 'refs/heads/result', base);
  const before = await snapshotRepository(repository);

  const work = [await commitLedger(withLines('one'), base), await commitLedger(withLines('two'), base)];
  const merges = [await commitLedger(withLines('one'), base, work[0]!)];
  merges.push(await commitLedger(withLines('one', 'two'), merges[0]!, work[1]!));
  for (const [ordinal, taskId] of TASKS.entries()) {
    await git(swarm.hub, 'update-ref', `refs/heads/agent-${ordinal}`, work[ordinal]!, '');
    await writeAgent(ordinal, taskId, work[ordinal]!);
  }
  await git(swarm.hub, 'update-ref', 'refs/heads/result', merges[0]!, base);
  await git(swarm.hub, 'update-ref', 'refs/heads/result', merges[1]!, merges[0]!);
  await git(repository, 'fetch', '-q', swarm.hub, `${merges[1]}:refs/heads/drover/s1`);
  await rm(join(repository, '.git', 'FETCH_HEAD'), { force: true });

  const journal = join(root, 'journal');
  await writeFile(journal, 'agent-0 one\nagent-1 two\n');
  evidence = { home, swarmId: 's1', repository, before, journal, ledger: LEDGER };
  report = {
    swarmId: 's1',
    outcome: 'completed',
    goal: 'fill the ledger',
    repository,
    baseBranch: 'main',
    baseCommit: base,
    result: { branch: 'drover/s1', commit: merges[1]! },
    planVersions: [],
    tasks: TASKS.map((id, ordinal) => taskView(id, work[ordinal]!)),
    landings: TASKS.map((taskId, ordinal) => ({
      taskId,
      commit: work[ordinal]!,
      mergeCommit: merges[ordinal]!,
      reason: '',
    })),
    matrices: [],
    verifications: [],
    decisions: [],
    usage: { ...USAGE, calls: 4, inputTokens: 200, outputTokens: 20, costUsd: 0.5 },
    startedAt: '2026-01-01T00:00:00Z',
    endedAt: '2026-01-01T00:00:01Z',
    warnings: [],
  };
  await saveReport();
};

/** The result branch moved on to `commit`, in the hub, the user's repository and the report. */
const resultMovedTo = async (commit: string): Promise<void> => {
  const old = report.result!.commit;
  await git(swarm.hub, 'update-ref', 'refs/heads/result', commit, old);
  await git(repository, 'fetch', '-q', '--no-write-fetch-head', swarm.hub, `+${commit}:refs/heads/drover/s1`);
  report = { ...report, result: { branch: 'drover/s1', commit } };
  await saveReport();
};

beforeEach(soundSwarm);
afterEach(() => rm(root, { recursive: true, force: true }));

test('a sound swarm has no violations', async () => {
  expect(await violations(evidence)).toEqual([]);
});

describe('the result', () => {
  test('a landed task whose work is not in the result is seen', async () => {
    const stray = await commitLedger('elsewhere\n', report.baseCommit);
    report = { ...report, landings: report.landings.with(1, { ...report.landings[1]!, commit: stray }) };
    await saveReport();
    expect(await violations(evidence)).toContain('the work of two is not in the result');
  });

  test('work that was merged twice is seen', async () => {
    const tip = report.result!.commit;
    const again = await commitLedger(withLines('one', 'two'), tip, report.landings[0]!.commit);
    await resultMovedTo(again);
    const found = await violations(evidence);
    expect(found).toContain('the work of one was merged 2 times');
    expect(found).toContain(`${again} is on the result's first-parent line, but no landing`);
  });

  test('a task that landed twice in the report is seen', async () => {
    report = { ...report, landings: [...report.landings, report.landings[0]!] };
    await saveReport();
    expect(await violations(evidence)).toContain('task one landed more than once');
  });

  test('a line that was written twice is seen, whatever the merge graph says', async () => {
    const tip = report.result!.commit;
    const text = withLines('one', 'two').replace('done one\n', 'done one\ndone one\n');
    const merge = await commitLedger(text, tip, tip);
    await resultMovedTo(merge);
    expect(await violations(evidence)).toContain('the ledger has "done one" 2 times instead of 1');
  });

  test('a refused task whose work is in the result is seen', async () => {
    report = {
      ...report,
      tasks: report.tasks.with(1, { ...report.tasks[1]!, landing: 'skipped' }),
      landings: report.landings.slice(0, 1),
    };
    await saveReport();
    const found = await violations(evidence);
    expect(found).toContain('task two did not land, but its work is in the result');
    expect(found).toContain('the ledger has "done two" 1 times instead of 0');
  });
});

describe('agents', () => {
  test('an agent that started twice is seen', async () => {
    await appendFile(evidence.journal!, 'agent-1 two\n');
    expect(await violations(evidence)).toContain('agent "agent-1 two" was started 2 times');
  });

  test('an agent that nobody knows of is seen', async () => {
    await appendFile(evidence.journal!, 'agent-7 two\n');
    expect(await violations(evidence)).toContain('agent "agent-7 two" was started but has no run directory');
  });

  test("a process that carries an agent's marker is seen", async () => {
    const child = spawn('sleep', ['60'], { env: { DROVER_AGENT_MARKER: `marker-0-${root}` } });
    try {
      await new Promise((resolve) => child.once('spawn', resolve));
      expect(await violations(evidence)).toContain(`process ${child.pid} of agent-0 still runs`);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

describe('refs', () => {
  test('a ref that was overwritten without looking is seen', async () => {
    const log = join(swarm.hub, 'logs/refs/heads/result');
    const entries = (await readFile(log, 'utf8')).trimEnd().split('\n');
    await writeFile(log, `${[entries[0], entries[2]].join('\n')}\n`);
    expect(await violations(evidence)).toContain(
      `ref refs/heads/result of the hub moved from ${report.landings[0]!.mergeCommit}, but held ${report.baseCommit}`,
    );
  });

  test('a ref at a value that nobody recorded is seen', async () => {
    const foreign = await commitLedger('taken over\n', report.baseCommit);
    await git(swarm.hub, 'update-ref', 'refs/heads/agent-0', foreign);
    expect(await violations(evidence)).toContain(
      `ref refs/heads/agent-0 of the hub held ${foreign}, which nobody recorded`,
    );
  });

  test('a ref that nobody knows of is seen', async () => {
    await git(swarm.hub, 'update-ref', 'refs/heads/stray', report.baseCommit);
    expect(await violations(evidence)).toContain('ref refs/heads/stray of the hub is known to nobody');
  });
});

describe('what is left behind', () => {
  test('a workspace is seen', async () => {
    await git(swarm.root, 'clone', '-q', '--shared', '--no-checkout', swarm.hub, 'agent-1');
    const found = await violations(evidence);
    expect(found).toContain('the workspace agent-1 was left');
    expect(found).toContain('the checkout agent-1 was left');
  });

  test('a checkout of a verification is seen', async () => {
    await git(swarm.hub, 'worktree', 'add', '-q', '--detach', join(swarm.verifyDirectory, 'tree'));
    const found = await violations(evidence);
    expect(found).toContain('the checkout verify/tree was left');
    expect(found).toContain('the hub has 1 worktrees left');
  });

  test('a lock file in the hub, and one in the repository of the user, are seen', async () => {
    await writeFile(join(swarm.hub, 'refs/heads/result.lock'), '');
    await writeFile(join(repository, '.git/index.lock'), '');
    const found = await violations(evidence);
    expect(found).toContain(`repo/refs/heads/result.lock was left in ${swarm.root}`);
    expect(found).toContain(`index.lock was left in ${repository}/.git`);
  });
});

describe("the user's repository", () => {
  test('a changed, a new and a lost file are seen', async () => {
    await writeFile(join(repository, 'README.md'), 'changed\n');
    await writeFile(join(repository, 'new.txt'), '');
    await rm(join(repository, LEDGER));
    const found = await violations(evidence);
    expect(found).toContain("file README.md of the user's repository changed");
    expect(found).toContain("file new.txt of the user's repository appeared");
    expect(found).toContain(`file ${LEDGER} of the user's repository is gone`);
  });

  test('a moved HEAD, a moved branch and an extra branch are seen', async () => {
    await writeFile(join(repository, '.git/HEAD'), 'ref: refs/heads/drover/s1\n');
    await git(repository, 'update-ref', 'refs/heads/main', report.result!.commit);
    await git(repository, 'branch', 'extra');
    const found = await violations(evidence);
    expect(found).toContain("file .git/HEAD of the user's repository changed");
    expect(found).toContain("ref refs/heads/main of the user's repository changed");
    expect(found).toContain("ref refs/heads/extra of the user's repository appeared");
  });

  test('a result branch that is missing is seen', async () => {
    await git(repository, 'update-ref', '-d', 'refs/heads/drover/s1');
    expect(await violations(evidence)).toContain("ref refs/heads/drover/s1 of the user's repository is gone");
  });
});

describe('records', () => {
  test('a cost that was counted twice is seen', async () => {
    report = { ...report, usage: { ...report.usage, costUsd: 0.75, calls: 6 } };
    await saveReport();
    expect(await violations(evidence)).toContain(
      'the report counts 6 calls, $0.75, the agents used 4 calls, $0.5',
    );
  });

  test('a decision that was recorded twice is seen', async () => {
    const decision = {
      id: 'd1',
      kind: 'test' as const,
      question: '',
      approveMeans: '',
      rejectMeans: '',
      taskIds: [],
      detail: '',
      openedAt: '',
    };
    report = { ...report, decisions: [decision, decision] };
    await saveReport();
    const found = await violations(evidence);
    expect(found).toContain('decisions are d1 d1, not d1 d2');
    expect(found).toContain('decision d1 has no answer');
  });
});
