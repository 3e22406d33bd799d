// A11, A12, C7, C9: the images of the Dockerfiles and the manifests of k8s/ on a real API server: Drover's own pods,
// under the restricted Pod Security Standard, serve a swarm from its start to its report, a host among them replaced.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { SwarmView } from '../../domain/swarm/swarm.ts';
import { apiAt, type ApiClient } from '../support/api-client.ts';
import { startCluster, type Cluster } from '../support/cluster.ts';
import { until } from '../support/drover.ts';
import { forward, kubectl, kubectlApply, labIsHere, loadImage, type Forwarded } from '../support/lab.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NAMESPACE = `drover-test-${randomBytes(3).toString('hex')}`;
const TOKEN = randomBytes(24).toString('hex');
const BASE_IMAGE = 'localhost/drover-test-node:1';
const IMAGES = { 'localhost/drover:test': 'Dockerfile', 'localhost/drover-agent:test': 'Dockerfile.worker' };
const SECONDS = 300;
const REPOSITORY = '/var/lib/drover/repository';

const inNamespace = (...args: readonly string[]): Promise<string> => kubectl('-n', NAMESPACE, ...args);
const inHost = (script: string): Promise<string> =>
  inNamespace('exec', 'drover-hosts-0', '-c', 'worker', '--', 'sh', '-ec', script);

const deploy = async (...args: readonly string[]): Promise<string> => {
  const env = { ...process.env, DROVER_NAMESPACE: NAMESPACE, DROVER_TIMEOUT: `${SECONDS}s` };
  return (await run(join(ROOT, 'k8s/deploy.sh'), [...args], { env, maxBuffer: 16_000_000 })).stdout;
};

let cluster: Cluster;
const podNames = (): Promise<string> => inNamespace('get', 'pods', '-o', 'jsonpath={.items[*].metadata.uid}');

/** Before the second deployment, and what that one said. */
let pods = '';
let told = '';
const forwarded: Forwarded[] = [];

/** The Dockerfiles as users build them, on a base that is made from this machine's own files. */
const buildImages = async (directory: string): Promise<void> => {
  const environment = { ...process.env, PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin' };
  await run(join(ROOT, 'test/kubernetes/base-image.sh'), [BASE_IMAGE], { env: environment });
  const context = join(directory, 'context');
  const { stdout } = await run('git', ['ls-files', '-co', '--exclude-standard'], { cwd: ROOT });
  for (const path of stdout.split('\n')) {
    if (path === '' || /^(test|bench|examples)\//.test(path)) continue;
    await mkdir(join(context, dirname(path)), { recursive: true });
    await cp(join(ROOT, path), join(context, path)).catch(() => undefined);
  }
  for (const [image, file] of Object.entries(IMAGES)) {
    const archive = join(directory, `${file}.tar`);
    const options = ['--isolation', 'chroot', '--network', 'host', '--layers', '-q'];
    const cache = ['-v', `${process.env['HOME']}/.npm:/root/.npm`];
    await mkdir(`${process.env['HOME']}/.npm`, { recursive: true });
    await run(
      'buildah',
      ['bud', ...options, ...cache, '--build-arg', `NODE_IMAGE=${BASE_IMAGE}`, '-t', image, '-f', file, '.'],
      { cwd: context, env: environment, maxBuffer: 64_000_000 },
    );
    await run('buildah', ['push', '-q', image, `docker-archive:${archive}:${image}`]);
    await loadImage(archive);
    await rm(archive);
  }
};

/** @returns the directory of an overlay for this test */
const makeOverlay = async (directory: string): Promise<string> => {
  const overlay = join(directory, 'overlay');
  await mkdir(overlay);
  const [name = '', tag = ''] = (Object.keys(IMAGES)[0] ?? '').split(':');
  await writeFile(
    join(overlay, 'kustomization.yaml'),
    JSON.stringify({
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      namespace: NAMESPACE,
      resources: [relative(overlay, join(ROOT, 'k8s/base'))],
      images: [{ name: 'drover', newName: name, newTag: tag }],
      patches: [
        {
          target: { kind: 'ConfigMap', name: 'drover' },
          patch: JSON.stringify([
            { op: 'replace', path: '/data/TEMPORAL_ADDRESS', value: cluster.address },
            { op: 'add', path: '/data/DROVER_LAUNCHER', value: 'process' },
          ]),
        },
      ],
    }),
  );
  return overlay;
};

const nodeAddress = async (): Promise<string> =>
  (
    await kubectl(
      'get',
      'nodes',
      '-o',
      "jsonpath={.items[0].status.addresses[?(@.type=='InternalIP')].address}",
    )
  ).trim();

beforeAll(async () => {
  if (!labIsHere) return;
  const ip = await nodeAddress();
  cluster = await startCluster(ip);
  // Those that an earlier run has loaded, for whoever works on the manifests.
  if (process.env['DROVER_TEST_IMAGES'] !== 'loaded') await buildImages(cluster.root);
  const overlay = await makeOverlay(cluster.root);
  await kubectl('create', 'namespace', NAMESPACE);
  await inNamespace(
    'create',
    'secret',
    'generic',
    'drover',
    `--from-literal=api-token=${TOKEN}`,
    `--from-literal=database-url=${cluster.databaseUrl.replace('127.0.0.1', ip)}`,
    '--from-literal=anthropic-api-key=',
    '--from-literal=github-token=',
  );
  await deploy('--no-build', '--overlay', overlay);
  pods = await podNames();
  told = await deploy('--no-build', '--overlay', overlay);
}, 1_500_000);
afterAll(async () => {
  if (!labIsHere) return;
  for (const { process: child } of forwarded) child.kill('SIGKILL');
  await deploy('--delete', '--yes');
  await cluster?.close();
}, 300_000);

/** Both replicas, each by itself. */
const replicas = async (): Promise<ApiClient[]> => {
  const names = await inNamespace(
    'get',
    'pods',
    '-l',
    'app.kubernetes.io/name=drover-api',
    '-o',
    'jsonpath={.items[*].metadata.name}',
  );
  const found: ApiClient[] = [];
  for (const name of names.trim().split(' ')) {
    const open = await forward(NAMESPACE, `pod/${name}`, 7420);
    forwarded.push(open);
    found.push(apiAt(open.url, TOKEN));
  }
  return found;
};

const inLab = labIsHere ? test : test.skip;

inLab('one command deploys it, a second time without a change, and tells how to get in', async () => {
  expect(told).not.toMatch(/ created$/m);
  expect(await podNames()).toEqual(pods);
  const [one] = await replicas();
  const code = /\/login\?code=(\S+)/.exec(told)?.[1] ?? '';
  expect((await one?.raw(`/login?code=${code}`))?.status).toBe(200);
});

inLab('the host may do with Jobs and pods what it must, and nothing else; the others nothing', async () => {
  const may = async (account: string, ...what: readonly string[]): Promise<string> => {
    const as = `--as=system:serviceaccount:${NAMESPACE}:${account}`;
    return (await inNamespace('auth', 'can-i', ...what, as).catch(() => 'no')).trim();
  };
  for (const what of ['create jobs', 'delete jobs', 'watch pods', 'get pods/log', 'create secrets'])
    expect([what, await may('drover-host', ...what.split(' '))]).toEqual([what, 'yes']);
  for (const what of [
    'get secrets',
    'create pods',
    'create pods/exec',
    'create roles',
    'list nodes',
    'patch deployments',
  ])
    expect([what, await may('drover-host', ...what.split(' '))]).toEqual([what, 'no']);
  for (const what of ['get jobs', 'list pods', 'get secrets'])
    expect([what, await may('drover', ...what.split(' '))]).toEqual([what, 'no']);
});

inLab('the namespace takes no pod that may do more than the restricted standard allows', async () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'root', namespace: NAMESPACE },
    spec: { containers: [{ name: 'root', image: 'any', securityContext: { privileged: true } }] },
  };
  await expect(kubectlApply(JSON.stringify(pod), '--dry-run=server')).rejects.toThrow(/violates PodSecurity/);
  expect((await inHost('id -u; touch /app/x 2>&1 || true')).trim()).toMatch(/^1000\n.*Read-only file system/);
});

