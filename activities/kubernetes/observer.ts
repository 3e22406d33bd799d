/**
 * The Jobs and pods of agents in one namespace, kept up to date by two watches that all agents of this worker share.
 * They go on where they were after a broken connection, and list anew when the server has forgotten that place (410).
 * They run while somebody watches.
 */
import type {
  BatchV1Api,
  CoreV1Api,
  Informer,
  KubeConfig,
  makeInformer,
  ObjectCache,
  V1Job,
  V1Pod,
} from '@kubernetes/client-node';
import { LABELS } from './job.ts';

const AGENTS = `${LABELS.managedBy}=drover,${LABELS.name}=drover-agent`;
const RESTART_MS = 1_000;

export interface Observer {
  job(name: string): V1Job | undefined;
  podsOf(job: string): readonly V1Pod[];
  /** Calls `onChange` whenever something of the Job changes. @returns a function that ends it */
  subscribe(job: string, onChange: () => void): () => void;
}

interface ObserverDeps {
  readonly config: KubeConfig;
  readonly core: CoreV1Api;
  readonly batch: BatchV1Api;
  readonly makeInformer: typeof makeInformer;
  readonly namespace: string;
}

/** The label that the Job's controller puts on its pods. */
const JOB_OF_POD = 'batch.kubernetes.io/job-name';

export const createObserver = (deps: ObserverDeps): Observer => {
  const { config, core, batch, namespace } = deps;
  const listeners = new Map<string, Set<() => void>>();
  let jobs: (Informer<V1Job> & ObjectCache<V1Job>) | undefined;
  let pods: (Informer<V1Pod> & ObjectCache<V1Pod>) | undefined;

  const tell = (job: string | undefined): void => {
    for (const listener of listeners.get(job ?? '') ?? []) listener();
  };

  const keepRunning = (informer: Informer<V1Job> | Informer<V1Pod>, isMine: () => boolean): void => {
    const again = (): void => {
      setTimeout(() => {
        if (isMine()) informer.start().catch(again);
      }, RESTART_MS).unref();
    };
    informer.on('error', again);
    informer.start().catch(again);
  };

  const start = (): void => {
    const labelSelector = AGENTS;
    const newJobs = deps.makeInformer<V1Job>(
      config,
      `/apis/batch/v1/namespaces/${namespace}/jobs`,
      () => batch.listNamespacedJob({ namespace, labelSelector }),
      AGENTS,
    );
    const newPods = deps.makeInformer<V1Pod>(
      config,
      `/api/v1/namespaces/${namespace}/pods`,
      () => core.listNamespacedPod({ namespace, labelSelector }),
      AGENTS,
    );
    for (const verb of ['add', 'update', 'delete'] as const) {
      newJobs.on(verb, (job) => tell(job.metadata?.name));
      newPods.on(verb, (pod) => tell(pod.metadata?.labels?.[JOB_OF_POD]));
    }
    jobs = newJobs;
    pods = newPods;
    keepRunning(newJobs, () => jobs === newJobs);
    keepRunning(newPods, () => pods === newPods);
  };

  const stop = (): void => {
    void jobs?.stop();
    void pods?.stop();
    jobs = undefined;
    pods = undefined;
  };

  return {
    job: (name) => jobs?.get(name, namespace),
    podsOf: (name) =>
      (pods?.list(namespace) ?? []).filter((pod) => pod.metadata?.labels?.[JOB_OF_POD] === name),
    subscribe(job, onChange) {
      if (jobs === undefined) start();
      const those = listeners.get(job) ?? new Set();
      those.add(onChange);
      listeners.set(job, those);
      return () => {
        those.delete(onChange);
        if (those.size === 0) listeners.delete(job);
        if (listeners.size === 0) stop();
      };
    },
  };
};
