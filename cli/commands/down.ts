/** `drover down`: ends the services. Agents at work go on, and are watched again after the next `drover up`. */
import type { Command } from 'commander';
import { down } from '../../workers/supervisor/up.ts';
import { answer, command, type Cli, type CommonOptions } from '../cli.ts';
import { progress } from '../services.ts';

export const downCommand = (cli: Cli): Command =>
  command('down', 'End the services; agents at work go on, and swarms go on with the next drover up', [
    'down',
  ]).action(async (options: CommonOptions) => {
    const ended = await down({ home: cli.home, onProgress: progress(cli) });
    answer(cli, options, {
      json: { ended },
      lines: [ended ? 'The services have ended' : 'No services were running'],
    });
  });
