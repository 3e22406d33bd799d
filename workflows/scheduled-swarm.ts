/**
 * What a Temporal Schedule starts: one swarm, by what the store keeps for its schedule. It lasts as long as its swarm
 * and ends as it does, so that the schedule's overlap policy and its pause on failure are about swarms.
 */
import { executeChild, ParentClosePolicy, workflowInfo } from '@temporalio/workflow';
import { scheduledSwarmId } from '../domain/names.ts';
import { WORKFLOWS, type ScheduledInput } from '../domain/protocol.ts';
import type { SwarmOutcome } from '../domain/swarm/swarm.ts';
import { scheduling } from './proxies.ts';
import type { swarm } from './swarm.ts';

export async function scheduledSwarm({ schedule, definition }: ScheduledInput): Promise<SwarmOutcome> {
  const swarmId = scheduledSwarmId(workflowInfo().workflowId);
  const { input, summary, details } = await scheduling.prepareScheduled({ schedule, definition, swarmId });
  return executeChild<typeof swarm>(WORKFLOWS.swarm, {
    workflowId: swarmId,
    args: [input],
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    // A swarm cleans up after itself only when it is asked to end, not when it is terminated.
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    staticSummary: summary,
    staticDetails: details,
  });
}
