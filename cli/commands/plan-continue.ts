/** `drover plan-continue`: takes a planning session up again, from any terminal. */
import type { Command } from 'commander';
import { command, type Cli, type CommonOptions } from '../cli.ts';
import { planTogether } from '../planning/session.ts';
import { SWARM_ARGUMENT, withSwarm } from '../reach.ts';

export const planContinueCommand = (cli: Cli): Command =>
  command('plan-continue', 'Go on planning at this terminal: discuss, add, modify, split, remove, proceed', [
    'plan-continue add-search-k3f9',
  ])
    .argument('<swarm>', SWARM_ARGUMENT)
    .action((wanted: string, options: CommonOptions) =>
      withSwarm(cli, wanted, async (swarm, client) => {
        cli.exitCode = await planTogether(cli, swarm, client, { json: options.json === true });
      }),
    );
