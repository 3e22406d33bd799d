/** `drover cleanup`: removes the directories of ended swarms. Result branches stay where they are. */
import type { Command } from 'commander';
import { namedCandidate, oldCandidates, removeDirectory } from '../../api/cleanup.ts';
import { findSwarm } from '../../api/list-swarms.ts';
import { answer, command, lookOf, type Cli, type CommonOptions } from '../cli.ts';
import { timeSpan } from '../option-values.ts';
import { bytes, columns, duration, plural } from '../output/format.ts';
import { withClient } from '../reach.ts';

interface Options extends CommonOptions {
  readonly olderThan: number;
  readonly dryRun?: boolean;
}

const WEEK_MS = 7 * 24 * 3_600_000;

export const cleanupCommand = (cli: Cli): Command =>
  command('cleanup', 'Remove the directories of ended swarms: hub, logs, report. Result branches stay', [
    'cleanup --dry-run',
    'cleanup --older-than 12h',
    'cleanup add-search-k3f9',
  ])
    .argument('[swarm]', 'id of one ended swarm, of whatever age, or how it begins')
    .option('--older-than <time>', 'how long ago a swarm must have ended: 12h, 7d, 2w', timeSpan, WEEK_MS)
    .option('--dry-run', 'only say what would be removed')
    .action((wanted: string | undefined, options: Options) =>
      withClient(cli, async (client) => {
        const found =
          wanted === undefined
            ? await oldCandidates(client, Date.now() - options.olderThan)
            : [await namedCandidate(client, await findSwarm(client, wanted))];
        const dry = options.dryRun === true;
        if (!dry) for (const one of found) await removeDirectory(one);
        const total = found.reduce((sum, one) => sum + one.bytes, 0);
        const rows = found.map((one) => [
          { text: one.swarmId },
          { text: `ended ${duration(Date.now() - Date.parse(one.endedAt))} ago` },
          { text: bytes(one.bytes) },
        ]);
        answer(cli, options, {
          json: { removed: !dry, swarms: found, bytes: total },
          lines: [
            ...columns(rows, lookOf(cli).width),
            `${plural(found.length, 'swarm')}, ${bytes(total)} ${dry ? 'would be' : 'is'} given back`,
          ],
        });
      }),
    );
