// F10: what a cluster does to agents in pods, done to them on a real one. An API server that refuses, loses answers
// and forgets stands behind a proxy; everything else is the cluster's own doing.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { KubeConfig, type V1Pod } from '@kubernetes/client-node';
import { openCluster } from '../../activities/kubernetes/cluster.ts';
import { agentJob, handoverSecret, ownerObject, ownerReference } from '../../activities/kubernetes/job.ts';
import { logOpener } from '../../activities/kubernetes/log-request.ts';
import { followPodLog } from '../../activities/kubernetes/pod-log.ts';
import type { AgentSpec } from '../../domain/agents/agent.ts';
import type { SwarmHandle } from '../../api/swarm-handle.ts';
import { agentDirectory } from '../../store/home.ts';
import { completed, until } from '../support/drover.ts';
import { startFaultProxy, type Asked, type Fault, type FaultProxy } from '../support/fault-proxy.ts';
import { kubectl, LAB, makeNamespace, removeNamespace } from '../support/kubernetes.ts';
import { kubectlApply, labIsHere } from '../support/lab.ts';
import { inPods, leftOf, podTask, startPodDrover, type PodDrover } from '../support/pod-drover.ts';
import { git, temporaryDirectory } from '../support/repository.ts';

const SECONDS = 240;
const SKIPPED = {
  plan: 'auto',
  task: 'skip',
  conflict: 'fail',
  build: 'fail',
  test: 'fail',
  phase: 'fail',
} as const;

let drover: PodDrover;
let proxy: FaultProxy;
const namespaces: string[] = [];
const inNamespace = (...args: readonly string[]): Promise<string> => kubectl('-n', drover.namespace, ...args);

beforeAll(async () => {
  const config = join(await temporaryDirectory(), 'kubeconfig');
  proxy = await startFaultProxy(process.env['KUBECONFIG'] ?? '', config);
  drover = await startPodDrover({ KUBECONFIG: config });
}, 240_000);
afterAll(async () => {
  await drover?.close();
  await proxy?.close();
  for (const name of namespaces) await removeNamespace(name);
});

const running = (swarm: SwarmHandle, task: string): Promise<V1Pod> =>
  until(
    async () => {
      const found = await drover.pods(`drover.dev/swarm=${swarm.id},drover.dev/task=${task}`);
      return found.find(({ status }) => status?.phase === 'Running');
    },
    SECONDS,
    `the pod of ${task} runs`,
  );

/** The agent's own words have come, so its command is under way. */
const works = (swarm: SwarmHandle, agentId: string): Promise<unknown> =>
  until(
    async () =>
      (await readFile(agentDirectory(swarm.directory, agentId).events, 'utf8').catch(() => '')).includes(
        'at work',
      ),
    SECONDS,
    `${agentId} works`,
  );

const attemptsOf = async (swarm: SwarmHandle, task: string) =>
  (await swarm.attempts(task)).map(({ outcome, reason }) => [outcome, reason] as const);

const isJob = ({ path }: Asked): boolean => path.includes('/jobs');

