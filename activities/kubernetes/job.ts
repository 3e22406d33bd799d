/**
 * The Job of one agent, and the objects around it, as they are sent to Kubernetes. Pure: the same agent gives the same
 * names, so that whoever creates them a second time finds the first.
 */
import { createHash } from 'node:crypto';
import type { V1ConfigMap, V1Job, V1OwnerReference, V1Secret, V1Volume } from '@kubernetes/client-node';
import type { AgentAccess } from '../../domain/agents/access.ts';
import type { AgentSpec } from '../../domain/agents/agent.ts';
import { slug } from '../../domain/names.ts';
import { START_SECONDS, type PodRequest, type PodVolume } from '../../domain/agents/pod.ts';

/** Where things lie in the pod. Only `POD_WORK` and `/tmp` can be written. */
const POD_WORK = '/work';
const POD_HANDOVER = '/drover/handover';

export const LABELS = {
  managedBy: 'app.kubernetes.io/managed-by',
  name: 'app.kubernetes.io/name',
  swarm: 'drover.dev/swarm',
  agent: 'drover.dev/agent',
  task: 'drover.dev/task',
} as const;
export const SPEC_HASH = 'drover.dev/spec-hash';
export const AGENT_CONTAINER = 'agent';

/** The user of the agent's image; not root. */
const USER = 1000;
/** Between the end of an agent and that of its pod: keeping the work, pushing it, telling the result. */
const HAND_IN_SECONDS = 60;
/** How long a finished Job stays to be looked at, counted from when its result was stored. */
export const KEEP_SECONDS = 3_600;

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A node takes names of 63 characters; the pods of a Job add six to its name. */
export const jobName = ({ swarmId, agentId }: Pick<AgentSpec, 'swarmId' | 'agentId'>): string =>
  `drover-${slug(swarmId, 24, 's')}-${slug(agentId, 14, 'a')}-${digest(`${swarmId}\n${agentId}`).slice(0, 8)}`;

/** Of the one object that owns all others of a swarm. */
export const ownerName = (swarmId: string): string =>
  `drover-${slug(swarmId, 40, 's')}-${digest(swarmId).slice(0, 8)}`;

/**
 * Says whether a Job that is there already is this very attempt's: the spec holds the attempt's own marker. What
 * another version of Drover would write into the Job does not count.
 */
export const specHash = (spec: AgentSpec): string => digest(JSON.stringify(spec)).slice(0, 32);

export const swarmSelector = (swarmId: string): string =>
  `${LABELS.managedBy}=drover,${LABELS.swarm}=${swarmId}`;

export const agentSelector = ({ swarmId, agentId }: Pick<AgentSpec, 'swarmId' | 'agentId'>): string =>
  `${swarmSelector(swarmId)},${LABELS.agent}=${agentId}`;

const swarmLabels = (swarmId: string): Record<string, string> => ({
  [LABELS.name]: 'drover-agent',
  [LABELS.managedBy]: 'drover',
  [LABELS.swarm]: swarmId,
});

const agentLabels = ({ swarmId, agentId, taskId }: AgentSpec): Record<string, string> => ({
  ...swarmLabels(swarmId),
  [LABELS.agent]: agentId,
  [LABELS.task]: taskId,
});

export const ownerObject = (swarmId: string): V1ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: ownerName(swarmId), labels: swarmLabels(swarmId) },
  data: { swarm: swarmId },
});

/** Whatever names this owner is removed with it. */
export const ownerReference = (owner: V1ConfigMap): V1OwnerReference => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name: owner.metadata?.name ?? '',
  uid: owner.metadata?.uid ?? '',
  controller: false,
  blockOwnerDeletion: false,
});

/** What the pod is told: all that its runner needs, and a token that opens only what is this agent's. */
export interface PodHandover {
  readonly spec: AgentSpec;
  readonly gateway: AgentAccess;
  /** The host's server; absent where the host's volume is shared. */
  readonly host?: { readonly url: string; readonly token: string };
}

/** The spec with the places of the pod instead of those of the host. */
export const specInPod = (spec: AgentSpec): AgentSpec => {
  const { pod, cache: _, ...rest } = spec;
  if (pod?.sharedVolume !== undefined) return spec;
  return {
    ...rest,
    ...(pod === undefined ? {} : { pod }),
    workspace: `${POD_WORK}/run/${spec.agentId}`,
    runDirectory: `${POD_WORK}/run/agents/${spec.agentId}`,
  };
};

export const handoverSecret = (
  spec: AgentSpec,
  handover: PodHandover,
  owner: V1OwnerReference,
): V1Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: jobName(spec), labels: agentLabels(spec), ownerReferences: [owner] },
  type: 'Opaque',
  immutable: true,
  stringData: { 'handover.json': JSON.stringify(handover) },
});

export interface JobPlace {
  readonly image: string;
  /** Absolute path of the host's runs, for a shared volume. */
  readonly runsDirectory: string;
  readonly owner: V1OwnerReference;
}

