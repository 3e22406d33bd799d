/** `drover push`: brings the result to a remote, and into a pull request. */
import type { Command } from 'commander';
import { deliverWork } from '../../api/deliveries.ts';
import { deliveryLines } from '../../domain/delivery/delivery.ts';
import { answer, command, type Cli, type CommonOptions } from '../cli.ts';
import {
  addPushOptions,
  pullRequestRequest,
  pushRequest,
  withGitHub,
  type PushOptions,
} from '../delivery-options.ts';
import { plain } from '../output/plain-text.ts';
import { SWARM_ARGUMENT, withSwarm } from '../reach.ts';

interface Options extends CommonOptions, PushOptions {
  readonly pr?: boolean;
}

export const pushCommand = (cli: Cli): Command =>
  addPushOptions(
    command('push', 'Push the result of a swarm to a remote, and open a pull request with the report', [
      'push add-search-k3f9',
      'push add-search --remote upstream --branch feature/search',
      'push add-search --pr',
      'push add-search --pr --base develop --draft',
    ])
      .argument('<swarm>', SWARM_ARGUMENT)
      .option('--pr', 'open a pull request on GitHub, or bring the open one up to date'),
  ).action(async (wanted: string, options: Options) => {
    if (options.pr === true) await withGitHub(cli);
    await withSwarm(cli, wanted, async (swarm, client) => {
      const result = await deliverWork(client, swarm, {
        push: pushRequest(options),
        ...(options.pr === true ? { pullRequest: pullRequestRequest(options) } : {}),
      });
      answer(cli, options, {
        json: { swarmId: swarm.id, ...result },
        lines: deliveryLines(result).map(plain),
      });
    });
  });
