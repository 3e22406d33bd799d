/** `drover retry`: tries a task again, or the phase that a swarm stopped at. */
import type { Command } from 'commander';
import { hasEnded, phaseName, retryPhase, retryTask } from '../../api/swarm-actions.ts';
import type { SwarmHandle } from '../../api/swarm-handle.ts';
import { DroverFailure } from '../../domain/failures.ts';
import { answer, command, type Answer, type Cli, type CommonOptions } from '../cli.ts';
import { SWARM_ARGUMENT, withSwarm } from '../reach.ts';

const again = async (swarm: SwarmHandle): Promise<Answer> => {
  const view = await swarm.state();
  if (hasEnded(view))
    throw new DroverFailure('wrongState', `Swarm ${swarm.id} has ended: it is ${phaseName(view.phase)}`, {
      hint: `an ended swarm stays as it is; drover plan ${swarm.id} --yaml > plan.yml saves its plan, drover run --plan plan.yml starts anew`,
    });
  const decision = await retryPhase(swarm);
  if (decision === undefined)
    throw new DroverFailure(
      'wrongState',
      `Swarm ${swarm.id} has not stopped at a failed phase: it is ${phaseName(view.phase)}`,
      { hint: `drover status ${swarm.id} shows its tasks; drover retry ${swarm.id} <task> tries one again` },
    );
  return {
    json: { swarmId: swarm.id, retried: null, decision: decision.id },
    lines: [`${swarm.id} tries the ${phaseName(view.phase)} phase again (decision ${decision.id})`],
  };
};

export const retryCommand = (cli: Cli): Command =>
  command('retry', 'Try a failed task again, or the phase at which a swarm stopped', [
    'retry add-search-k3f9 write-docs',
    'retry add-search-k3f9',
  ])
    .argument('<swarm>', SWARM_ARGUMENT)
    .argument('[task]', 'id of the task; without, the phase that failed')
    .action((wanted: string, taskId: string | undefined, options: CommonOptions) =>
      withSwarm(cli, wanted, async (swarm) => {
        if (taskId === undefined) {
          answer(cli, options, await again(swarm));
          return;
        }
        await retryTask(swarm, taskId);
        answer(cli, options, {
          json: { swarmId: swarm.id, retried: taskId },
          lines: [`Task ${taskId} of ${swarm.id} is tried again; the agent is told what went wrong before`],
        });
      }),
    );