test('an API server that refuses, loses answers, forgets and breaks off: each agent runs once, nothing of its log is lost or doubled', async () => {
  const met = new Set<string>();
  const once = (name: string, fault: Fault): Fault | undefined => {
    if (met.has(name)) return undefined;
    met.add(name);
    return fault;
  };
  proxy.decide((asked) => {
    const { method, path } = asked;
    if (method === 'POST' && path.includes('/configmaps'))
      return once('owner', { kind: 'answer', status: 409 });
    if (method === 'POST' && path.includes('/secrets')) return once('secret', { kind: 'lose' });
    // Made, but nobody knows: the next try meets its own Job.
    if (method === 'POST' && isJob(asked))
      return once('job', { kind: 'lose' }) ?? once('job again', { kind: 'answer', status: 500 });
    if (method === 'GET' && isJob(asked) && !path.includes('watch'))
      return once('list', { kind: 'answer', status: 429 });
    if (method === 'GET' && path.includes('watch')) return once('watch', { kind: 'answer', status: 410 });
    if (method === 'PATCH') return once('patch', { kind: 'answer', status: 409 });
    if (method === 'DELETE') return once(`delete ${path.split('/')[5]}`, { kind: 'lose' });
    return undefined;
  });
  const swarm = await drover.start(
    await drover.repository('faults'),
    [
      podTask(
        'one',
        'echo at work; for i in $(seq 150); do echo "line $i"; sleep 0.1; done; echo 1 > one.txt',
      ),
      podTask('two', 'sleep 4; echo 2 > two.txt'),
    ],
    inPods(),
  );
  await works(swarm, 'agent-0');
  const before = proxy.log.length;
  expect(proxy.forgetWatches()).toBeGreaterThan(0);
  await until(
    async () => {
      const since = proxy.log.slice(before).filter(isJob);
      const listed = since.findIndex(({ path }) => !path.includes('watch') && path.includes('labelSelector'));
      return listed >= 0 && since.slice(listed).some(({ path }) => path.includes('watch'));
    },
    60,
    'Jobs are listed and watched anew after 410',
  );
  for (const _ of [1, 2, 3]) {
    proxy.cutAll();
    await drover.kill('gateway');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
  }
  const outcome = await completed(swarm);
  proxy.decide(() => undefined);
  expect(outcome.landed).toBe(2);
  for (const name of ['owner', 'secret', 'job', 'job again', 'list', 'watch', 'patch', 'delete secrets'])
    expect(met).toContain(name);
  // Nobody ran a second time.
  for (const one of ['one', 'two'])
    expect([one, await attemptsOf(swarm, one)]).toEqual([one, [['completed', '']]]);
  expect((await readdir(swarm.directory.agentsDirectory)).toSorted()).toEqual(['agent-0', 'agent-1']);
  const { stdout } = await drover.cli(['logs', swarm.id, 'agent-0']);
  const lines = [...stdout.matchAll(/\bline (\d+)$/gm)].map(([, number]) => Number(number));
  expect(lines).toEqual(Array.from({ length: 150 }, (_, index) => index + 1));
  await until(async () => (await leftOf(drover.namespace, swarm.id)) === '', 60, 'nothing is left');
});

test('the log of a pod is followed over broken connections and the death of the follower: every line once', async () => {
  const name = `talks-${randomBytes(3).toString('hex')}`;
  await kubectlApply(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: drover.namespace },
      spec: {
        restartPolicy: 'Never',
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            name: 'agent',
            image: drover.image,
            imagePullPolicy: 'Never',
            // Some lines at one time, so that the time alone does not tell them apart.
            command: ['sh', '-c', 'for i in $(seq 60); do printf "a$i\\nb$i\\nc$i\\n"; sleep 0.1; done'],
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          },
        ],
      },
    }),
  );
  const pod = { seen: undefined as V1Pod | undefined };
  const look = async (): Promise<V1Pod> =>
    (pod.seen = JSON.parse(await inNamespace('get', 'pod', name, '-o', 'json')) as V1Pod);
  const config = new KubeConfig();
  config.loadFromFile(proxy.config);
  const file = join(drover.root, `${name}.log`);
  let cuts = 0;
  proxy.decide(({ path }) =>
    path.includes(`/${name}/log`) && cuts++ < 5 ? { kind: 'cut', bytes: 700 + 111 * cuts } : undefined,
  );
  const follow = (signal: AbortSignal): Promise<void> =>
    followPodLog(logOpener(config), { namespace: drover.namespace, pod: () => pod.seen, file, signal });
  await look();
  const first = new AbortController();
  const following = follow(first.signal);
  await until(async () => cuts >= 3, SECONDS, 'the connection broke twice');
  first.abort();
  await following;
  // It died in the middle of a line.
  await writeFile(file, (await readFile(file, 'utf8')) + '2026-01-01T00:00', { flag: 'w' });
  const second = follow(new AbortController().signal);
  await until(async () => (await look()).status?.phase === 'Succeeded', SECONDS, 'the pod has ended');
  await second;
  proxy.decide(() => undefined);
  expect(cuts).toBeGreaterThan(4);
  const said = (await readFile(file, 'utf8')).trim().split('\n');
  expect(said.map((line) => line.split(' ')[1])).toEqual(
    Array.from({ length: 60 }, (_, index) => ['a', 'b', 'c'].map((letter) => `${letter}${index + 1}`)).flat(),
  );
});

