// A11, A12, C3, C7, C9, E14: one command brings everything to a real API server: the images of the Dockerfiles, Temporal
// and PostgreSQL of k8s/components/temporal, Drover's own pods under the restricted Pod Security Standard. They serve
// swarms from start to report, with agents as processes, as pods, and as pods on the host's volume, while each kind of
// pod is replaced by a rolling restart and a host dies.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { SwarmEvent } from '../../domain/swarm/events.ts';
import type { SwarmView } from '../../domain/swarm/swarm.ts';
import { apiAt, readStream, type ApiClient } from '../support/api-client.ts';
import { startBalancer } from '../support/balancer.ts';
import { buildImages, ROOT, type Images } from '../support/deployed-images.ts';
import { until } from '../support/drover.ts';
import { kubectl, kubectlApply, labIsHere } from '../support/lab.ts';
import { temporaryDirectory } from '../support/repository.ts';

const run = promisify(execFile);
const NAMESPACE = `drover-test-${randomBytes(3).toString('hex')}`;
const SECONDS = 300;
const REPOSITORY = '/var/lib/drover/repository';
const WORKLOADS = ['deployment/drover-api', 'deployment/drover-gateway', 'statefulset/drover-hosts'];

const inNamespace = (...args: readonly string[]): Promise<string> => kubectl('-n', NAMESPACE, ...args);
const inHost = (script: string): Promise<string> =>
  inNamespace('exec', 'drover-hosts-0', '-c', 'worker', '--', 'sh', '-ec', script);

const deploy = async (...args: readonly string[]): Promise<string> => {
  const { ANTHROPIC_API_KEY: _, GITHUB_TOKEN: __, ...own } = process.env;
  const env = { ...own, DROVER_NAMESPACE: NAMESPACE, DROVER_TIMEOUT: `${SECONDS}s` };
  return (await run(join(ROOT, 'k8s/deploy.sh'), [...args], { env, maxBuffer: 16_000_000 })).stdout;
};
const podNames = (): Promise<string> => inNamespace('get', 'pods', '-o', 'jsonpath={.items[*].metadata.uid}');

let root: string;
let images: Images;
/** Before the second deployment, and what that one said. */
let pods = '';
let told = '';
let service: Awaited<ReturnType<typeof startBalancer>>;
/** By the Service, whichever replica answers. */
let api: ApiClient;

/** The local overlay with the images that were built here. @returns its directory */
const makeOverlay = async (): Promise<string> => {
  const overlay = join(root, 'overlay');
  await mkdir(overlay);
  const named = (image: string): { newName: string; newTag: string } => {
    const [newName = '', newTag = ''] = image.split(':');
    return { newName, newTag };
  };
  await writeFile(
    join(overlay, 'kustomization.yaml'),
    JSON.stringify({
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      namespace: NAMESPACE,
      resources: [relative(overlay, join(ROOT, 'k8s/overlays/local'))],
      images: [
        { name: 'drover', ...named(images.orchestrator) },
        { name: 'postgres', ...named(images.postgres) },
        { name: 'temporalio/server', ...named(images.temporal) },
        { name: 'temporalio/admin-tools', ...named(images.temporal) },
      ],
      patches: [
        {
          target: { kind: 'ConfigMap', name: 'drover' },
          patch: JSON.stringify([{ op: 'replace', path: '/data/DROVER_AGENT_IMAGE', value: images.agent }]),
        },
        {
          // Two cores: what comes beside another pod while it is replaced must find room without an agent giving way.
          target: { kind: 'StatefulSet', name: 'drover-hosts' },
          patch: JSON.stringify([
            {
              op: 'replace',
              path: '/spec/template/spec/containers/0/resources/requests/cpu',
              value: '200m',
            },
          ]),
        },
        {
          // Temporal's Web UI cannot be built from what a machine without a registry has.
          patch: JSON.stringify({
            apiVersion: 'apps/v1',
            kind: 'Deployment',
            metadata: { name: 'temporal' },
            spec: { template: { spec: { containers: [{ name: 'ui', $patch: 'delete' }] } } },
          }),
        },
      ],
    }),
  );
  return overlay;
};

