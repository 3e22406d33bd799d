/** `drover pause`: no new agents start; those at work finish. */
import type { Command } from 'commander';
import { pauseSwarm } from '../../api/swarm-actions.ts';
import { answer, command, type Cli, type CommonOptions } from '../cli.ts';
import { confirmed, NOT_CONFIRMED } from '../confirm.ts';
import { SWARM_ARGUMENT, withSwarm } from '../reach.ts';

export const pauseCommand = (cli: Cli): Command =>
  command('pause', 'Start no further agents; those at work finish what they do', ['pause add-search-k3f9'])
    .argument('<swarm>', SWARM_ARGUMENT)
    .action((wanted: string, options: CommonOptions) =>
      withSwarm(cli, wanted, async (swarm) => {
        await pauseSwarm(swarm);
        const view = await confirmed(swarm, (now) => now.paused);
        answer(cli, options, {
          json: { swarmId: swarm.id, paused: true, confirmed: view !== undefined },
          lines: [
            `${swarm.id} is paused${view === undefined ? `: ${NOT_CONFIRMED}` : ''}; drover resume ${swarm.id} goes on`,
          ],
        });
      }),
    );
