/** `drover kill`: ends one agent. Its task is tried again while it has retries left. */
import type { Command } from 'commander';
import { killAgent } from '../../api/swarm-actions.ts';
import { answer, command, type Cli, type CommonOptions } from '../cli.ts';
import { someText } from '../option-values.ts';
import { SWARM_ARGUMENT, withSwarm } from '../reach.ts';

interface Options extends CommonOptions {
  readonly reason?: string;
}

export const killCommand = (cli: Cli): Command =>
  command('kill', 'End one agent; its task is tried again while it has retries left', [
    'kill add-search-k3f9 agent-3',
    'kill add-search-k3f9 agent-3 --reason "it runs in circles"',
  ])
    .argument('<swarm>', SWARM_ARGUMENT)
    .argument('<agent>', 'id of the agent, such as agent-3; drover agents lists those at work')
    .option('--reason <text>', 'why; the next attempt is told', someText('--reason', 2_000))
    .action((wanted: string, agentId: string, options: Options) =>
      withSwarm(cli, wanted, async (swarm) => {
        const taskId = await killAgent(swarm, agentId, options.reason);
        answer(cli, options, {
          json: { swarmId: swarm.id, agentId, taskId },
          lines: [`${agentId} is being ended; it worked on ${taskId}`],
        });
      }),
    );