test('two that start the same agent make one Job; whose owner goes, goes', async () => {
  const clusters = await Promise.all([openCluster(), openCluster()]);
  const spec = {
    version: 1,
    swarmId: `twice-${randomBytes(3).toString('hex')}`,
    taskId: 'one',
    agentId: 'agent-0',
    marker: 'm1',
    setup: [],
    workspace: '/work/x',
    runDirectory: '/work/y',
    branch: 'agent-0',
    baseCommit: 'a'.repeat(40),
    limits: { wallSeconds: 600, graceSeconds: 1 },
    pod: { imagePullPolicy: 'Never' },
  } as unknown as AgentSpec;
  const { namespace, image } = drover;
  const launch = async (cluster: (typeof clusters)[number]) => {
    const owner = ownerReference(await cluster.ensureOwner(namespace, ownerObject(spec.swarmId)));
    // No host answers it, so it waits for one: a pod that lives.
    const host = { url: 'http://127.0.0.1:9', token: 'none' };
    const gateway = { gatewayUrl: 'http://127.0.0.1:9', token: 'none' };
    await cluster.ensureSecret(namespace, handoverSecret(spec, { spec, gateway, host }, owner));
    const place = { image, owner, runsDirectory: '/none' };
    return { made: await cluster.ensureJob(namespace, agentJob(spec, place)), place };
  };
  const both = await Promise.all(clusters.map(launch));
  expect(both.map(({ made }) => made).toSorted()).toEqual(['adopted', 'created']);
  expect(await drover.jobs(spec.swarmId)).toHaveLength(1);
  const other = agentJob({ ...spec, marker: 'm2' }, both[0]!.place);
  await expect(clusters[0].ensureJob(namespace, other)).rejects.toMatchObject({ type: 'superseded' });
  await until(
    async () => (await drover.pods(`drover.dev/swarm=${spec.swarmId}`)).length === 1,
    SECONDS,
    'a pod',
  );
  await clusters[0].deleteOwner(namespace, both[0]!.place.owner.name);
  await until(async () => (await leftOf(namespace, spec.swarmId)) === '', SECONDS, 'nothing of it is left');
});

