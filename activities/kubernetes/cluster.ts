/**
 * What Drover asks of Kubernetes, and nothing else: one owner, Secret and Job per agent, looked at and removed. Each
 * call is repeatable: what is there already is taken for what it is. The client is loaded with the first agent that
 * needs it, since it takes 90 MB.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchV1Api, CoreV1Api, V1ConfigMap, V1Job, V1Pod, V1Secret } from '@kubernetes/client-node';
import { DroverFailure } from '../../domain/failures.ts';
import { clip, plainLine } from '../../domain/text.ts';
import { SPEC_HASH } from './job.ts';
import { logOpener, type OpenLog } from './log-request.ts';
import { createObserver, type Observer } from './observer.ts';

/** A server that is overloaded or starts anew is back in this time; after it the activity's own tries count. */
const PATIENCE_MS = 60_000;
const FIRST_WAIT_MS = 200;
const MOST_WAIT_MS = 5_000;

/** The HTTP status of an answer that is an error, or undefined when there was none. */
const statusOf = (error: unknown): number | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number'
    ? error.code
    : undefined;

const messageOf = (error: unknown): string => {
  const { body } = error as { readonly body?: unknown };
  let said: unknown = body;
  try {
    said = typeof body === 'string' ? JSON.parse(body) : body;
  } catch {
    // Not JSON: said as it is.
  }
  const message =
    typeof said === 'object' && said !== null && 'message' in said ? String(said.message) : undefined;
  return clip(plainLine(message ?? (error instanceof Error ? error.message : String(error))), 600);
};

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'correct kubernetes: in drover.yml',
  401: 'look at the credentials that the worker has for the cluster (KUBECONFIG)',
  403: 'give the worker the rights that docs/kubernetes.md lists',
  404: 'make the namespace first (kubectl create namespace)',
  422: 'correct kubernetes: in drover.yml',
};

const failureOf = (error: unknown): DroverFailure => {
  const status = statusOf(error);
  const hint = status === undefined ? undefined : REFUSALS[status];
  return hint === undefined
    ? new DroverFailure('unavailable', `Kubernetes does not answer: ${messageOf(error)}`, {
        hint: 'look whether the API server can be reached from the worker',
        cause: error,
      })
    : new DroverFailure('invalidInput', `Kubernetes refuses it (${status}): ${messageOf(error)}`, {
        hint,
        cause: error,
      });
};

/**
 * Tries again what may pass: no answer, a conflict with another's change, too many requests, errors of the server.
 * Other answers are thrown.
 */
const patiently = async <T>(ask: () => Promise<T>): Promise<T> => {
  const deadline = performance.now() + PATIENCE_MS;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, MOST_WAIT_MS)) {
    try {
      return await ask();
    } catch (error) {
      const status = statusOf(error);
      const passes =
        status === undefined || status === 408 || status === 409 || status === 429 || status >= 500;
      if (!passes || performance.now() > deadline) throw failureOf(error);
      await sleep(wait);
    }
  }
};

/** For these answers there is nothing to have, and that is no error. */
const unless =
  <T>(statuses: readonly number[], ask: () => Promise<T>) =>
  async (): Promise<T | undefined> => {
    try {
      return await ask();
    } catch (error) {
      if (statuses.includes(statusOf(error) ?? 0)) return undefined;
      throw error;
    }
  };

/** Makes it, or finds the one of that name. What is there and gone a moment later is made anew. */
const createOrFind = async <T>(
  create: () => Promise<T>,
  find: () => Promise<T>,
): Promise<{ readonly object: T; readonly made: boolean }> =>
  patiently(async () => {
    try {
      return { object: await create(), made: true };
    } catch (error) {
      if (statusOf(error) !== 409) throw error;
      const object = await unless([404], find)();
      if (object === undefined) throw error;
      return { object, made: false };
    }
  });

export interface Cluster {
  /** Finds or makes the object that owns all others of the swarm. */
  ensureOwner(namespace: string, owner: V1ConfigMap): Promise<V1ConfigMap>;
  ensureSecret(namespace: string, secret: V1Secret): Promise<void>;
  /**
   * Makes the Job, or adopts the one of that name.
   * @throws {DroverFailure} `superseded` when that one is of something else
   */
  ensureJob(namespace: string, job: V1Job): Promise<'created' | 'adopted'>;
  readJob(namespace: string, name: string): Promise<V1Job | undefined>;
  listJobs(namespace: string, selector: string): Promise<readonly V1Job[]>;
  listPods(namespace: string, selector: string): Promise<readonly V1Pod[]>;
  /** Reasons and messages of the events of a Job; nothing where they may not be read. */
  eventsOf(namespace: string, job: string): Promise<readonly { reason?: string; message?: string }[]>;
  /** From now on a finished Job is removed after this long. */
  keepFor(namespace: string, job: string, seconds: number): Promise<void>;
  setDeadline(namespace: string, job: string, seconds: number): Promise<void>;
  /** Asks for the end of the Job and of its pods, which get their grace period. */
  deleteJob(namespace: string, name: string): Promise<void>;
  /** Takes a pod away whose node does not answer. */
  forcePod(namespace: string, name: string): Promise<void>;
  deleteSecret(namespace: string, name: string): Promise<void>;
  deleteOwner(namespace: string, name: string): Promise<void>;
  /** Jobs and pods of all agents in the namespace as they change; shared by all that watch. */
  observe(namespace: string): Observer;
  readonly openLog: OpenLog;
}

