/** `drover pr`: follows the pull request of a swarm; agents take up red checks and comments. */
import { Command } from 'commander';
import { following, followPullRequest, stopFollowing } from '../../api/deliveries.ts';
import { findSwarm } from '../../api/list-swarms.ts';
import type { FollowedPullRequest } from '../../domain/protocol.ts';
import { answer, command, type Cli, type CommonOptions } from '../cli.ts';
import {
  addPushOptions,
  pullRequestRequest,
  pushRequest,
  withGitHub,
  type PushOptions,
} from '../delivery-options.ts';
import { timeSpan, wholeNumber } from '../option-values.ts';
import { oneLine } from '../output/one-line.ts';
import { SWARM_ARGUMENT, withClient, withSwarm } from '../reach.ts';

interface FollowOptions extends CommonOptions, PushOptions {
  readonly attempts: number;
  readonly every: number;
}

const STATES: Readonly<Record<FollowedPullRequest['state'], string>> = {
  none: 'is not followed',
  opening: 'is being opened',
  watching: 'is watched',
  working: 'has feedback that an agent takes up',
  ended: 'is no longer followed',
};

const lines = (view: FollowedPullRequest): readonly string[] => [
  `pull request ${view.where ?? `of ${view.swarmId}`} ${STATES[view.state]}${view.reason === undefined ? '' : `: ${oneLine(view.reason, 1_000)}`}`,
  ...(view.url === undefined ? [] : [oneLine(view.url, 500)]),
  ...view.followUps.map((id, index) => `  ${index + 1} of ${view.attempts}: swarm ${id}`),
  ...(view.state === 'working' ? [`drover status ${view.followUps.at(-1) ?? ''}`] : []),
  // Its agent may have failed, which is a question to a person as in any swarm.
  ...(view.waiting === undefined
    ? []
    : [
        `swarm ${view.waiting.swarmId} waits for you:`,
        ...view.waiting.decisions.flatMap(({ id, question }) => [
          `  ${id}: ${oneLine(question, 300)}`,
          `  drover decide ${view.waiting?.swarmId} ${id} approve`,
        ]),
      ]),
];

const followCommand = (cli: Cli): Command =>
  addPushOptions(
    command('follow', 'Push, open the pull request, and let agents take up red checks and comments', [
      'pr follow add-search-k3f9',
      'pr follow add-search-k3f9 --attempts 5 --every 2m',
    ])
      .argument('<swarm>', SWARM_ARGUMENT)
      .option('--attempts <n>', 'agents that may take feedback up', wholeNumber(1, 20), 3)
      .option('--every <span>', 'how often to look', timeSpan, 30_000),
  ).action(async (wanted: string, options: FollowOptions) => {
    await withGitHub(cli);
    await withSwarm(cli, wanted, async (swarm, client) => {
      await followPullRequest(client, swarm, {
        push: pushRequest(options),
        pullRequest: pullRequestRequest(options),
        attempts: options.attempts,
        everySeconds: Math.max(1, Math.round(options.every / 1_000)),
      });
      answer(cli, options, {
        json: { swarmId: swarm.id, following: true },
        lines: [
          `The pull request of ${swarm.id} is followed until it is closed, also when this terminal is`,
          `drover pr show ${swarm.id}`,
          `drover pr stop ${swarm.id}`,
        ],
      });
    });
  });

const showCommand = (cli: Cli): Command =>
  command('show', 'Say how far a pull request that is followed is', ['pr show add-search-k3f9'])
    .argument('<swarm>', SWARM_ARGUMENT)
    .action((wanted: string, options: CommonOptions) =>
      withClient(cli, async (client) => {
        const view = await following(client, await findSwarm(client, wanted));
        answer(cli, options, { json: view, lines: lines(view) });
      }),
    );

const stopCommand = (cli: Cli): Command =>
  command('stop', 'Follow a pull request no longer; the pull request stays', ['pr stop add-search-k3f9'])
    .argument('<swarm>', SWARM_ARGUMENT)
    .action((wanted: string, options: CommonOptions) =>
      withClient(cli, async (client) => {
        const swarmId = await findSwarm(client, wanted);
        await stopFollowing(client, swarmId);
        answer(cli, options, {
          json: { swarmId, following: false },
          lines: [`The pull request of ${swarmId} is no longer followed`],
        });
      }),
    );

export const prCommand = (cli: Cli): Command =>
  new Command('pr')
    .description('Follow the pull request of a swarm: agents take up red checks and comments')
    .addCommand(followCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(stopCommand(cli));