test('each end has its reason, and its retry', async () => {
  const quota = `drover-test-${randomBytes(3).toString('hex')}`;
  const forbidden = `drover-test-${randomBytes(3).toString('hex')}`;
  namespaces.push(quota, forbidden);
  await Promise.all([quota, forbidden].map(makeNamespace));
  const quotaOf = (pods: string): object => ({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'q', namespace: quota },
    spec: { hard: { pods } },
  });
  await kubectlApply(JSON.stringify(quotaOf('0')));
  await kubectlApply(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: 'l', namespace: forbidden },
      spec: { limits: [{ type: 'Container', max: { memory: '1Mi' } }] },
    }),
  );
  const repository = await drover.repository('ends');
  const once = (command: string): string =>
    `echo at work; test "$DROVER_ATTEMPT" = 2 || { ${command}; }; date > $DROVER_TASK.txt`;
  const ends = await drover.start(
    repository,
    [
      podTask('memory', `node -e 'const a=[];for(;;)a.push(Buffer.alloc(1e7,1))'`),
      podTask('image', 'true', { category: 'odd' }),
      podTask('code', 'exit 3'),
      podTask('disk', 'head -c 80000000 /dev/zero > big; sleep 600'),
      podTask('deadline', 'echo at work; sleep 600'),
      podTask('deleted', once('sleep 600')),
      podTask('evicted', once('sleep 600')),
    ],
    inPods({
      parallelism: 7,
      kubernetes: {
        images: { odd: 'lab/there-is-no-such-image:1' },
        resources: { limits: { memory: '192Mi', 'ephemeral-storage': '40Mi' } },
      },
      gates: SKIPPED,
    }),
  );
  const lone = async (kubernetes: NonNullable<Parameters<typeof inPods>[0]>['kubernetes']) =>
    drover.start(
      repository,
      [podTask('one', 'date > one.txt')],
      inPods({ kubernetes: kubernetes!, gates: SKIPPED }),
    );
  const pull = await lone({
    imagePullPolicy: 'IfNotPresent',
    image: '127.0.0.1:9/there-is-no-such-image:1',
    startSeconds: 5,
  });
  const nowhere = await lone({ nodeSelector: { 'drover.dev/nowhere': 'yes' }, startSeconds: 5 });
  const refused = await lone({ namespace: forbidden, resources: { limits: { memory: '64Mi' } } });
  const full = await lone({ namespace: quota });

  const nameOf = (found: V1Pod): string => found.metadata?.name ?? '';
  const [deleted, evicted, deadline] = await Promise.all(
    ['deleted', 'evicted', 'deadline'].map((task) => running(ends, task)),
  );
  await Promise.all(['agent-4', 'agent-5', 'agent-6'].map((agent) => works(ends, agent)));
  await inNamespace('delete', 'pod', nameOf(deleted!), '--grace-period=0', '--force');
  const eviction = join(drover.root, 'eviction.json');
  const { namespace } = drover;
  await writeFile(
    eviction,
    JSON.stringify({
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: nameOf(evicted!), namespace },
    }),
  );
  await kubectl(
    'create',
    '--raw',
    `/api/v1/namespaces/${namespace}/pods/${nameOf(evicted!)}/eviction`,
    '-f',
    eviction,
  );
  const job = deadline?.metadata?.labels?.['batch.kubernetes.io/job-name'] ?? '';
  await inNamespace('patch', 'job', job, '--type=merge', '-p', '{"spec":{"activeDeadlineSeconds":1}}');
  await until(
    async () => (await kubectl('-n', quota, 'get', 'events')).includes('exceeded quota'),
    SECONDS,
    'the quota refuses a pod',
  );
  await kubectlApply(JSON.stringify(quotaOf('5')));

  expect((await completed(full)).landed).toBe(1);
  expect((await completed(ends)).landed).toBe(2);
  for (const swarm of [pull, nowhere, refused]) await swarm.outcome();
  const saw = [
    ...(await Promise.all(
      ['memory', 'image', 'code', 'disk', 'deadline', 'deleted', 'evicted'].map((task) =>
        attemptsOf(ends, task),
      ),
    )),
    ...(await Promise.all([pull, nowhere, refused, full].map((swarm) => attemptsOf(swarm, 'one')))),
  ];
  expect(saw).toEqual([
    // Where the kernel ends one process and not the whole pod, it is the agent's.
    [[expect.stringMatching(/resources_exhausted|failed/), expect.stringMatching(/OOMKilled|code 137/)]],
    [['failed', expect.stringContaining('ErrImageNeverPull')]],
    [['failed', expect.stringContaining('code 3')]],
    [['resources_exhausted', expect.stringContaining('wrote more than it may')]],
    [['timeout', expect.stringContaining('DeadlineExceeded')]],
    [
      ['lost', expect.any(String)],
      ['completed', ''],
    ],
    [
      ['lost', expect.stringContaining('evicted')],
      ['completed', ''],
    ],
    [['failed', expect.stringMatching(/cannot be pulled|did not start/)]],
    [['failed', expect.stringContaining('No node took the pod')]],
    [['failed', expect.stringContaining('maximum memory usage')]],
    [['completed', '']],
  ]);
});

(labIsHere ? test : test.skip)(
  'a node is started anew: an agent that died with it is replaced, one that lived on is not',
  async () => {
    const swarm = await drover.start(
      await drover.repository('node'),
      [
        podTask('dies', 'echo at work; test "$DROVER_ATTEMPT" = 2 || sleep 600; date > dies.txt'),
        podTask('lives', 'echo at work; date +%s%N > lives.txt; sleep 15'),
      ],
      inPods(),
    );
    const [dies] = await Promise.all([running(swarm, 'dies'), running(swarm, 'lives')]);
    await Promise.all(['agent-0', 'agent-1'].map((agent) => works(swarm, agent)));
    process.kill(Number(await readFile('/run/k8slab/pids/kubelet', 'utf8')), 'SIGKILL');
    const marker = `DROVER_AGENT_POD=${dies.metadata?.uid}`;
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name)))
      if ((await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')).includes(marker))
        process.kill(Number(pid), 'SIGKILL');
    await promisify(execFile)(join(LAB, 'up.sh'), { timeout: 180_000 });
    expect((await completed(swarm)).landed).toBe(2);
    expect((await swarm.attempts('dies')).map(({ outcome }) => outcome)).toEqual(['lost', 'completed']);
    expect((await swarm.attempts('lives')).map(({ outcome }) => outcome)).toEqual(['completed']);
    expect(await git((await swarm.state()).repository, 'ls-tree', '--name-only', `drover/${swarm.id}`)).toBe(
      'README.md\ndies.txt\nlives.txt',
    );
  },
);
