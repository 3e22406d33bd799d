/**
 * What Kubernetes says of an agent's Job, told apart by what is to be done about it. Pure. The agent's own result
 * counts before any of this; these are the ends that no runner tells.
 */
import type { CoreV1Event, V1ContainerStatus, V1Job, V1Pod } from '@kubernetes/client-node';
import type { AgentOutcome } from '../../domain/agents/agent.ts';
import { clip, plainLine } from '../../domain/text.ts';
import { AGENT_CONTAINER } from './job.ts';

export type Verdict =
  /** `note` says what it waits for. */
  | { readonly kind: 'waiting'; readonly note: string }
  | { readonly kind: 'running' }
  /** The agent has ended, or never comes to an end. */
  | { readonly kind: 'ended'; readonly outcome: AgentOutcome; readonly summary: string }
  /** Another attempt would meet the same: a person must change something. */
  | { readonly kind: 'hopeless'; readonly summary: string; readonly hint: string };

export interface Seen {
  /** Absent when there is none (any more). */
  readonly job?: V1Job;
  readonly pods: readonly V1Pod[];
  /** Of the Job, newest last. */
  readonly events: readonly Pick<CoreV1Event, 'reason' | 'message'>[];
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly startSeconds: number;
}

/** A pull that failed may be a registry that rests; one that cannot succeed is not waited for. */
const PULL_PATIENCE_MS = 120_000;
/** A pod that was told to end and did not by this long after its grace period is on a node that is gone. */
const TERMINATION_SLACK_MS = 60_000;

const HOPELESS_WAITS: Readonly<Record<string, string>> = {
  InvalidImageName: 'correct the image in drover.yml (kubernetes.image, kubernetes.images)',
  ErrImageNeverPull: 'load the image into the nodes, or allow it to be pulled (kubernetes.imagePullPolicy)',
  CreateContainerConfigError: 'look whether the Secrets and ConfigMaps of kubernetes.volumes are there',
  CreateContainerError: 'look whether the image has what Drover starts: node, and /app/dist',
  RunContainerError: 'look whether the image has what Drover starts: node, and /app/dist',
};
const PULL_WAITS = new Set(['ErrImagePull', 'ImagePullBackOff', 'RegistryUnavailable', 'ImageInspectError']);

const words = (text: string | undefined, max = 600): string => clip(plainLine(text ?? ''), max);
const millis = (value: Date | string | undefined): number | undefined =>
  value === undefined ? undefined : new Date(value).getTime();

const agentStatus = (pod: V1Pod): V1ContainerStatus | undefined =>
  pod.status?.containerStatuses?.find(({ name }) => name === AGENT_CONTAINER);

const condition = (pod: V1Pod, type: string) => pod.status?.conditions?.find((one) => one.type === type);

const isDisrupted = (pod: V1Pod): boolean =>
  pod.status?.reason === 'Evicted' || condition(pod, 'DisruptionTarget')?.status === 'True';

type Ended = Extract<Verdict, { kind: 'ended' }>;

/** What the kubelet says when a pod wrote more than it may: the next one would do the same. */
const TOO_MUCH_DISK =
  /ephemeral local storage usage exceeds|exceeded its local ephemeral storage limit|emptyDir volume .* exceeds/i;

const disruption = (pod: V1Pod): Ended => {
  const said = words(
    pod.status?.message ??
      condition(pod, 'DisruptionTarget')?.message ??
      'its node is needed for something else',
  );
  return pod.status?.reason === 'Evicted' && TOO_MUCH_DISK.test(said)
    ? {
        kind: 'ended',
        outcome: 'resources_exhausted',
        summary: `The pod wrote more than it may and was evicted; raise kubernetes.resources.limits.ephemeral-storage: ${said}`,
      }
    : { kind: 'ended', outcome: 'lost', summary: `The pod was evicted: ${said}` };
};

/** A pod that has ended. */
const endOf = (pod: V1Pod): Verdict => {
  const ended = agentStatus(pod)?.state?.terminated;
  if (ended?.reason === 'OOMKilled')
    return {
      kind: 'ended',
      outcome: 'resources_exhausted',
      summary:
        'The pod used more memory than it may (OOMKilled); raise limits.memory or kubernetes.resources.limits.memory',
    };
  if (isDisrupted(pod)) return disruption(pod);
  // The node of a runner that was there and is not ready to say why.
  const said = words(ended?.message, 1_000);
  return {
    kind: 'ended',
    outcome: 'lost',
    summary: `The pod ended ${ended === undefined ? `(${words(pod.status?.reason ?? pod.status?.phase, 100)})` : `with code ${ended.exitCode}`} without a result${said === '' ? '' : `: ${said}`}`,
  };
};