/** A Job that is gone needs it no more. */
const setInJob = async (
  batch: BatchV1Api,
  namespace: string,
  name: string,
  field: 'ttlSecondsAfterFinished' | 'activeDeadlineSeconds',
  value: number,
): Promise<void> => {
  const body = [{ op: 'add', path: `/spec/${field}`, value }];
  await patiently(unless([404], () => batch.patchNamespacedJob({ namespace, name, body })));
};

const cluster = (
  core: CoreV1Api,
  batch: BatchV1Api,
  { observe, openLog }: Pick<Cluster, 'observe' | 'openLog'>,
): Cluster => ({
  observe,
  openLog,

  async ensureOwner(namespace, body) {
    const name = body.metadata?.name ?? '';
    const { object } = await createOrFind(
      () => core.createNamespacedConfigMap({ namespace, body }),
      () => core.readNamespacedConfigMap({ namespace, name }),
    );
    return object;
  },

  async ensureSecret(namespace, body) {
    await patiently(unless([409], () => core.createNamespacedSecret({ namespace, body })));
  },

  async ensureJob(namespace, body) {
    const name = body.metadata?.name ?? '';
    const { object, made } = await createOrFind(
      () => batch.createNamespacedJob({ namespace, body }),
      () => batch.readNamespacedJob({ namespace, name }),
    );
    if (made) return 'created';
    if (object.metadata?.annotations?.[SPEC_HASH] !== body.metadata?.annotations?.[SPEC_HASH])
      throw new DroverFailure('superseded', `The Job ${namespace}/${name} is not the one of this attempt`, {
        hint: `look at it, and remove it when nobody needs it: kubectl -n ${namespace} delete job ${name}`,
      });
    return 'adopted';
  },

  readJob: (namespace, name) => patiently(unless([404], () => batch.readNamespacedJob({ namespace, name }))),

  async listJobs(namespace, labelSelector) {
    const list = await patiently(unless([404], () => batch.listNamespacedJob({ namespace, labelSelector })));
    return list?.items ?? [];
  },

  async listPods(namespace, labelSelector) {
    const list = await patiently(unless([404], () => core.listNamespacedPod({ namespace, labelSelector })));
    return list?.items ?? [];
  },

  async eventsOf(namespace, job) {
    const fieldSelector = `involvedObject.kind=Job,involvedObject.name=${job}`;
    const list = await patiently(
      unless([403, 404], () => core.listNamespacedEvent({ namespace, fieldSelector })),
    );
    return (list?.items ?? []).map(({ reason, message }) => ({
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
    }));
  },

  keepFor: (namespace, name, seconds) => setInJob(batch, namespace, name, 'ttlSecondsAfterFinished', seconds),

  setDeadline: (namespace, name, seconds) =>
    setInJob(batch, namespace, name, 'activeDeadlineSeconds', seconds),

  async deleteJob(namespace, name) {
    await patiently(
      unless([404], () => batch.deleteNamespacedJob({ namespace, name, propagationPolicy: 'Foreground' })),
    );
  },

  async forcePod(namespace, name) {
    await patiently(
      unless([404], () => core.deleteNamespacedPod({ namespace, name, gracePeriodSeconds: 0 })),
    );
  },

  async deleteSecret(namespace, name) {
    await patiently(unless([404], () => core.deleteNamespacedSecret({ namespace, name })));
  },

  async deleteOwner(namespace, name) {
    await patiently(
      unless([404], () =>
        core.deleteNamespacedConfigMap({ namespace, name, propagationPolicy: 'Background' }),
      ),
    );
  },
});

/** The cluster that KUBECONFIG or the worker's own pod names. @throws {DroverFailure} `unavailable` without one */
export const openCluster = async (): Promise<Cluster> => {
  const { BatchV1Api, CoreV1Api, KubeConfig, makeInformer } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromDefault();
  if (config.getCurrentCluster() === null)
    throw new DroverFailure('unavailable', 'The worker knows no Kubernetes cluster', {
      hint: 'set KUBECONFIG where drover up is called, or run the worker in the cluster',
    });
  const core = config.makeApiClient(CoreV1Api);
  const batch = config.makeApiClient(BatchV1Api);
  const observers = new Map<string, Observer>();
  const observe = (namespace: string): Observer => {
    const known = observers.get(namespace);
    if (known !== undefined) return known;
    const made = createObserver({ config, core, batch, makeInformer, namespace });
    observers.set(namespace, made);
    return made;
  };
  return cluster(core, batch, { observe, openLog: logOpener(config) });
};
