// The Job of an agent, and what Kubernetes says of it.
import { describe, expect, test } from '@jest/globals';
import type { V1Job, V1Pod } from '@kubernetes/client-node';
import {
  agentJob,
  deadlineSeconds,
  handoverSecret,
  jobName,
  specHash,
  specInPod,
} from '../../activities/kubernetes/job.ts';
import { verdictOf, whyTakenAway, type Seen } from '../../activities/kubernetes/verdict.ts';
import { readPush } from '../../activities/git/push-request.ts';
import type { AgentSpec } from '../../domain/agents/agent.ts';
import { podFor, type PodRequest } from '../../domain/agents/pod.ts';

const SHA = 'a'.repeat(40);
const OTHER = 'b'.repeat(40);
const NONE = '0'.repeat(40);

const spec = (more: Partial<AgentSpec> = {}, pod: PodRequest = {}): AgentSpec =>
  ({
    version: 1,
    swarmId: 'add-login-3f2a',
    taskId: 'one',
    agentId: 'agent-0.2',
    marker: 'm1',
    setup: [],
    workspace: '/home/x/runs/run-add/agent-0.2',
    runDirectory: '/home/x/runs/run-add/agents/agent-0.2',
    branch: 'agent-0.2',
    baseCommit: SHA,
    limits: { wallSeconds: 600, graceSeconds: 10, memoryBytes: 1_073_741_824 },
    pod,
    ...more,
  }) as AgentSpec;

const place = {
  image: 'agents:1',
  runsDirectory: '/home/x/runs',
  owner: { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'u' },
};