beforeAll(async () => {
  if (!labIsHere) return;
  root = await temporaryDirectory();
  images = await buildImages(root);
  const overlay = await makeOverlay();
  await deploy('--no-build', '--overlay', overlay);
  pods = await podNames();
  told = await deploy('--no-build', '--overlay', overlay);
  const token = await inNamespace('get', 'secret', 'drover', '-o', 'jsonpath={.data.api-token}');
  const ip = await inNamespace('get', 'service', 'drover-api', '-o', 'jsonpath={.spec.clusterIP}');
  // The node is this machine, so that Services can be reached; the API knows itself as 127.0.0.1 alone.
  service = await startBalancer([`http://${ip}:7420`]);
  api = apiAt(service.url, Buffer.from(token, 'base64').toString());
}, 1_500_000);
afterAll(async () => {
  if (!labIsHere) return;
  await service?.close();
  await kubectl('delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=false');
  await rm(root, { recursive: true, force: true });
}, 300_000);

const inLab = labIsHere ? test : test.skip;

inLab('one command deploys it, a second time without a change, and tells how to get in', async () => {
  expect(told).not.toMatch(/ created$/m);
  expect(await podNames()).toEqual(pods);
  const code = /\/login\?code=(\S+)/.exec(told)?.[1] ?? '';
  expect((await api.raw(`/login?code=${code}`)).status).toBe(200);
  expect((await api.get('/metrics')).text).toMatch(/^drover_task_queue_backlog 0$/m);
});

