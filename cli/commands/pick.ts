/** `drover pick`: chooses which answer of independent mode becomes the result. */
import type { Command } from 'commander';
import { pickAnswer } from '../../api/answer-decision.ts';
import { resultBranch } from '../../domain/names.ts';
import { answer, command, type Cli, type CommonOptions } from '../cli.ts';
import { someText } from '../option-values.ts';
import { SWARM_ARGUMENT, withSwarm } from '../reach.ts';

interface Options extends CommonOptions {
  readonly feedback?: string;
}

export const pickCommand = (cli: Cli): Command =>
  command('pick', 'Pick the answer of one agent, in a swarm that was started with --independent', [
    'pick faster-parser-k3f9 agent-1',
    'pick faster-parser agent-1 --feedback "the only one that handles empty input"',
  ])
    .argument('<swarm>', SWARM_ARGUMENT)
    .argument('<agent>', 'agent whose branch becomes the result; drover compare lists them')
    .option('--feedback <text>', 'why, for the report', someText('--feedback', 2_000))
    .action((wanted: string, agent: string, options: Options) =>
      withSwarm(cli, wanted, async (swarm) => {
        const decision = await pickAnswer(swarm, agent, options.feedback);
        answer(cli, options, {
          json: { swarmId: swarm.id, decision: decision.id, picked: agent },
          lines: [`The answer of ${agent} is picked; it becomes the branch ${resultBranch(swarm.id)}`],
        });
      }),
    );
