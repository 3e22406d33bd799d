/** `drover reject`: sends the plan on the table back to the planner with what should be different. */
import type { Command } from 'commander';
import { rejectPlan } from '../../api/swarm-actions.ts';
import { answer, command, type Cli, type CommonOptions } from '../cli.ts';
import { confirmed, NOT_CONFIRMED } from '../confirm.ts';
import { servicesHaveKey } from '../services.ts';
import { someText } from '../option-values.ts';
import { SWARM_ARGUMENT, withSwarm } from '../reach.ts';

interface Options extends CommonOptions {
  readonly feedback: string;
}

export const rejectCommand = (cli: Cli): Command =>
  command('reject', 'Reject the plan that a swarm waits with; the planner makes another version', [
    'reject add-search-k3f9 --feedback "Split the database task; leave the README alone"',
  ])
    .argument('<swarm>', SWARM_ARGUMENT)
    .requiredOption('--feedback <text>', 'what should be different', someText('--feedback', 20_000))
    .action((wanted: string, options: Options) =>
      withSwarm(cli, wanted, async (swarm) => {
        const version = await rejectPlan(swarm, options.feedback, await servicesHaveKey(cli));
        const view = await confirmed(
          swarm,
          (now) => now.phase !== 'awaiting_approval' || now.plan?.version !== version,
        );
        answer(cli, options, {
          json: { swarmId: swarm.id, rejected: version, confirmed: view !== undefined, phase: view?.phase },
          lines: [
            `Version ${version} of the plan of ${swarm.id} is rejected${
              view === undefined ? `: ${NOT_CONFIRMED}` : '; another version is being made'
            }`,
            `drover plan ${swarm.id} shows the newest version`,
          ],
        });
      }),
    );
