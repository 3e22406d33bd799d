/** `drover discard`: leaves a finished branch out of the result. */
import type { Command } from 'commander';
import { discardTask } from '../../api/swarm-actions.ts';
import { answer, command, type Cli, type CommonOptions } from '../cli.ts';
import { SWARM_ARGUMENT, withSwarm } from '../reach.ts';

export const discardCommand = (cli: Cli): Command =>
  command('discard', 'Leave out the finished branch of a task, and those that build on it', [
    'discard add-search-k3f9 write-docs',
  ])
    .argument('<swarm>', SWARM_ARGUMENT)
    .argument('<task>', 'task that is completed and has not landed')
    .action((wanted: string, taskId: string, options: CommonOptions) =>
      withSwarm(cli, wanted, async (swarm) => {
        await discardTask(swarm, taskId);
        answer(cli, options, {
          json: { swarmId: swarm.id, discarded: taskId },
          lines: [`The branch of ${taskId} is left out; it stays in ${swarm.directory.hub}`],
        });
      }),
    );
