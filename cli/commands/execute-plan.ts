/** `drover execute-plan`: carries out a plan that is a draft or approved, and follows it. */
import type { Command } from 'commander';
import { answer, command, print, type Cli, type CommonOptions } from '../cli.ts';
import { followSwarm } from '../follow/watch.ts';
import { startExecuting } from '../planning/start-executing.ts';
import { SWARM_ARGUMENT, withSwarm } from '../reach.ts';

interface Options extends CommonOptions {
  readonly detach?: boolean;
}

export const executePlanCommand = (cli: Cli): Command =>
  command('execute-plan', 'Approve a plan if it is not, let its agents start, and follow them', [
    'execute-plan add-search-k3f9',
    'execute-plan add-search-k3f9 --detach',
  ])
    .argument('<swarm>', SWARM_ARGUMENT)
    .option('--detach', 'come back at once')
    .action((wanted: string, options: Options) =>
      withSwarm(cli, wanted, async (swarm, client) => {
        const version = await startExecuting(swarm);
        if (options.detach === true || options.json === true) {
          answer(cli, options, {
            json: { swarmId: swarm.id, executing: version },
            lines: [`Version ${version} of the plan of ${swarm.id} is carried out`],
          });
          return;
        }
        print(cli, [`Version ${version} of the plan of ${swarm.id} is carried out`, '']);
        cli.exitCode = await followSwarm(cli, swarm, client, { json: false });
      }),
    );
