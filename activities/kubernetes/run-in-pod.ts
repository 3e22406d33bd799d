/**
 * An agent in a pod of its own: makes its Job unless it is there, and watches it until the agent's result lies in the
 * run directory of the host. The pod's runner tells its events and its result by itself; Kubernetes is asked only why
 * there will be none. When this process dies, the next one finds Job, Secret and result where they are.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { AgentSpec } from '../../domain/agents/agent.ts';
import { DroverFailure } from '../../domain/failures.ts';
import { START_SECONDS, type PodRequest } from '../../domain/agents/pod.ts';
import { crashPoint } from '../../store/crash-point.ts';
import type { AgentDirectory } from '../../store/home.ts';
import { readClaim, readResult, recordEnd, settle, type KnownResult } from '../agents/run-files.ts';
import { interruption } from '../interruption.ts';
import type { Cluster } from './cluster.ts';
import { namespaceOf, type PodDeps } from './deps.ts';
import { endPod } from './end-pod.ts';
import {
  agentJob,
  agentSelector,
  deadlineSeconds,
  handoverSecret,
  jobName,
  KEEP_SECONDS,
  ownerObject,
  ownerReference,
  specInPod,
} from './job.ts';
import { reportTaker } from './take-reports.ts';
import { followPodLog } from './pod-log.ts';
import { verdictOf, whyTakenAway, type Verdict } from './verdict.ts';

/** How often the Job is looked at when no watch tells anything. */
const LOOK_MS = 10_000;
/** How often the store is asked what the agent has reported. */
const TAKE_MS = 500;
/** On a shared volume a file may be seen later than the end of its writer. */
const RESULT_WAIT_MS = 5_000;
/** A runner that was told to end says so some moments before its pod has ended. */
const REASON_WAIT_MS = 20_000;
/** What a runner says last comes after its result. */
const LOG_SLACK_MS = 10_000;

const imageOf = (deps: PodDeps, pod: PodRequest): string => {
  const image = pod.image ?? deps.image;
  if (image !== undefined) return image;
  throw new DroverFailure('invalidInput', 'Nothing says which image agents in pods run', {
    hint: 'set kubernetes.image in drover.yml, or DROVER_AGENT_IMAGE for the worker',
  });
};

const isLoopback = (url: string): boolean => /^(127\.|localhost$|\[::1\]$)/.test(new URL(url).hostname);

const startPod = async (deps: PodDeps, cluster: Cluster, spec: AgentSpec): Promise<void> => {
  const pod = spec.pod ?? {};
  const namespace = namespaceOf(deps, pod);
  const image = imageOf(deps, pod);
  const shared = pod.sharedVolume !== undefined;
  if (deps.hostUrl === undefined && !shared)
    throw new DroverFailure('invalidInput', 'Pods cannot reach this host: nobody says where it is', {
      hint: 'set DROVER_HOST_URL for the worker to an address that pods can reach, such as http://10.0.0.5:7422',
    });
  const gateway = await deps.doors.open(spec);
  if (isLoopback(gateway.gatewayUrl) && !(shared && spec.model === ''))
    throw new DroverFailure('invalidInput', `Pods cannot reach the model gateway at ${gateway.gatewayUrl}`, {
      hint: 'set DROVER_GATEWAY_HOST and DROVER_GATEWAY_URL to an address that pods can reach',
    });
  const owner = ownerReference(await cluster.ensureOwner(namespace, ownerObject(spec.swarmId)));
  const host =
    deps.hostUrl === undefined || shared ? {} : { host: { url: deps.hostUrl, token: gateway.token } };
  await cluster.ensureSecret(
    namespace,
    handoverSecret(spec, { spec: specInPod(spec), gateway, ...host }, owner),
  );
  crashPoint('spawn.before');
  await cluster.ensureJob(
    namespace,
    agentJob(spec, { image, owner, runsDirectory: deps.home.runsDirectory }),
  );
  crashPoint('spawn.after');
};

