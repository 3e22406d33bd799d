// Agents as Jobs on a real cluster, from the plan to the report.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { V1Job } from '@kubernetes/client-node';
import { openStore } from '../../store/database.ts';
import { beginWait } from '../../store/money-waits.ts';
import { apiOf } from '../support/api-client.ts';
import { completed, until } from '../support/drover.ts';
import { inPods, leftOf, podTask as task, startPodDrover, type PodDrover } from '../support/pod-drover.ts';
import { git } from '../support/repository.ts';

let drover: PodDrover;

beforeAll(async () => {
  drover = await startPodDrover();
}, 240_000);
afterAll(async () => {
  await drover.close();
});

test('three agents work as Jobs, build on each other, and leave one branch and nothing in the cluster', async () => {
  const path = await drover.repository('three');
  const swarm = await drover.start(
    path,
    [
      task(
        'one',
        'sleep 5; id -u > one.txt; env | sort > one.env; cat /proc/1/environ | tr "\\0" "\\n" >> one.env',
      ),
      task('two', 'echo two > two.txt && git add -A && git commit -qm "By the agent"'),
      task(
        'three',
        'cat one.txt two.txt > three.txt; touch /etc/x 2> three.err; ls /var/run/secrets >> three.err 2>&1; true',
        {
          dependsOn: ['one', 'two'],
        },
      ),
    ],
    inPods(),
  );
  const running = await until(
    async () => {
      const pods = await drover.pods(`drover.dev/swarm=${swarm.id}`);
      return pods.length > 0 && pods;
    },
    120,
    'a pod is there',
  );
  const [pod] = running;
  expect(pod?.spec?.automountServiceAccountToken).toBe(false);
  expect(JSON.stringify(running)).not.toContain('canary-key');
  const outcome = await completed(swarm);
  expect(outcome.landed).toBe(3);
  const show = (file: string): Promise<string> => git(path, 'show', `drover/${swarm.id}:${file}`);
  expect(await show('three.txt')).toBe('1000\ntwo');
  expect(await show('three.err')).toMatch(/Read-only file system[\s\S]*No such file/);
  expect(await show('one.env')).not.toContain('canary-key');
  expect(await show('one.env')).toContain('AGENT_BRANCH=agent-0');
  await until(async () => (await leftOf(drover.namespace, swarm.id)) === '', 60, 'nothing is left');
});

test('the worker is killed while agents run: their Jobs are adopted, each agent runs once', async () => {
  const path = await drover.repository('killed');
  const swarm = await drover.start(
    path,
    ['one', 'two'].map((id) => task(id, `date +%s%N > ${id}.txt; sleep 12; cat ${id}.txt`)),
    inPods(),
  );
  const before = await until(
    async () => {
      const found = await drover.jobs(swarm.id);
      return found.length === 2 && found.every((job) => job.status?.active === 1) && found;
    },
    120,
    'both Jobs run',
  );
  const killed = await drover.kill('worker');
  await until(async () => (await drover.pid('worker').catch(() => killed)) !== killed, 60, 'a new worker');
  const uids = (all: readonly V1Job[]): string[] => all.map((job) => job.metadata?.uid ?? '').toSorted();
  expect(uids(await drover.jobs(swarm.id))).toEqual(uids(before));
  expect((await completed(swarm)).landed).toBe(2);
  // What the runner said of itself before and after, in one piece.
  const said = (await drover.cli(['logs', swarm.id, 'agent-0', '--runner'])).stdout;
  expect(said).toMatch(/Agent agent-0 of swarm[^]*Works on [^]*The agent has ended: completed[^]*handed in/);
  expect(said.match(/Works on/g)).toHaveLength(1);
  const api = await apiOf(drover);
  const { body } = await api.get<{ lines: string[] }>(`/api/swarms/${swarm.id}/agents/agent-0/runner-log`);
  expect(body.lines).toEqual(said.trimEnd().split('\n'));
  expect((await api.get('/api/swarms/there-is-none/agents/agent-0/runner-log')).status).toBe(404);
});

test('a pod that waits for money gets its time back; a cancelled swarm leaves neither Jobs nor pods nor Secrets', async () => {
  const swarm = await drover.start(
    await drover.repository('cancelled'),
    [task('long', 'sleep 600')],
    inPods(),
  );
  await until(
    async () => (await drover.jobs(swarm.id)).some((job) => job.status?.ready === 1),
    120,
    'it runs',
  );
  const deadline = async (): Promise<number> =>
    (await drover.jobs(swarm.id))[0]?.spec?.activeDeadlineSeconds ?? 0;
  const before = await deadline();
  const store = await openStore({ file: drover.home.databaseFile });
  try {
    await beginWait(store.db, { swarmId: swarm.id, agentId: 'agent-0' });
  } finally {
    await store.close();
  }
  await until(async () => (await deadline()) === before + 7_200, 60, 'the deadline of the Job is moved');
  await swarm.cancel();
  expect((await swarm.outcome()).phase).toBe('cancelled');
  await until(async () => (await leftOf(drover.namespace, swarm.id)) === '', 60, 'nothing is left');
});
