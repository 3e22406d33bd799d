import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeDemoRepository } from '../../cli/demo/repository.ts';
import { SCRIPTED_PLAN } from '../../cli/demo/script/planner.ts';
import { startScriptedModel, type ScriptedModel } from '../../cli/demo/scripted-model.ts';
import type { AgentSpec, FixRequest } from '../../domain/agents/agent.ts';
import { homeAt } from '../../store/home.ts';
import { apiExecutor } from '../../workers/executors/api/loop.ts';
import type { ExecutorOutcome } from '../../workers/executors/executor.ts';
import { executorContext } from '../support/executor-context.ts';
import { git, temporaryDirectory } from '../support/repository.ts';

interface PlannedTask {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly dependsOn: readonly string[];
}
const TASKS = SCRIPTED_PLAN.tasks as unknown as readonly PlannedTask[];

let directory: string;
let repository: string;
let model: ScriptedModel;
const outcomes = new Map<string, ExecutorOutcome>();

const clone = async (name: string, from: string): Promise<string> => {
  const path = join(directory, name);
  await git(directory, 'clone', '-q', '-b', from, repository, path);
  await git(path, 'checkout', '-q', '-b', name);
  return path;
};

const agent = async (workspace: string, spec: Partial<AgentSpec>): Promise<ExecutorOutcome> => {
  const { context } = await executorContext({
    workspace,
    modelAccess: { apiKey: 'scripted', baseUrl: model.url },
    spec,
  });
  return await apiExecutor.run(context);
};

const commit = async (workspace: string, name: string): Promise<void> => {
  await git(workspace, 'add', '-A');
  await git(workspace, 'commit', '-q', '-m', name);
  await git(workspace, 'push', '-q', 'origin', `HEAD:refs/heads/${name}`);
};

const tests = async (workspace: string): Promise<{ ok: boolean; output: string }> =>
  await promisify(execFile)('node', ['--test'], { cwd: workspace, env: { PATH: process.env['PATH'] } }).then(
    ({ stdout }) => ({ ok: true, output: stdout }),
    (error: { stdout: string }) => ({ ok: false, output: error.stdout }),
  );

/** @returns the paths in conflict */
const merge = async (workspace: string, ...branches: readonly string[]): Promise<readonly string[]> => {
  for (const branch of branches)
    await git(workspace, 'merge', '-q', '--no-edit', `origin/${branch}`).catch(() => undefined);
  const conflicts = await git(workspace, 'diff', '--name-only', '--diff-filter=U');
  return conflicts.split('\n').filter((line) => line !== '');
};

const runTask = async (task: PlannedTask): Promise<void> => {
  const workspace = await clone(task.id, 'main');
  await merge(workspace, ...task.dependsOn);
  outcomes.set(
    task.id,
    await agent(workspace, { taskId: task.id, title: task.title, description: task.description }),
  );
  await commit(workspace, task.id);
};

const fix = async (workspace: string, taskId: string, request: FixRequest): Promise<ExecutorOutcome> => {
  const task = TASKS.find(({ id }) => id === taskId)!;
  return await agent(workspace, { taskId, title: task.title, description: task.description, fix: request });
};

beforeAll(async () => {
  directory = await temporaryDirectory('drover-demo');
  repository = await makeDemoRepository(homeAt(directory), process.env);
  model = await startScriptedModel();
  await Promise.all(TASKS.filter((task) => task.dependsOn.length === 0).map(runTask));
  for (const task of TASKS.filter(({ dependsOn }) => dependsOn.length > 0)) await runTask(task);
}, 120_000);
afterAll(async () => {
  await model?.close();
  await rm(directory, { recursive: true, force: true });
});

describe("the demo's repository", () => {
  test('has passing tests and a clean checkout', async () => {
    expect(await tests(repository)).toMatchObject({ ok: true, output: expect.stringContaining('pass 18') });
    expect(await git(repository, 'status', '--porcelain')).toBe('');
  });

  test('is made anew for each demo', async () => {
    const other = await makeDemoRepository(homeAt(directory), process.env);
    expect(other).not.toBe(repository);
  });
});

describe("the demo's agents, with scripted answers", () => {
  test.each(TASKS.map(({ id }) => id))('%s is done, with its tests, on its own', async (id) => {
    expect(outcomes.get(id)).toMatchObject({ outcome: 'completed' });
    expect(outcomes.get(id)!.usage.costUsd).toBeGreaterThan(0);
    expect((await tests(join(directory, id))).ok).toBe(true);
    const changed = await git(join(directory, id), 'diff', '--name-only', 'origin/main', 'HEAD');
    expect(changed.trim().split('\n').length).toBeGreaterThanOrEqual(2);
  });

  test('two of them change the same file and merge cleanly', async () => {
    const workspace = await clone('merge-clean', 'slugify');
    expect(await merge(workspace, 'truncate-words')).toEqual([]);
    expect((await tests(workspace)).ok).toBe(true);
  });

  test('two of them conflict, and the fixing agent keeps both sides', async () => {
    const workspace = await clone('merge-conflict', 'duration');
    expect(await merge(workspace, 'join-list')).toEqual(['src/index.js']);
    const outcome = await fix(workspace, 'join-list', {
      kind: 'conflict',
      taskId: 'join-list',
      commit: '',
      onto: '',
      paths: ['src/index.js'],
      withTasks: ['duration'],
    });
    expect(outcome).toMatchObject({ outcome: 'completed', summary: expect.stringContaining('Resolved') });
    expect((await tests(workspace)).ok).toBe(true);
    expect(await readFile(join(workspace, 'src/index.js'), 'utf8')).toMatch(/duration\.js[\s\S]*list\.js/);
  });

  test('two of them merge cleanly but break a test, and the fixing agent repairs the code', async () => {
    const workspace = await clone('merge-red', 'decimal-units');
    expect(await merge(workspace, 'file-summary')).toEqual([]);
    const red = await tests(workspace);
    expect(red.ok).toBe(false);
    const before = await git(workspace, 'rev-parse', 'HEAD:test');
    const outcome = await fix(workspace, 'file-summary', {
      kind: 'test',
      onto: '',
      command: 'node --test',
      output: red.output.slice(-4000),
      taskIds: ['file-summary'],
    });
    expect(outcome.outcome).toBe('completed');
    expect((await tests(workspace)).ok).toBe(true);
    await commit(workspace, 'merge-red-fixed');
    expect(await git(workspace, 'rev-parse', 'HEAD:test')).toBe(before);
  });

  test('a task that the script does not know fails at once and says why', async () => {
    const workspace = await clone('unknown', 'main');
    expect(await agent(workspace, { taskId: 'no-such-task' })).toMatchObject({
      outcome: 'failed',
      summary: expect.stringContaining('no script for this task'),
    });
  });
});