/** @param fresh ask the server also for what the watches have told: one may be behind the other */
const look = async (deps: PodDeps, cluster: Cluster, spec: AgentSpec, fresh: boolean): Promise<Verdict> => {
  const pod = spec.pod ?? {};
  const namespace = namespaceOf(deps, pod);
  const name = jobName(spec);
  const observer = cluster.observe(namespace);
  const job = (fresh ? undefined : observer.job(name)) ?? (await cluster.readJob(namespace, name));
  const told = fresh ? [] : observer.podsOf(name);
  const pods = told.length > 0 ? told : await cluster.listPods(namespace, agentSelector(spec));
  const events = job !== undefined && pods.length === 0 ? await cluster.eventsOf(namespace, name) : [];
  return verdictOf({
    ...(job === undefined ? {} : { job }),
    pods,
    events,
    now: Date.now(),
    startSeconds: pod.startSeconds ?? START_SECONDS,
  });
};

/** Time in which the agent waits for money is none of its Job's. */
const moveDeadline = async (deps: PodDeps, cluster: Cluster, spec: AgentSpec): Promise<void> => {
  const wanted = deadlineSeconds(spec, await deps.doors.waitedMs(spec));
  if (wanted === deadlineSeconds(spec)) return;
  const namespace = namespaceOf(deps, spec.pod ?? {});
  const name = jobName(spec);
  const job = cluster.observe(namespace).job(name) ?? (await cluster.readJob(namespace, name));
  if ((job?.spec?.activeDeadlineSeconds ?? wanted) < wanted)
    await cluster.setDeadline(namespace, name, wanted);
};

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);

type End = Extract<Verdict, { kind: 'ended' | 'hopeless' }>;

interface Watching {
  readonly signal: AbortSignal;
  /** Takes what the agent has reported. */
  readonly take: () => Promise<void>;
  readonly onWaiting: (note: string) => void;
}

/** @returns how it ends without the agent's own result; undefined to look again */
const watchPod = async (
  deps: PodDeps,
  cluster: Cluster,
  directory: AgentDirectory,
  spec: AgentSpec,
  { signal, take, onWaiting }: Watching,
): Promise<End | undefined> => {
  const observer = cluster.observe(namespaceOf(deps, spec.pod ?? {}));
  const changed = new AbortController();
  const unsubscribe = observer.subscribe(jobName(spec), () => changed.abort());
  try {
    let verdict = await look(deps, cluster, spec, false);
    if (verdict.kind === 'ended' || verdict.kind === 'hopeless')
      verdict = await look(deps, cluster, spec, true);
    if (verdict.kind === 'ended' || verdict.kind === 'hopeless') return verdict;
    onWaiting(verdict.kind === 'waiting' ? `Waits: ${verdict.note}` : '');
    await moveDeadline(deps, cluster, spec);
    const over = AbortSignal.any([signal, changed.signal, AbortSignal.timeout(LOOK_MS)]);
    while (!over.aborted) {
      await take();
      if ((await readResult(directory)) !== undefined) break;
      await pause(TAKE_MS, over);
    }
    return undefined;
  } finally {
    unsubscribe();
  }
};

/** What the agent said last may be seen after its end. */
const lateResult = async (directory: AgentDirectory, { signal, take }: Watching): Promise<void> => {
  const until = performance.now() + RESULT_WAIT_MS;
  for (;;) {
    await take();
    if ((await readResult(directory)) !== undefined || signal.aborted || performance.now() > until) return;
    await pause(TAKE_MS, signal);
  }
};

/**
 * A runner that was told to end cannot know by whom. Kubernetes says it as soon as the pod has ended; what was found
 * takes the place of the runner's own words.
 */
