/** Lets the agents of a planned swarm loose: approves what is not approved, ends the pause that held it back. */
import { approvePlan, hasEnded, phaseName, resumeSwarm } from '../../api/swarm-actions.ts';
import type { SwarmHandle } from '../../api/swarm-handle.ts';
import { DroverFailure } from '../../domain/failures.ts';
import { confirmed } from '../confirm.ts';
import { sessionState } from './sessions.ts';

/** @returns the version that is carried out */
export const startExecuting = async (swarm: SwarmHandle): Promise<number> => {
  const view = await swarm.state();
  const version = view.plan?.version ?? 0;
  if (hasEnded(view) || sessionState(view) === 'executing')
    throw new DroverFailure(
      'wrongState',
      `The plan of ${swarm.id} is ${hasEnded(view) ? phaseName(view.phase) : 'being carried out already'}`,
      { hint: `drover status ${swarm.id} shows how far it is` },
    );
  if (view.phase === 'awaiting_approval') await approvePlan(swarm, version);
  else if (view.phase === 'planning')
    throw new DroverFailure('wrongState', `The plan of ${swarm.id} is not there yet`, {
      hint: `drover plan-continue ${swarm.id} waits for it`,
    });
  if (view.paused) await resumeSwarm(swarm);
  await confirmed(swarm, (now) => now.phase !== 'awaiting_approval' && !now.paused);
  return version;
};
