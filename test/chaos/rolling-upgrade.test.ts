// C7: a new version of the workers beside the old one, under Temporal's worker versioning: a running swarm moves to
// the new version, the tasks that it has started end on the old one, and nothing waits for anybody.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DroverClient } from '../../api/client.ts';
import { taskWorkflowId } from '../../domain/names.ts';
import { completed, startDrover, until, type Drover } from '../support/drover.ts';
import { startLedgerSwarm } from '../support/ledger-swarm.ts';

const WORKER = fileURLToPath(new URL('../../dist/workers/worker/main.js', import.meta.url));
const DEPLOYMENT = 'drover';
const SECONDS = 120;

let drover: Drover;
let client: DroverClient;
let second: ChildProcess | undefined;

beforeAll(async () => {
  drover = await startDrover({ DROVER_BUILD_ID: 'one' });
  client = await drover.client();
}, 180_000);
afterAll(async () => {
  if (second !== undefined && second.exitCode === null) {
    const ended = new Promise((resolve) => second?.once('exit', resolve));
    second.kill('SIGKILL');
    await ended;
  }
  await drover.close();
});

/** What an operator does with `temporal worker deployment set-current-version`; refused until a worker has come. */
const makeCurrent = (buildId: string): Promise<true> =>
  until(
    async () => {
      try {
        await client.temporal.connection.workflowService.setWorkerDeploymentCurrentVersion({
          namespace: client.target.namespace,
          deploymentName: DEPLOYMENT,
          buildId,
          identity: 'operator',
          ignoreMissingTaskQueues: true,
        });
        return true;
      } catch {
        return false;
      }
    },
    SECONDS,
    `version ${buildId} is the current one`,
  );

const versionOf = async (workflowId: string): Promise<{ behavior: number; buildId: string }> => {
  const { raw } = await client.temporal.workflow.getHandle(workflowId).describe();
  const info = raw.workflowExecutionInfo?.versioningInfo;
  return { behavior: info?.behavior ?? 0, buildId: info?.deploymentVersion?.buildId ?? '' };
};

/** Of Temporal's `VersioningBehavior`. */
const PINNED = 1;
const AUTO_UPGRADE = 2;

test('a running swarm moves to the new version, its pinned tasks end on the old one', async () => {
  await makeCurrent('one');
  const run = await startLedgerSwarm(drover, 'upgrade', [
    { id: 'a', seconds: 20 },
    { id: 'b', seconds: 1, dependsOn: ['a'] },
  ]);
  await until(async () => (await run.started()).length === 1, SECONDS, 'the first agent has started');
  const task = (id: string): string => taskWorkflowId(run.swarm.id, id);
  expect(await versionOf(run.swarm.id)).toEqual({ behavior: AUTO_UPGRADE, buildId: 'one' });
  expect(await versionOf(task('a'))).toEqual({ behavior: PINNED, buildId: 'one' });

  const log = openSync(join(drover.root, 'second.log'), 'a');
  second = spawn(process.execPath, [WORKER], {
    cwd: drover.root,
    env: {
      ...process.env,
      DROVER_HOME: drover.home.root,
      DROVER_EMBEDDED_TEMPORAL: client.target.address,
      DROVER_BUILD_ID: 'two',
    },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  await makeCurrent('two');

  const outcome = await completed(run.swarm);
  expect(outcome.landed).toBe(2);
  expect(await versionOf(run.swarm.id)).toEqual({ behavior: AUTO_UPGRADE, buildId: 'two' });
  expect(await versionOf(task('a'))).toEqual({ behavior: PINNED, buildId: 'one' });
  expect(await versionOf(task('b'))).toEqual({ behavior: PINNED, buildId: 'two' });
  expect(await run.violations()).toEqual([]);
  expect(await readFile(join(drover.root, 'second.log'), 'utf8')).toContain('"buildId":"two"');
});
