/** Puts the parts for agents in pods together; the cluster is opened when the first one needs it. */
import type { PodLauncher } from '../../activities/agents/activities.ts';
import { openCluster, type Cluster } from '../../activities/kubernetes/cluster.ts';
import type { PodDeps } from '../../activities/kubernetes/deps.ts';
import { removeSwarm } from '../../activities/kubernetes/end-pod.ts';
import { runInPod } from '../../activities/kubernetes/run-in-pod.ts';

export const podLauncher = (given: Omit<PodDeps, 'cluster'>): PodLauncher => {
  let opened: Promise<Cluster> | undefined;
  const cluster = async (): Promise<Cluster> => {
    opened ??= openCluster();
    try {
      return await opened;
    } catch (error) {
      // The next one looks again: a cluster may come later than the worker.
      opened = undefined;
      throw error;
    }
  };
  const deps = { ...given, cluster };
  return {
    runInPod: (directory, spec, onWaiting) => runInPod(deps, directory, spec, onWaiting),
    removeSwarm: (swarmId, namespace) => removeSwarm(deps, swarmId, namespace ?? deps.namespace),
  };
};
