/** `drover report`: what came of a swarm. */
import type { Command } from 'commander';
import { readReport } from '../../store/reports.ts';
import { hasEnded, phaseName } from '../../api/swarm-actions.ts';
import type { SwarmHandle } from '../../api/swarm-handle.ts';
import { DroverFailure } from '../../domain/failures.ts';
import { readIfThere } from '../../store/files.ts';
import { answer, command, type Cli, type CommonOptions } from '../cli.ts';
import { plain } from '../output/plain-text.ts';
import { SWARM_OR_LATEST, withSwarmOrLatest } from '../reach.ts';

const missing = async (swarm: SwarmHandle): Promise<DroverFailure> => {
  const view = await swarm.state();
  return hasEnded(view)
    ? new DroverFailure('notFound', `The report of swarm ${swarm.id} is not on this machine`, {
        hint: `it was removed, or it is on the host ${view.host} in ${view.directory}`,
      })
    : new DroverFailure('wrongState', `Swarm ${swarm.id} has no report yet: it is ${phaseName(view.phase)}`, {
        hint: `drover status ${swarm.id} shows how far it is`,
      });
};

export const reportCommand = (cli: Cli): Command =>
  command('report', 'Print the report of an ended swarm, in Markdown or as JSON', [
    'report',
    'report add-search-k3f9 > report.md',
    'report add-search-k3f9 --json',
  ])
    .argument('[swarm]', SWARM_OR_LATEST)
    .action((wanted: string | undefined, options: CommonOptions) =>
      withSwarmOrLatest(cli, wanted, async (swarm) => {
        const markdown = await readIfThere(swarm.directory.reportMarkdown);
        const json = await readReport(cli.home, swarm.id);
        if (markdown === undefined || json === undefined) throw await missing(swarm);
        answer(cli, options, { json, lines: plain(markdown).trimEnd().split('\n') });
      }),
    );
