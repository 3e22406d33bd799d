/** Ends an agent in a pod from outside: deletes its Job, and makes sure that neither Job nor pod is left. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentSpec } from '../../domain/agents/agent.ts';
import { DroverFailure } from '../../domain/failures.ts';
import { readIfThere } from '../../store/files.ts';
import type { AgentDirectory } from '../../store/home.ts';
import { readResult, settle, type KnownResult } from '../agents/run-files.ts';
import type { Cluster } from './cluster.ts';
import { agentSelector, jobName, ownerName, swarmSelector } from './job.ts';
import { namespaceOf, type PodDeps } from './deps.ts';

const POLL_MS = 500;
/** After its grace period a pod has this long to be gone; then it is taken away from its node. */
const SLACK_MS = 15_000;
/** A pod that was taken away is gone at once, unless the cluster is broken. */
const GIVE_UP_MS = 120_000;

/** Waits until nothing of the selection is left. */
const verifyGone = async (cluster: Cluster, namespace: string, selector: string): Promise<void> => {
  const start = Date.now();
  for (;;) {
    const [jobs, pods] = await Promise.all([
      cluster.listJobs(namespace, selector),
      cluster.listPods(namespace, selector),
    ]);
    if (jobs.length === 0 && pods.length === 0) return;
    for (const { metadata } of pods) {
      // The time at which its grace period ends.
      const due = metadata?.deletionTimestamp?.getTime();
      if (due !== undefined && Date.now() > due + SLACK_MS && metadata?.name !== undefined)
        await cluster.forcePod(namespace, metadata.name);
    }
    const due = Math.max(start, ...pods.map(({ metadata }) => metadata?.deletionTimestamp?.getTime() ?? 0));
    if (Date.now() > due + GIVE_UP_MS)
      throw new DroverFailure('unavailable', `The cluster does not end the pods of ${selector}`, {
        hint: `kubectl -n ${namespace} get jobs,pods -l ${selector}`,
      });
    await sleep(POLL_MS);
  }
};

const reasonOf = async (directory: AgentDirectory): Promise<readonly ['killed' | 'cancelled', string]> => {
  const kill = await readIfThere(join(directory.root, 'kill'));
  if (kill === undefined) return ['cancelled', 'The agent was cancelled'];
  return ['killed', kill.trim() === '' ? 'The agent was killed' : kill.trim()];
};

/**
 * @param take takes what the agent has reported
 * @returns the agent's own result, also when it was faster than its end
 */
export const endPod = async (
  deps: PodDeps,
  cluster: Cluster,
  directory: AgentDirectory,
  spec: AgentSpec,
  take: () => Promise<void>,
): Promise<KnownResult> => {
  const namespace = namespaceOf(deps, spec.pod ?? {});
  await cluster.deleteJob(namespace, jobName(spec));
  await verifyGone(cluster, namespace, agentSelector(spec));
  await cluster.deleteSecret(namespace, jobName(spec));
  await take();
  await settle(directory, spec, ...(await reasonOf(directory)));
  const result = await readResult(directory);
  if (result === undefined)
    throw new DroverFailure('toolBroken', `${directory.result} cannot be written`, {
      hint: 'look at the disk',
    });
  return result;
};

/** Nothing of the swarm is left in the cluster after this: what it owns goes with the owner. */
export const removeSwarm = async (deps: PodDeps, swarmId: string, namespace: string): Promise<void> => {
  const cluster = await deps.cluster();
  const selector = swarmSelector(swarmId);
  for (const { metadata } of await cluster.listJobs(namespace, selector))
    if (metadata?.name !== undefined) await cluster.deleteJob(namespace, metadata.name);
  await verifyGone(cluster, namespace, selector);
  await cluster.deleteOwner(namespace, ownerName(swarmId));
};