describe('the Job of an agent', () => {
  test('has the image of its role, or else of its category, or else of all', () => {
    const images = { architect: 'a:1', testing: 't:1' };
    const imageOf = (...names: readonly (string | undefined)[]): string | undefined =>
      podFor({ image: 'all:1', images, runtimeClassName: 'gvisor' }, names).image;
    expect(imageOf('architect', 'testing')).toBe('a:1');
    expect(imageOf('planner', 'testing')).toBe('t:1');
    expect(imageOf(undefined, 'constructor')).toBe('all:1');
    expect(podFor({ images }, [undefined, 'default'])).toEqual({});
  });

  test('is the same each time, and another one for another attempt', () => {
    expect(agentJob(spec(), place)).toEqual(agentJob(spec(), place));
    expect(jobName(spec())).not.toBe(jobName(spec({ agentId: 'agent-0' })));
    expect(specHash(spec())).not.toBe(specHash(spec({ marker: 'm2' })));
    const long = jobName({ swarmId: 'a'.repeat(60), agentId: 'agent-123456.1234' });
    expect(long).toMatch(/^[a-z0-9-]{1,57}$/);
  });

  test('runs once, has no rights and no token of the cluster', () => {
    const job = agentJob(spec(), place);
    expect(job.spec).toMatchObject({ backoffLimit: 0, podReplacementPolicy: 'Failed' });
    expect(job.spec?.ttlSecondsAfterFinished).toBeUndefined();
    const pod = job.spec?.template.spec;
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      restartPolicy: 'Never',
      securityContext: { runAsUser: 1000, runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(pod?.containers[0]?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(pod?.containers[0]?.resources?.limits).toEqual({ memory: '1073741824' });
  });

  test('has what drover.yml asks for', () => {
    const asked: PodRequest = {
      runtimeClassName: 'gvisor',
      nodeSelector: { pool: 'agents' },
      tolerations: [{ key: 'agents', operator: 'Exists' }],
      resources: { requests: { cpu: '500m' }, limits: { memory: '2Gi' } },
      volumes: [{ name: 'models', path: '/models', claim: 'models', readOnly: true }],
      startSeconds: 60,
    };
    const job = agentJob(spec({}, asked), place);
    const pod = job.spec?.template.spec;
    expect(pod).toMatchObject({ runtimeClassName: 'gvisor', nodeSelector: { pool: 'agents' } });
    expect(pod?.containers[0]?.resources).toEqual({ requests: { cpu: '500m' }, limits: { memory: '2Gi' } });
    expect(pod?.volumes).toContainEqual({
      name: 'x-models',
      persistentVolumeClaim: { claimName: 'models', readOnly: true },
    });
    expect(job.spec?.activeDeadlineSeconds).toBe(60 + 600 + 10 + 60);
    // What it waits for money comes on top, and is at least an hour ahead.
    const given = [1, 3_599_999, 3_600_000, 90_000_000].map(
      (waited) => deadlineSeconds(spec({}, asked), waited) - 730,
    );
    expect(given).toEqual([7_200, 7_200, 10_800, 97_200]);
  });

  test('its token is in the Secret alone', () => {
    const handover = { spec: spec(), gateway: { gatewayUrl: 'http://g', token: 'the-token' } };
    expect(JSON.stringify(handoverSecret(spec(), handover, place.owner))).toContain('the-token');
    expect(JSON.stringify(agentJob(spec(), place))).not.toContain('the-token');
  });

  test('with a shared volume the agent works where the host made its workspace', () => {
    const shared = spec({}, { sharedVolume: { claim: 'runs' } });
    expect(specInPod(shared).workspace).toBe(shared.workspace);
    expect(specInPod(spec()).workspace).toBe('/work/run/agent-0.2');
    const container = agentJob(shared, place).spec?.template.spec?.containers[0];
    expect(container?.env).toContainEqual({ name: 'AGENT_WORKTREE_PATH', value: shared.workspace });
    expect(container?.env).toContainEqual({ name: 'AGENT_BRANCH', value: 'agent-0.2' });
    expect(container?.volumeMounts).toContainEqual({ name: 'runs', mountPath: '/home/x/runs' });
    const below = agentJob(spec({}, { sharedVolume: { claim: 'home', subPath: 'runs' } }), place);
    expect(below.spec?.template.spec?.containers[0]?.volumeMounts).toContainEqual({
      name: 'runs',
      mountPath: '/home/x/runs',
      subPath: 'runs',
    });
  });
});

type Times = { readonly creationTimestamp?: Date; readonly deletionTimestamp?: Date };

describe('why an agent ended', () => {
  const now = Date.parse('2026-01-01T00:10:00Z');
  const ago = (seconds: number): Date => new Date(now - seconds * 1_000);
  const job = (more: Partial<V1Job['status']> = {}): V1Job => ({
    metadata: { creationTimestamp: ago(5) },
    status: more,
  });
  const pod = (status: V1Pod['status'], metadata: Times = {}): V1Pod => ({
    metadata: { creationTimestamp: ago(5), ...metadata },
    status,
  });
  const seen = (more: Partial<Seen>): Seen => ({
    job: job(),
    pods: [],
    events: [],
    now,
    startSeconds: 300,
    ...more,
  });
  const agent = (state: object) => [
    { name: 'agent', state, image: '', imageID: '', ready: false, restartCount: 0 },
  ];
  const waiting = (reason: string, more: Times = {}): Partial<Seen> => ({
    pods: [pod({ phase: 'Pending', containerStatuses: agent({ waiting: { reason, message: 'm' } }) }, more)],
  });
  const failed = (reason: string): V1Job => job({ conditions: [{ type: 'Failed', status: 'True', reason }] });

  test.each<[string, Partial<Seen>, string]>([
    ['it runs', { pods: [pod({ phase: 'Running' })] }, 'running'],
    ['no pod yet', {}, 'waiting'],
    [
      'out of memory',
      {
        job: failed('BackoffLimitExceeded'),
        pods: [
          pod({
            phase: 'Failed',
            containerStatuses: agent({ terminated: { exitCode: 137, reason: 'OOMKilled' } }),
          }),
        ],
      },
      'resources_exhausted',
    ],
    ['evicted', { pods: [pod({ phase: 'Failed', reason: 'Evicted', message: 'disk' })] }, 'lost'],
    [
      'evicted for what it wrote',
      {
        pods: [
          pod({
            phase: 'Failed',
            reason: 'Evicted',
            message: 'Pod ephemeral local storage usage exceeds the total limit of containers 40Mi. ',
          }),
        ],
      },
      'resources_exhausted',
    ],
    [
      'preempted',
      {
        pods: [
          pod({ phase: 'Failed', conditions: [{ type: 'DisruptionTarget', status: 'True', message: 'p' }] }),
        ],
      },
      'lost',
    ],
    ['deadline', { job: failed('DeadlineExceeded'), pods: [] }, 'timeout'],
    ['the pod was deleted', { job: failed('BackoffLimitExceeded') }, 'lost'],
    ['the Job was deleted', { job: undefined }, 'lost'],
    ['an ended pod without a result', { pods: [pod({ phase: 'Succeeded' })] }, 'lost'],
    ['an impossible image', waiting('InvalidImageName'), 'hopeless'],
    ['an image that no node has', waiting('ErrImageNeverPull'), 'hopeless'],
    ['a registry that rests', waiting('ImagePullBackOff'), 'waiting'],
    ['a registry that stays away', waiting('ImagePullBackOff', { creationTimestamp: ago(200) }), 'hopeless'],
    ['a missing ConfigMap', waiting('CreateContainerConfigError'), 'hopeless'],
    [
      'no node has room',
      { pods: [pod({ phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False' }] })] },
      'waiting',
    ],
    [
      'no node has room for too long',
      {
        pods: [
          pod(
            { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False' }] },
            { creationTimestamp: ago(301) },
          ),
        ],
      },
      'hopeless',
    ],
    [
      'a quota is full',
      { events: [{ reason: 'FailedCreate', message: 'exceeded quota: agents' }] },
      'waiting',
    ],
    [
      'admission forbids it',
      { events: [{ reason: 'FailedCreate', message: 'violates PodSecurity "restricted"' }] },
      'hopeless',
    ],
    ['a dead node', { pods: [pod({ phase: 'Running' }, { deletionTimestamp: ago(120) })] }, 'lost'],
  ])('%s', (_name, given, expected) => {
    const { job: theJob, ...all } = seen(given);
    const verdict = verdictOf(theJob === undefined ? all : { job: theJob, ...all });
    expect(verdict.kind === 'ended' ? verdict.outcome : verdict.kind).toBe(expected);
  });
});

describe('who told a runner to end', () => {
  const pod = (status: V1Pod['status']): V1Pod => ({ metadata: { creationTimestamp: new Date(0) }, status });
  const target = { type: 'DisruptionTarget', status: 'True', message: 'Eviction API: evicting' };

  test('its Job for want of time, a node for want of disk, somebody else, or nobody says so', () => {
    const conditions = [{ type: 'FailureTarget', status: 'True', reason: 'DeadlineExceeded' }];
    const why = (job: V1Job, ...pods: V1Pod[]): string | undefined => whyTakenAway({ job, pods })?.outcome;
    expect(why({ status: { conditions } }, pod({ phase: 'Succeeded' }))).toBe('timeout');
    const message = 'Usage of EmptyDir volume "work" exceeds the limit "40Mi". ';
    expect(why({}, pod({ phase: 'Failed', reason: 'Evicted', message }))).toBe('resources_exhausted');
    expect(why({}, pod({ phase: 'Succeeded', conditions: [target] }))).toBe('lost');
    expect(why({}, pod({ phase: 'Succeeded' }))).toBeUndefined();
    expect(why({})).toBeUndefined();
  });
});

describe('what a pod may push', () => {
  const REF = 'refs/incoming/agent-0';
  const line = (text: string): string => `${(text.length + 4).toString(16).padStart(4, '0')}${text}`;
  const push = (...commands: string[]): Buffer =>
    Buffer.from(
      `${commands.map((text, index) => line(index === 0 ? `${text}\0 report-status` : text)).join('')}0000PACK`,
      'latin1',
    );

  test('its own ref, once', () => {
    expect(readPush(push(`${NONE} ${SHA} ${REF}`), REF).kind).toBe('command');
    expect(readPush(push(`${OTHER} ${SHA} ${REF}`), REF).kind).toBe('refused');
  });

  test('nothing else', () => {
    for (const commands of [
      [`${SHA} ${NONE} ${REF}`],
      [`${NONE} ${SHA} refs/heads/main`],
      [`${NONE} ${SHA} refs/incoming/agent-1`],
      [`${NONE} ${SHA} ${REF}/../agent-1`],
      [`${NONE} ${SHA} refs/incoming/agent-0;id`],
      [`${NONE} ${SHA} ${REF}\nrefs/heads/main`],
      [`${NONE} ${SHA} HEAD`],
      [`${NONE} ${SHA} ${REF}`, `${NONE} ${SHA} refs/heads/result`],
      [`${NONE} ${SHA.slice(1)} ${REF}`],
      [`push-cert`],
      [`shallow ${SHA}`],
    ])
      expect(readPush(push(...commands), REF)).toMatchObject({ kind: 'refused' });
    expect(readPush(Buffer.from('zzzz'), REF).kind).toBe('refused');
    expect(readPush(Buffer.from('ffff'), REF).kind).toBe('refused');
    expect(readPush(Buffer.from(line(`${NONE} ${SHA} ${REF}\0 push-options`)), REF).kind).toBe('refused');
  });

  test('a request is read as it comes, and a look is no push', () => {
    const whole = push(`${NONE} ${SHA} ${REF}`);
    for (let end = 0; end < whole.length - 'PACK'.length; end++)
      expect(readPush(whole.subarray(0, end), REF).kind).toBe('more');
    expect(readPush(Buffer.from('0000'), REF).kind).toBe('probe');
  });
});
