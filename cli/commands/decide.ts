/** `drover decide`: answers a question that a swarm has asked. */
import { Argument, type Command } from 'commander';
import { resolveDecision } from '../../api/swarm-actions.ts';
import type { DecisionAction } from '../../domain/swarm.ts';
import { answer, command, type Cli, type CommonOptions } from '../cli.ts';
import { someText } from '../option-values.ts';
import { oneLine } from '../output/plain-text.ts';
import { SWARM_ARGUMENT, withSwarm } from '../reach.ts';

interface Options extends CommonOptions {
  readonly feedback?: string;
}

export const decideCommand = (cli: Cli): Command =>
  command('decide', 'Answer an open decision of a swarm', [
    'decide add-search-k3f9 d1 approve',
    'decide add-search d2 approve --feedback "Keep the version of the API branch"',
    'decide add-search d2 reject',
  ])
    .argument('<swarm>', SWARM_ARGUMENT)
    .argument('<decision>', 'id of the decision, such as d1; drover status lists the open ones')
    .addArgument(new Argument('<action>', 'the answer').choices(['approve', 'reject']))
    .option('--feedback <text>', 'advice for whoever acts on the answer', someText('--feedback', 20_000))
    .action((wanted: string, id: string, action: DecisionAction, options: Options) =>
      withSwarm(cli, wanted, async (swarm) => {
        const decision = await resolveDecision(swarm, id, action, options.feedback);
        const means = action === 'approve' ? decision.approveMeans : decision.rejectMeans;
        answer(cli, options, {
          json: { swarmId: swarm.id, decision: id, action, means },
          lines: [`Decision ${id} of ${swarm.id}: ${action}. ${oneLine(means, 500)}`],
        });
      }),
    );