const ofWaiting = (pod: V1Pod, { now, startSeconds }: Seen): Verdict => {
  const created = millis(pod.metadata?.creationTimestamp) ?? now;
  const placed = condition(pod, 'PodScheduled');
  const overdue = now - created > startSeconds * 1_000;
  if (placed?.status === 'False')
    return overdue
      ? {
          kind: 'hopeless',
          summary: `No node took the pod in ${startSeconds} s: ${words(placed.message)}`,
          hint: 'add nodes, ask for less (kubernetes.resources), or allow it more time (kubernetes.start)',
        }
      : { kind: 'waiting', note: `no node has room: ${words(placed.message, 200)}` };
  const wait = agentStatus(pod)?.state?.waiting;
  const reason = wait?.reason ?? '';
  const hint = HOPELESS_WAITS[reason];
  if (hint !== undefined)
    return { kind: 'hopeless', summary: `The pod cannot start (${reason}): ${words(wait?.message)}`, hint };
  if (PULL_WAITS.has(reason)) {
    const since = millis(placed?.lastTransitionTime) ?? created;
    return now - since > Math.min(PULL_PATIENCE_MS, startSeconds * 1_000)
      ? {
          kind: 'hopeless',
          summary: `The image cannot be pulled (${reason}): ${words(wait?.message)}`,
          hint: 'correct the image (kubernetes.image), or give access to it (kubernetes.imagePullSecrets)',
        }
      : { kind: 'waiting', note: `the image cannot be pulled: ${words(wait?.message, 200)}` };
  }
  if (overdue)
    return {
      kind: 'hopeless',
      summary: `The pod did not start in ${startSeconds} s${reason === '' ? '' : ` (${reason}): ${words(wait?.message)}`}`,
      hint: 'kubectl describe the pod, or allow it more time (kubernetes.start)',
    };
  return { kind: 'waiting', note: reason === '' ? 'the pod starts' : `the pod starts: ${reason}` };
};

/** A Job without a pod: its controller has not come to it, or was refused one. */
const ofNoPod = (job: V1Job, { events, now, startSeconds }: Seen): Verdict => {
  const refused = events.findLast(({ reason }) => reason === 'FailedCreate');
  const created = millis(job.metadata?.creationTimestamp) ?? now;
  const overdue = now - created > startSeconds * 1_000;
  if (refused === undefined)
    return overdue
      ? {
          kind: 'hopeless',
          summary: `The Job had no pod after ${startSeconds} s`,
          hint: 'look whether the controllers of the cluster run, and at the events of the Job',
        }
      : { kind: 'waiting', note: 'the Job has no pod yet' };
  const message = words(refused.message);
  // A quota has room again when others end; what admission forbids stays forbidden.
  const passes = /exceeded quota|timeout|timed out|connection refused|try again|internal error/i.test(
    message,
  );
  return passes && !overdue
    ? { kind: 'waiting', note: `no pod may be made: ${clip(message, 200)}` }
    : {
        kind: 'hopeless',
        summary: `The cluster refuses the pod (FailedCreate): ${message}`,
        hint: 'change what it objects to: the quota, the Pod Security of the namespace, or kubernetes: in drover.yml',
      };
};

const newest = (pods: readonly V1Pod[]): V1Pod | undefined =>
  pods.toSorted(
    (a, b) => (millis(a.metadata?.creationTimestamp) ?? 0) - (millis(b.metadata?.creationTimestamp) ?? 0),
  )[pods.length - 1];

const failureOf = (job: V1Job | undefined) =>
  job?.status?.conditions?.find(
    ({ type, status }) => (type === 'Failed' || type === 'FailureTarget') && status === 'True',
  );

const OVERDUE: Ended = {
  kind: 'ended',
  outcome: 'timeout',
  summary: 'The pod ran longer than its Job may (DeadlineExceeded) and was ended',
};

/**
 * Why a pod was told to end. Its runner could only say that it was; here is who did it, if anybody says so.
 * @returns undefined when nobody does (yet)
 */
export const whyTakenAway = ({ job, pods }: Pick<Seen, 'job' | 'pods'>): Ended | undefined => {
  if (failureOf(job)?.reason === 'DeadlineExceeded') return OVERDUE;
  const pod = newest(pods);
  return pod !== undefined && isDisrupted(pod) ? disruption(pod) : undefined;
};

export const verdictOf = (seen: Seen): Verdict => {
  const { job, now } = seen;
  const pod = newest(seen.pods);
  const failed = failureOf(job);
  if (failed?.reason === 'DeadlineExceeded') return OVERDUE;
  const phase = pod?.status?.phase;
  if (pod !== undefined && (phase === 'Failed' || phase === 'Succeeded')) return endOf(pod);
  if (job === undefined || failed !== undefined || job.metadata?.deletionTimestamp !== undefined)
    return {
      kind: 'ended',
      outcome: 'lost',
      summary: `The agent's ${job === undefined || failed === undefined ? 'Job' : 'pod'} was deleted`,
    };
  if (pod === undefined) return ofNoPod(job, seen);
  const deleted = millis(pod.metadata?.deletionTimestamp);
  if (deleted !== undefined)
    // `deletionTimestamp` has the grace period in it.
    return now - deleted > TERMINATION_SLACK_MS
      ? {
          kind: 'ended',
          outcome: 'lost',
          summary: 'The node of the pod does not answer any more; the pod was given up',
        }
      : { kind: 'waiting', note: 'the pod is being ended' };
  return phase === 'Running' ? { kind: 'running' } : ofWaiting(pod, seen);
};
