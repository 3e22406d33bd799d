/** `drover merge`: brings the result, or one finished branch, into a branch of the user's repository. */
import type { Command } from 'commander';
import { deliverWork } from '../../api/deliveries.ts';
import { deliveryLines } from '../../domain/delivery/delivery.ts';
import { answer, command, type Cli, type CommonOptions } from '../cli.ts';
import { branchName } from '../delivery-options.ts';
import { plain } from '../output/plain-text.ts';
import { SWARM_ARGUMENT, withSwarm } from '../reach.ts';

interface Options extends CommonOptions {
  readonly into?: string;
  readonly ffOnly?: boolean;
  readonly unverified?: boolean;
}

export const mergeCommand = (cli: Cli): Command =>
  command(
    'merge',
    'Bring the result of a swarm, or one finished branch now, into a branch of your repository',
    [
      'merge add-search-k3f9                  # into the branch that the swarm started from',
      'merge add-search --into develop --ff-only',
      'merge add-search write-docs --into docs   # one task, also while the swarm runs',
    ],
  )
    .argument('<swarm>', SWARM_ARGUMENT)
    .argument('[task]', 'a task whose branch is finished; without, the result')
    .option(
      '--into <branch>',
      'branch of your repository (default: the one the swarm started from)',
      branchName,
    )
    .option('--ff-only', 'refuse when the branch cannot simply be moved forward')
    .option('--unverified', "without running the project's build and tests on what comes out")
    .action((wanted: string, taskId: string | undefined, options: Options) =>
      withSwarm(cli, wanted, async (swarm, client) => {
        const branch = options.into ?? (await swarm.state()).baseBranch;
        const result = await deliverWork(
          client,
          swarm,
          {
            into: {
              branch,
              merge: options.ffOnly !== true,
              ...(options.unverified === true ? { unverified: true } : {}),
            },
          },
          taskId,
        );
        answer(cli, options, {
          json: { swarmId: swarm.id, task: taskId ?? null, ...result },
          lines: deliveryLines(result).map(plain),
        });
      }),
    );
