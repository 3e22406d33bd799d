// An agent in a pod has the token of its runner, so it can say what the runner would. What it gains by that is nothing:
// real gateway, real host server, real git.
import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { readResult } from '../../activities/agents/run-files.ts';
import { reportTaker } from '../../activities/kubernetes/take-reports.ts';
import { createVerifyActivities } from '../../activities/verify/activities.ts';
import { callbackHandler } from '../../api/callback/handler.ts';
import type { VerifyResult } from '../../domain/train/integration.ts';
import { serveHost, type HostServer } from '../../workers/host-server/serve.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { openTestSwarm, task, type OpenedTestSwarm } from '../support/opened-swarm.ts';
import { git, writeFiles } from '../support/repository.ts';

const run = promisify(execFile);

let opened: OpenedTestSwarm;
let gateway: TestGateway;
let host: HostServer;
let token: string;
beforeEach(async () => {
  opened = await openTestSwarm(
    { a: '1\n' },
    {
      settings: { launcher: 'kubernetes' },
      tasks: [task('t0', { acceptance: 'test -f asked.txt' }), task('t1')],
    },
  );
  await opened.prepare(0);
  await opened.prepare(1);
  gateway = await startGateway('http://127.0.0.1:9', {
    serve: {
      routes: {
        '/api/callback': (request, response) => callbackHandler(gateway.store.db)(request, response),
      },
    },
  });
  ({ token } = await gateway.agent({ swarmId: 's1', agentId: 'agent-0' }));
  host = await serveHost(
    { home: opened.home, db: gateway.store.db, onError: () => undefined },
    { host: '127.0.0.1', port: 0 },
  );
});
afterEach(async () => {
  await host.close();
  await gateway.close();
  await opened.remove();
});

const says = async (data: object, about: object = {}): Promise<number> => {
  const answer = await fetch(`${gateway.url}/api/callback`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...about, messages: [{ sequence: 1, kind: 'result', data }] }),
  });
  await answer.text();
  return answer.status;
};

const forged = (commit: string, agentId = 'agent-0'): object => ({
  version: 1,
  agentId,
  outcome: 'completed',
  summary: 'All tests are green.',
  commit,
  bundle: '../../agents/agent-1/work.bundle',
  usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, calls: 0, costUsd: 0 },
});

/** As the worker does when it watches the agent. */
const taken = async (ordinal: number) => {
  const owner = { swarmId: 's1', agentId: `agent-${ordinal}` };
  await reportTaker(gateway.store.db, opened.agent(ordinal), owner)();
  return readResult(opened.agent(ordinal));
};

/** A repository of the agent's own; what it pushes is what it likes. */
const pushes = async (ref: string, parent?: string): Promise<string> => {
  const work = join(opened.scratch, 'work');
  await mkdir(work, { recursive: true });
  const withToken = ['-c', `http.extraHeader=Authorization: Bearer ${token}`];
  await git(work, 'init', '-q');
  if (parent !== undefined) {
    await run('git', [...withToken, 'fetch', '-q', `${host.url}/git`, parent], { cwd: work });
    await git(work, 'reset', '-q', '--hard', parent);
  }
  await writeFiles(work, { 'b.txt': 'b\n' });
  await git(work, 'add', '-A');
  await git(work, 'commit', '-q', '-m', 'Work');
  await run('git', [...withToken, 'push', '-q', `${host.url}/git`, `HEAD:${ref}`], { cwd: work });
  const commit = await git(work, 'rev-parse', 'HEAD');
  await rm(work, { recursive: true });
  return commit;
};

const branches = (): Promise<string> =>
  opened.inHub('for-each-ref', '--format=%(refname:short)', 'refs/heads');

test('a result that it makes up is not believed without work', async () => {
  expect(await says(forged(opened.baseCommit))).toBe(200);
  expect(await taken(0)).toMatchObject({ outcome: 'completed' });
  expect(await opened.handOver(0)).toMatchObject({ kind: 'refused' });
  expect(await branches()).toBe('main\nresult');
});

test('work that it pushes itself is looked at like all other, and refused when it is of another history', async () => {
  const commit = await pushes('refs/incoming/agent-0');
  await says(forged(commit));
  await taken(0);
  expect(await opened.handOver(0)).toEqual({
    kind: 'refused',
    reason: expect.stringMatching(/does not build on the commit/),
  });
  expect(await branches()).toBe('main\nresult');
});

test('leaving out the acceptance command gains nothing: the merged tree must meet it, where no pod is', async () => {
  const commit = await pushes('refs/incoming/agent-0', opened.baseCommit);
  await says(forged(commit));
  expect(await taken(0)).toMatchObject({ outcome: 'completed', commit });
  expect(await opened.handOver(0)).toMatchObject({ kind: 'accepted', commit });
  const { home, planKey, settingsKey } = opened;
  const activities = createVerifyActivities({ home, env: process.env });
  const accept = { planKey, taskIds: ['t0'] };
  const verified = await new MockActivityEnvironment().run<[], VerifyResult, () => Promise<VerifyResult>>(
    async () => activities.verify({ swarmId: 's1', commit, settingsKey, accept }),
  );
  expect(verified).toMatchObject({ ok: false, step: 'accept', taskId: 't0', exitCode: 1 });
});

test('it says nothing of others, and pushes nothing for them', async () => {
  expect(await says(forged(opened.baseCommit, 'agent-1'), { agentId: 'agent-1' })).toBe(403);
  expect(await says(forged(opened.baseCommit, 'agent-1'), { swarmId: 's2' })).toBe(403);
  await expect(pushes('refs/incoming/agent-1', opened.baseCommit)).rejects.toThrow('Command failed');
  expect(await taken(1)).toBeUndefined();
});