inLab('the host may do with Jobs and pods what it must, and nothing else; the others nothing', async () => {
  const may = async (account: string): Promise<readonly string[]> => {
    const as = `--as=system:serviceaccount:${NAMESPACE}:${account}`;
    const lines = (await inNamespace('auth', 'can-i', '--list', '--no-headers', as)).trim().split('\n');
    return lines
      .map((line) => line.replace(/ +/g, ' ').trim())
      .filter((line) => !line.startsWith('selfsubject') && !line.startsWith('['))
      .toSorted();
  };
  expect(await may('drover-host')).toEqual([
    'configmaps [] [] [create get delete]',
    'events [] [] [list]',
    'jobs.batch [] [] [create get list watch patch delete]',
    'pods [] [] [get list watch delete]',
    'pods/log [] [] [get]',
    'secrets [] [] [create delete]',
  ]);
  expect(await may('drover')).toEqual([]);
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
  'one of the two APIs may be taken away at a time, and what agents take together has a limit',
  async () => {
    const budget = await inNamespace(
      'get',
      'pdb',
      'drover-api',
      '-o',
      'jsonpath={.status.disruptionsAllowed}',
    );
    expect(budget).toBe('1');
    const used = await inNamespace('get', 'quota', 'drover', '-o', 'jsonpath={.status.used}');
    expect(JSON.parse(used)).toMatchObject({ pods: expect.stringMatching(/^[1-9]/) });
  },
);

/** How agents are launched, and where one of them then works. */
const LAUNCHED = {
  processes: { config: {}, workspace: /^\/var\/lib\/drover\/runs\/.*\/agent-0/ },
  pods: { config: { launcher: 'kubernetes' }, workspace: /^\/work\/run\/agent-0$/ },
  'a shared volume': {
    config: {
      launcher: 'kubernetes',
      kubernetes: { sharedVolume: { claim: 'home-drover-hosts-0', subPath: 'runs' } },
    },
    workspace: /^\/var\/lib\/drover\/runs\/.*\/agent-0$/,
  },
} as const;

interface Started {
  readonly id: string;
  readonly events: SwarmEvent[];
  readonly streamed: Promise<unknown>;
}

const start = async (title: string, config: object): Promise<Started> => {
  const { status, text, body } = await api.post<{ id: string }>('/api/swarms', {
    repository: REPOSITORY,
    approve: true,
    plan: {
      goal: title,
      tasks: [
        {
          id: 'one',
          title: 'one',
          description: 'one',
          command:
            'echo at work; until [ -e /tmp/go ]; do sleep 0.3; done; pwd > one.txt; echo "$AGENT_BRANCH" >> one.txt',
        },
        { id: 'two', title: 'two', description: 'two', command: 'cp one.txt two.txt', depends_on: ['one'] },
      ],
    },
    config: { executor: 'command', gates: { task: 'fail', phase: 'fail' }, ...config },
  });
  expect([status, text.slice(0, 500)]).toEqual([201, text.slice(0, 500)]);
  const events: SwarmEvent[] = [];
  const over = (seen: readonly SwarmEvent[]): boolean =>
    seen.some(
      ({ type, data }) =>
        type === 'phase_change' && ['completed', 'failed', 'cancelled'].includes(String(data['phase'])),
    );
  return { id: body.id, events, streamed: readStream(api, body.id, over, events) };
};

/** Whatever was being replaced is asked again. */
const asked = <T>(ask: () => Promise<T | undefined | false>, what: string): Promise<T> =>
  until(() => ask().catch(() => undefined), SECONDS, what);

inLab(
  'swarms go from start to report while every kind of pod is replaced and a host dies: agents in pods go on, clients come back',
  async () => {
    await inHost(
      `rm -rf ${REPOSITORY} /tmp/go; git init -q -b main ${REPOSITORY}; cd ${REPOSITORY}; echo hello > README.md; git add -A; ` +
        `git -c user.name=me -c user.email=me@example.com commit -q -m start`,
    );
    const swarms = await Promise.all(
      Object.entries(LAUNCHED).map(async ([title, { config, workspace }]) => ({
        title,
        workspace,
        ...(await start(title, config)),
      })),
    );
    for (const { id, title } of swarms)
      await asked(
        async () => (await api.get(`/api/swarms/${id}/agents/agent-0/log`)).text.includes('at work'),
        `the first agent works with ${title}`,
      );
    const ofSwarms = `drover.dev/swarm in (${swarms.map(({ id }) => id).join(',')})`;
    const agentPods = (await inNamespace('get', 'pods', '-l', ofSwarms, '-o', 'name')).trim().split('\n');
    expect(agentPods).toHaveLength(2);
    for (const pod of agentPods)
      expect(await inNamespace('get', pod, '-o', 'jsonpath={.spec.containers[0].image}')).toBe(images.agent);

    await inNamespace('rollout', 'restart', ...WORKLOADS);
    await Promise.all(WORKLOADS.map((one) => inNamespace('rollout', 'status', one, `--timeout=${SECONDS}s`)));
    await inNamespace('delete', 'pod', 'drover-hosts-0', '--grace-period=0', '--force');
    for (const pod of agentPods) await inNamespace('exec', pod, '--', 'touch', '/tmp/go');
    await asked(() => inHost('touch /tmp/go; echo done'), 'the host is back');

    for (const { id, title, workspace, events, streamed } of swarms) {
      await streamed;
      const view = await asked(
        async () => (await api.get<SwarmView>(`/api/swarms/${id}`)).body,
        `${title} is told of`,
      );
      expect([title, view.phase, view.reason ?? '']).toEqual([title, 'completed', '']);
      const inResult = (what: string): Promise<string> => inHost(`cd ${REPOSITORY}; git ${what}`);
      expect(await inResult(`ls-tree --name-only drover/${id}`)).toBe('README.md\none.txt\ntwo.txt\n');
      const [path, branch] = (await inResult(`show drover/${id}:two.txt`)).split('\n');
      expect(path).toMatch(workspace);
      expect(branch).toMatch(/^agent-0/);
      for (const part of ['report.md', 'diff'])
        expect((await api.get(`/api/swarms/${id}/${part}`)).text).toContain('two');
      // Nothing was lost on the way to a client, and nothing was told twice.
      const page = await api.get<{ events: SwarmEvent[] }>(`/api/swarms/${id}/events?limit=500`);
      expect(page.body.events.slice(0, events.length)).toEqual(events);
      const { agents } = (
        await api.get<{ agents: { agentId: string; outcome?: string }[] }>(`/api/swarms/${id}/agents`)
      ).body;
      const outcomes = agents.map(({ agentId, outcome }) => `${agentId} ${outcome}`);
      if (title === 'processes') expect(outcomes[0]).toBe('agent-0 lost');
      else expect([title, outcomes]).toEqual([title, ['agent-0 completed', 'agent-1 completed']]);
    }
  },
);
