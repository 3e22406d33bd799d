/** `drover compare`: the answers of independent mode, side by side. */
import type { Command } from 'commander';
import { readReport } from '../../store/reports.ts';
import { phaseName } from '../../api/swarm-actions.ts';
import type { SwarmHandle } from '../../api/swarm-handle.ts';
import type { Comparison } from '../../domain/swarm/comparison.ts';
import { DroverFailure } from '../../domain/failures.ts';
import { answer, command, lookOf, type Cli, type CommonOptions } from '../cli.ts';
import { comparisonLines } from '../views/comparison-view.ts';
import { SWARM_OR_LATEST, withSwarmOrLatest } from '../reach.ts';

/** From the workflow, or from the report when the workflow is no longer there. */
const comparisonOf = async (cli: Cli, swarm: SwarmHandle): Promise<Comparison> => {
  const report = await readReport(cli.home, swarm.id);
  const comparison = report === undefined ? await swarm.comparison() : report.comparison;
  if (comparison !== undefined) return comparison;
  const phase = report?.outcome ?? phaseName((await swarm.state()).phase);
  throw new DroverFailure('wrongState', `Swarm ${swarm.id} has no answers to compare: it is ${phase}`, {
    hint: 'drover run "<prompt>" --agents 3 --independent makes them; they are compared when all agents have ended',
  });
};

export const compareCommand = (cli: Cli): Command =>
  command('compare', 'Show the answers of a swarm that was started with --independent, side by side', [
    'compare',
    'compare faster-parser-k3f9 --json',
  ])
    .argument('[swarm]', SWARM_OR_LATEST)
    .action((wanted: string | undefined, options: CommonOptions) =>
      withSwarmOrLatest(cli, wanted, async (swarm) => {
        const comparison = await comparisonOf(cli, swarm);
        answer(cli, options, {
          json: { swarmId: swarm.id, hub: swarm.directory.hub, ...comparison },
          lines: [
            ...comparisonLines(comparison, lookOf(cli)),
            '',
            `git -C ${swarm.directory.hub} diff main..${comparison.candidates[0]?.agent ?? 'agent-0'}`,
            ...(comparison.picked === undefined ? [`drover pick ${swarm.id} <agent>`] : []),
          ],
        });
      }),
    );
