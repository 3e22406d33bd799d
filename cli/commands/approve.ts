/** `drover approve`: lets the plan on the table be carried out. */
import type { Command } from 'commander';
import { approvePlan, phaseName } from '../../api/swarm-actions.ts';
import { answer, command, type Cli, type CommonOptions } from '../cli.ts';
import { confirmed, NOT_CONFIRMED } from '../confirm.ts';
import { wholeNumber } from '../option-values.ts';
import { SWARM_ARGUMENT, withSwarm } from '../reach.ts';

interface Options extends CommonOptions {
  readonly planVersion?: number;
}

export const approveCommand = (cli: Cli): Command =>
  command('approve', 'Approve the plan that a swarm waits with', [
    'approve add-search-k3f9',
    'approve add-search --plan-version 2',
  ])
    .argument('<swarm>', SWARM_ARGUMENT)
    .option('--plan-version <n>', 'refuse when another version is on the table', wholeNumber(1, 100_000))
    .action((wanted: string, options: Options) =>
      withSwarm(cli, wanted, async (swarm) => {
        const version = await approvePlan(swarm, options.planVersion);
        const view = await confirmed(swarm, (now) => now.phase !== 'awaiting_approval');
        answer(cli, options, {
          json: { swarmId: swarm.id, approved: version, confirmed: view !== undefined, phase: view?.phase },
          lines: [
            `Version ${version} of the plan of ${swarm.id} is approved${
              view === undefined ? `: ${NOT_CONFIRMED}` : `; the swarm is ${phaseName(view.phase)}`
            }`,
            `drover status ${swarm.id} --watch follows it`,
          ],
        });
      }),
    );