const explainLoss = async (
  deps: PodDeps,
  cluster: Cluster,
  directory: AgentDirectory,
  spec: AgentSpec,
  signal: AbortSignal,
): Promise<void> => {
  const namespace = namespaceOf(deps, spec.pod ?? {});
  const until = performance.now() + REASON_WAIT_MS;
  for (;;) {
    const [job, pods] = await Promise.all([
      cluster.readJob(namespace, jobName(spec)),
      cluster.listPods(namespace, agentSelector(spec)),
    ]);
    const why = whyTakenAway({ ...(job === undefined ? {} : { job }), pods });
    if (why !== undefined) return recordEnd(directory, why.outcome, why.summary);
    const over = pods.every(({ status }) => status?.phase !== 'Running' && status?.phase !== 'Pending');
    if (over || signal.aborted || performance.now() > until) return;
    await pause(TAKE_MS, signal);
  }
};

/** Its result is stored: from now on the Job may go, and what opened doors does so at once. */
const putAway = async (deps: PodDeps, cluster: Cluster, spec: AgentSpec): Promise<void> => {
  const namespace = namespaceOf(deps, spec.pod ?? {});
  await cluster.deleteSecret(namespace, jobName(spec));
  await cluster.keepFor(namespace, jobName(spec), KEEP_SECONDS);
};

/** Beside the watching of the agent, which never waits for it. @returns a function that lets it come to its end */
const followLog = (
  deps: PodDeps,
  cluster: Cluster,
  directory: AgentDirectory,
  spec: AgentSpec,
): (() => void) => {
  const namespace = namespaceOf(deps, spec.pod ?? {});
  const observer = cluster.observe(namespace);
  // Kept for itself: the log outlives the watching by some moments.
  const unsubscribe = observer.subscribe(jobName(spec), () => undefined);
  const ended = new AbortController();
  const pod = () => observer.podsOf(jobName(spec)).at(-1);
  const followed = { namespace, pod, file: directory.log, signal: ended.signal };
  void followPodLog(cluster.openLog, followed).finally(unsubscribe);
  return () => {
    setTimeout(() => ended.abort(), LOG_SLACK_MS).unref();
  };
};

/** @param onWaiting told what the pod waits for, and nothing when it waits no longer */
export const runInPod = async (
  deps: PodDeps,
  directory: AgentDirectory,
  spec: AgentSpec,
  onWaiting: (note: string) => void,
): Promise<KnownResult> => {
  const context = Context.current();
  const { cancellationSignal: signal } = context;
  const cluster = await deps.cluster();
  // Keeps the watches over the looks, too, so that they do not start anew with each of them.
  const letLogEnd = followLog(deps, cluster, directory, spec);
  // On a shared volume the runner writes into the run directory by itself.
  const take =
    spec.pod?.sharedVolume === undefined ? reportTaker(deps.db, directory, spec) : async () => undefined;
  const watching = { signal, take, onWaiting };
  let started = false;
  try {
    for (;;) {
      await take();
      const result = await readResult(directory);
      if (result !== undefined) {
        if (result.outcome === 'lost') await explainLoss(deps, cluster, directory, spec, signal);
        await putAway(deps, cluster, spec);
        return (await readResult(directory)) ?? result;
      }
      if (signal.aborted) {
        if (context.cancellationDetails?.cancelRequested !== true) throw interruption(context);
        return await endPod(deps, cluster, directory, spec, take);
      }
      if (!started) {
        await deps.doors.waitForMoney(spec, signal);
        if (signal.aborted) continue;
        // A pod that has claimed the agent was started before; when its Job is gone, so is the agent.
        if ((await readClaim(directory)) === undefined) await startPod(deps, cluster, spec);
        started = true;
      }
      const end = await watchPod(deps, cluster, directory, spec, watching);
      if (end === undefined) continue;
      if (end.kind === 'hopeless') {
        await settle(directory, spec, 'failed', end.summary);
        await endPod(deps, cluster, directory, spec, take);
        throw new DroverFailure('invalidInput', end.summary, { hint: end.hint });
      }
      await lateResult(directory, watching);
      await settle(directory, spec, end.outcome, end.summary);
    }
  } finally {
    onWaiting('');
    letLogEnd();
  }
};
