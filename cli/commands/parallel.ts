/** `drover parallel`: how many agents a swarm may run at once, from now on. */
import type { Command } from 'commander';
import { setParallelism } from '../../api/swarm-actions.ts';
import { answer, command, type Cli, type CommonOptions } from '../cli.ts';
import { confirmed, NOT_CONFIRMED } from '../confirm.ts';
import { wholeNumber } from '../option-values.ts';
import { plural } from '../output/format.ts';
import { SWARM_ARGUMENT, withSwarm } from '../reach.ts';

export const parallelCommand = (cli: Cli): Command =>
  command('parallel', 'Change how many agents a swarm runs at once; agents at work are not stopped', [
    'parallel add-search-k3f9 8',
  ])
    .argument('<swarm>', SWARM_ARGUMENT)
    .argument('<n>', 'agents at once, 1 to 1000', wholeNumber(1, 1_000))
    .action((wanted: string, parallelism: number, options: CommonOptions) =>
      withSwarm(cli, wanted, async (swarm) => {
        await setParallelism(swarm, parallelism);
        const view = await confirmed(swarm, (now) => now.parallelism === parallelism);
        answer(cli, options, {
          json: { swarmId: swarm.id, parallelism, confirmed: view !== undefined },
          lines: [
            `${swarm.id} runs up to ${plural(parallelism, 'agent')} at once${view === undefined ? `: ${NOT_CONFIRMED}` : ''}`,
          ],
        });
      }),
    );
