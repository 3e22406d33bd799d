/** `drover message`: a word to an agent at work. */
import type { Command } from 'commander';
import { messageAgent } from '../../api/swarm-actions.ts';
import { answer, command, type Cli, type CommonOptions } from '../cli.ts';
import { someText } from '../option-values.ts';
import { SWARM_ARGUMENT, withSwarm } from '../reach.ts';

export const messageCommand = (cli: Cli): Command =>
  command('message', 'Send a word to an agent at work; it is read between two turns', [
    'message add-search-k3f9 agent-3 "Use the helper in lib/text.ts"',
  ])
    .argument('<swarm>', SWARM_ARGUMENT)
    .argument('<agent>', 'id of the agent, such as agent-3')
    .argument('<text>', 'what to say', someText('the text', 20_000))
    .action((wanted: string, agentId: string, text: string, options: CommonOptions) =>
      withSwarm(cli, wanted, async (swarm) => {
        const taskId = await messageAgent(swarm, agentId, text);
        answer(cli, options, {
          json: { swarmId: swarm.id, agentId, taskId },
          lines: [`Sent to ${agentId}, which works on ${taskId}`],
        });
      }),
    );
