/** `drover cancel`: ends a swarm or one of its tasks. */
import type { Command } from 'commander';
import { cancelSwarm, cancelTask } from '../../api/swarm-actions.ts';
import { answer, command, type Cli, type CommonOptions } from '../cli.ts';
import { SWARM_ARGUMENT, withSwarm } from '../reach.ts';

export const cancelCommand = (cli: Cli): Command =>
  command('cancel', 'End a swarm, or one task of it; its agents are stopped, their logs and branches stay', [
    'cancel add-search-k3f9',
    'cancel add-search-k3f9 write-docs',
  ])
    .argument('<swarm>', SWARM_ARGUMENT)
    .argument('[task]', 'id of the task; the whole swarm without')
    .action((wanted: string, taskId: string | undefined, options: CommonOptions) =>
      withSwarm(cli, wanted, async (swarm) => {
        if (taskId === undefined) await cancelSwarm(swarm);
        else await cancelTask(swarm, taskId);
        answer(cli, options, {
          json: { swarmId: swarm.id, cancelled: taskId ?? null },
          lines: [
            taskId === undefined
              ? `${swarm.id} is being cancelled; drover status ${swarm.id} shows when it has ended`
              : `Task ${taskId} of ${swarm.id} is being cancelled; tasks that wait for it are skipped`,
          ],
        });
      }),
    );
