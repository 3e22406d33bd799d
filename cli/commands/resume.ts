/** `drover resume`: a paused swarm starts agents again. */
import type { Command } from 'commander';
import { resumeSwarm } from '../../api/swarm-actions.ts';
import { answer, command, type Cli, type CommonOptions } from '../cli.ts';
import { confirmed, NOT_CONFIRMED } from '../confirm.ts';
import { SWARM_ARGUMENT, withSwarm } from '../reach.ts';

export const resumeCommand = (cli: Cli): Command =>
  command('resume', 'Go on with a paused swarm', ['resume add-search-k3f9'])
    .argument('<swarm>', SWARM_ARGUMENT)
    .action((wanted: string, options: CommonOptions) =>
      withSwarm(cli, wanted, async (swarm) => {
        await resumeSwarm(swarm);
        const view = await confirmed(swarm, (now) => !now.paused);
        answer(cli, options, {
          json: { swarmId: swarm.id, paused: false, confirmed: view !== undefined },
          lines: [`${swarm.id} goes on${view === undefined ? `: ${NOT_CONFIRMED}` : ''}`],
        });
      }),
    );
