// Agents as Jobs on a real cluster, from the plan to the report.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { V1Job, V1Pod } from '@kubernetes/client-node';
import type { Task } from '../../domain/plan.ts';
import type { SwarmSettings } from '../../domain/settings.ts';
import {
  agentImage,
  HOST_ADDRESS,
  kubectl,
  kubectlJson,
  makeNamespace,
  removeNamespace,
} from '../support/kubernetes.ts';
import { completed, startDrover, until, type Drover } from '../support/drover.ts';
import { task as planTask } from '../support/plan-task.ts';
import { git, makeRepository } from '../support/repository.ts';

const namespace = `drover-test-${randomBytes(3).toString('hex')}`;
let drover: Drover;
let image: string;

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, HOST_ADDRESS, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

beforeAll(async () => {
  image = await agentImage();
  await makeNamespace(namespace);
  const [host, gateway] = await Promise.all([freePort(), freePort()]);
  drover = await startDrover({
    DROVER_HOST_URL: `http://${HOST_ADDRESS}:${host}`,
    DROVER_HOST_LISTEN: `${HOST_ADDRESS}:${host}`,
    DROVER_GATEWAY_HOST: HOST_ADDRESS,
    DROVER_GATEWAY_PORT: String(gateway),
    DROVER_GATEWAY_URL: `http://${HOST_ADDRESS}:${gateway}`,
    DROVER_KUBERNETES_NAMESPACE: namespace,
    DROVER_AGENT_IMAGE: image,
    OPENAI_API_KEY: 'canary-key-that-no-pod-may-see',
  });
}, 240_000);
afterAll(async () => {
  await drover.close();
  await removeNamespace(namespace);
});

const inPods = (more: Partial<SwarmSettings> = {}): Partial<SwarmSettings> => ({
  launcher: 'kubernetes',
  kubernetes: { imagePullPolicy: 'Never' },
  ...more,
});

const repository = async (name: string): Promise<string> => {
  const path = join(drover.root, `${name}-${randomBytes(3).toString('hex')}`);
  await makeRepository(path, { 'README.md': `# ${name}\n` });
  return path;
};

const jobs = async (swarmId: string): Promise<readonly V1Job[]> =>
  (await kubectlJson<{ items: V1Job[] }>('-n', namespace, 'get', 'jobs', '-l', `drover.dev/swarm=${swarmId}`))
    .items;

const task = (id: string, command: string, more: Partial<Task> = {}): Task => ({
  ...planTask(id),
  command,
  ...more,
});

test('three agents work as Jobs, build on each other, and leave one branch and nothing in the cluster', async () => {
  const path = await repository('three');
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
      const pods = await kubectlJson<{ items: V1Pod[] }>('-n', namespace, 'get', 'pods');
      return pods.items.length > 0 && pods;
    },
    120,
    'a pod is there',
  );
  const [pod] = running.items;
  expect(pod?.spec?.automountServiceAccountToken).toBe(false);
  expect(JSON.stringify(running)).not.toContain('canary-key');
  const outcome = await completed(swarm);
  expect(outcome.landed).toBe(3);
  const show = (file: string): Promise<string> => git(path, 'show', `drover/${swarm.id}:${file}`);
  expect(await show('three.txt')).toBe('1000\ntwo');
  expect(await show('three.err')).toMatch(/Read-only file system[\s\S]*No such file/);
  expect(await show('one.env')).not.toContain('canary-key');
  expect(await show('one.env')).toContain('AGENT_BRANCH=agent-0');
  await until(async () => (await jobs(swarm.id)).length === 0, 30, 'no Job is left');
  const left = await kubectl('-n', namespace, 'get', 'pods,secrets', '-o', 'name');
  expect(left).toBe('');
});

test('the worker is killed while agents run: their Jobs are adopted, each agent runs once', async () => {
  const path = await repository('killed');
  const swarm = await drover.start(
    path,
    ['one', 'two'].map((id) => task(id, `date +%s%N > ${id}.txt; sleep 12; cat ${id}.txt`)),
    inPods(),
  );
  const before = await until(
    async () => {
      const found = await jobs(swarm.id);
      return found.length === 2 && found.every((job) => job.status?.active === 1) && found;
    },
    120,
    'both Jobs run',
  );
  const killed = await drover.kill('worker');
  await until(async () => (await drover.pid('worker').catch(() => killed)) !== killed, 60, 'a new worker');
  const uids = (all: readonly V1Job[]): string[] => all.map((job) => job.metadata?.uid ?? '').toSorted();
  expect(uids(await jobs(swarm.id))).toEqual(uids(before));
  expect((await completed(swarm)).landed).toBe(2);
});

test('each end has its reason: memory, a bad image, a deleted pod', async () => {
  const swarm = await drover.start(
    await repository('ends'),
    [
      task('memory', `node -e 'const a=[];for(;;)a.push(Buffer.alloc(1e7,1))'`),
      task('image', 'true', { category: 'odd' }),
      task('deleted', 'echo "$DROVER_AGENT" > deleted.txt; test "$DROVER_ATTEMPT" = 2 || sleep 600'),
    ],
    inPods({
      parallelism: 3,
      kubernetes: {
        imagePullPolicy: 'Never',
        images: { odd: 'lab/there-is-no-such-image:1' },
        resources: { limits: { memory: '192Mi' } },
      },
      gates: { plan: 'auto', task: 'skip', conflict: 'fail', build: 'fail', test: 'fail', phase: 'fail' },
    }),
  );
  const victim = await until(
    async () => {
      const { items } = await kubectlJson<{ items: V1Pod[] }>(
        '-n',
        namespace,
        'get',
        'pods',
        '-l',
        `drover.dev/swarm=${swarm.id},drover.dev/task=deleted`,
      );
      return items.find((pod) => pod.status?.phase === 'Running');
    },
    120,
    'the pod runs',
  );
  await kubectl('-n', namespace, 'delete', 'pod', victim.metadata?.name ?? '', '--grace-period=0', '--force');
  const outcome = await completed(swarm);
  expect(outcome.landed).toBe(1);
  const { tasks } = JSON.parse(
    await readFile(join(drover.home.runsDirectory, `run-${swarm.id}`, 'report.json'), 'utf8'),
  ) as { tasks: { id: string; reason?: string }[] };
  const said = JSON.stringify(tasks);
  // Where the kernel ends one process and not the whole pod, it is the agent's.
  expect(said).toMatch(/OOMKilled|code 137/);
  expect(said).toMatch(/ErrImageNeverPull/);
});

test('a cancelled swarm leaves neither Jobs nor pods nor Secrets', async () => {
  const swarm = await drover.start(await repository('cancelled'), [task('long', 'sleep 600')], inPods());
  await until(async () => (await jobs(swarm.id)).some((job) => job.status?.ready === 1), 120, 'it runs');
  await swarm.cancel();
  expect((await swarm.outcome()).phase).toBe('cancelled');
  expect(await jobs(swarm.id)).toEqual([]);
  expect(
    await kubectl('-n', namespace, 'get', 'pods,secrets', '-l', `drover.dev/swarm=${swarm.id}`, '-o', 'name'),
  ).toBe('');
});