inLab(
  'a swarm goes from its start to its report in pods, though its host is replaced in the middle',
  async () => {
    const [one, two] = await replicas();
    if (one === undefined || two === undefined) throw new Error('there are not two replicas');
    await inHost(
      `git init -q -b main ${REPOSITORY}; cd ${REPOSITORY}; echo hello > README.md; git add -A; ` +
        `git -c user.name=me -c user.email=me@example.com commit -q -m start`,
    );
    const started = await one.post<{ id: string }>('/api/swarms', {
      repository: REPOSITORY,
      approve: true,
      plan: {
        goal: 'Two files',
        tasks: [
          { id: 'one', title: 'one', description: 'one', command: 'sleep 15; echo one > one.txt' },
          { id: 'two', title: 'two', description: 'two', command: 'echo two > two.txt', depends_on: ['one'] },
        ],
      },
      config: { executor: 'command', gates: { task: 'fail', phase: 'fail' } },
    });
    expect([started.status, started.text.slice(0, 500)]).toEqual([201, started.text.slice(0, 500)]);
    const { id } = started.body;
    const log = async (): Promise<string> => (await two.get(`/api/swarms/${id}/agents/agent-0/log`)).text;
    await until(async () => (await log()).includes('"kind"'), SECONDS, 'the first agent has started');

    await inNamespace('delete', 'pod', 'drover-hosts-0', '--grace-period=0', '--force');
    const view = await until(
      async () => {
        const { body } = await two.get<SwarmView>(`/api/swarms/${id}`).catch(() => ({ body: undefined }));
        return ['completed', 'failed', 'cancelled'].includes(body?.phase ?? '') ? body : undefined;
      },
      SECONDS,
      'the swarm has ended',
    );
    expect([view.phase, view.reason ?? '']).toEqual(['completed', '']);
    expect(await inHost(`cd ${REPOSITORY}; git ls-tree --name-only drover/${id}`)).toBe(
      'README.md\none.txt\ntwo.txt\n',
    );
    for (const path of ['report.md', 'diff'])
      expect((await two.get(`/api/swarms/${id}/${path}`)).text).toContain('two');
  },
);