const furtherVolume = ({ name, claim, configMap, secret, readOnly }: PodVolume): V1Volume => ({
  name: `x-${name}`,
  ...(claim === undefined
    ? configMap === undefined
      ? secret === undefined
        ? { emptyDir: {} }
        : { secret: { secretName: secret } }
      : { configMap: { name: configMap } }
    : { persistentVolumeClaim: { claimName: claim, ...(readOnly === true ? { readOnly } : {}) } }),
});

/** The agent's own limit of memory holds for the pod where none is set. */
const resourcesOf = (spec: AgentSpec, pod: PodRequest) => {
  const { memoryBytes } = spec.limits;
  const limits = {
    ...(memoryBytes === undefined ? {} : { memory: String(memoryBytes) }),
    ...pod.resources?.limits,
  };
  return { requests: { ...pod.resources?.requests }, limits };
};

/** What an agent has waited for money is given back in such steps, one ahead: nobody may be there to move it again. */
const GIVEN_SECONDS = 3_600;

/**
 * How long the Job may be there. The runner ends its agent by itself; this is for a runner that does not. Waiting for
 * a node counts, too; waiting for money does not.
 */
export const deadlineSeconds = ({ pod, limits, setup }: AgentSpec, waitedMs = 0): number => {
  const setUpSeconds = setup.reduce((sum, { timeoutSeconds }) => sum + timeoutSeconds, 0);
  const { wallSeconds, graceSeconds } = limits;
  const given = waitedMs > 0 ? (Math.floor(waitedMs / 1_000 / GIVEN_SECONDS) + 2) * GIVEN_SECONDS : 0;
  return (
    (pod?.startSeconds ?? START_SECONDS) + wallSeconds + setUpSeconds + graceSeconds + HAND_IN_SECONDS + given
  );
};

export const agentJob = (spec: AgentSpec, place: JobPlace): V1Job => {
  const pod = spec.pod ?? {};
  const labels = agentLabels(spec);
  const { graceSeconds } = spec.limits;
  const shared = pod.sharedVolume;
  const further = pod.volumes ?? [];
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(spec),
      labels,
      annotations: { [SPEC_HASH]: specHash(spec) },
      ownerReferences: [place.owner],
    },
    spec: {
      completions: 1,
      parallelism: 1,
      // Whether there is another attempt is for the swarm to say, which knows why this one failed.
      backoffLimit: 0,
      // No second pod while the first one may still run.
      podReplacementPolicy: 'Failed',
      activeDeadlineSeconds: deadlineSeconds(spec),
      template: {
        metadata: {
          labels,
          annotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' },
        },
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: graceSeconds + HAND_IN_SECONDS,
          ...(pod.runtimeClassName === undefined ? {} : { runtimeClassName: pod.runtimeClassName }),
          ...(pod.nodeSelector === undefined ? {} : { nodeSelector: { ...pod.nodeSelector } }),
          ...(pod.tolerations === undefined
            ? {}
            : { tolerations: pod.tolerations.map((one) => ({ ...one })) }),
          ...(pod.imagePullSecrets === undefined
            ? {}
            : { imagePullSecrets: pod.imagePullSecrets.map((name) => ({ name })) }),
          securityContext: {
            runAsNonRoot: true,
            runAsUser: USER,
            runAsGroup: USER,
            fsGroup: USER,
            fsGroupChangePolicy: 'OnRootMismatch',
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [
            {
              name: AGENT_CONTAINER,
              image: place.image,
              ...(pod.imagePullPolicy === undefined ? {} : { imagePullPolicy: pod.imagePullPolicy }),
              command: ['node', '/app/dist/runner/pod.js', `${POD_HANDOVER}/handover.json`],
              env: [
                { name: 'HOME', value: `${POD_WORK}/home` },
                { name: 'AGENT_WORKTREE_PATH', value: specInPod(spec).workspace },
                { name: 'AGENT_BRANCH', value: spec.branch },
                {
                  name: 'DROVER_AGENT_POD',
                  valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } },
                },
              ],
              resources: resourcesOf(spec, pod),
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
              terminationMessagePolicy: 'FallbackToLogsOnError',
              volumeMounts: [
                { name: 'work', mountPath: POD_WORK },
                { name: 'tmp', mountPath: '/tmp' },
                { name: 'handover', mountPath: POD_HANDOVER, readOnly: true },
                ...(shared === undefined
                  ? []
                  : [
                      {
                        name: 'runs',
                        mountPath: place.runsDirectory,
                        ...(shared.subPath === undefined ? {} : { subPath: shared.subPath }),
                      },
                    ]),
                ...further.map(({ name, path, readOnly }) => ({
                  name: `x-${name}`,
                  mountPath: path,
                  ...(readOnly === true ? { readOnly } : {}),
                })),
              ],
            },
          ],
          volumes: [
            { name: 'work', emptyDir: {} },
            { name: 'tmp', emptyDir: {} },
            { name: 'handover', secret: { secretName: jobName(spec), defaultMode: 0o440 } },
            ...(shared === undefined
              ? []
              : [{ name: 'runs', persistentVolumeClaim: { claimName: shared.claim } }]),
            ...further.map(furtherVolume),
          ],
        },
      },
    },
  };
};
