/** `drover diff`: what a swarm, or one of its tasks, has changed. */
import type { Command } from 'commander';
import { conflictText, swarmConflict } from '../../api/swarm-conflict.ts';
import { swarmDiff, type ChangedFile } from '../../api/swarm-diff.ts';
import type { SwarmHandle } from '../../api/swarm-handle.ts';
import { DroverFailure } from '../../domain/failures.ts';
import { answer, command, lookOf, styleOf, type Cli, type CommonOptions } from '../cli.ts';
import { columns } from '../output/format.ts';
import { plain } from '../output/plain-text.ts';
import type { Style } from '../output/style.ts';
import { SWARM_OR_LATEST, withSwarmOrLatest } from '../reach.ts';

interface Options extends CommonOptions {
  readonly stat?: boolean;
  readonly conflict?: boolean;
}

const painted = (line: string, style: Style): string => {
  if (/^(diff |index |--- |\+\+\+ |new file|deleted file|old mode|new mode)/.test(line))
    return style.bold(line);
  if (line.startsWith('@@')) return style.cyan(line);
  if (line.startsWith('+')) return style.green(line);
  return line.startsWith('-') ? style.red(line) : line;
};

const statLines = (files: readonly ChangedFile[], width: number, style: Style): readonly string[] =>
  columns(
    files.map((file) => [
      { text: file.insertions === undefined ? 'binary' : `+${file.insertions}`, paint: style.green },
      { text: file.deletions === undefined ? '' : `-${file.deletions}`, paint: style.red },
      { text: plain(file.path) },
    ]),
    width,
  );

const showConflict = async (
  cli: Cli,
  options: Options,
  swarm: SwarmHandle,
  path: string,
  taskId: string | undefined,
): Promise<void> => {
  if (taskId === undefined)
    throw new DroverFailure('invalidInput', '--conflict needs a task', {
      hint: `drover diff ${swarm.id} <task> --conflict; drover status ${swarm.id} names the tasks`,
    });
  const files = await swarmConflict(swarm, path, taskId);
  answer(cli, options, {
    json: { swarmId: swarm.id, task: taskId, files },
    lines:
      files.length === 0
        ? [`the branch of ${taskId} merges cleanly with what has landed`]
        : conflictText(files).trimEnd().split('\n').map(plain),
  });
};

export const diffCommand = (cli: Cli): Command =>
  command('diff', 'Show what a swarm has changed, or one of its tasks', [
    'diff',
    'diff add-search-k3f9 --stat',
    'diff add-search-k3f9 write-docs',
    'diff add-search-k3f9 write-docs --conflict',
    'diff add-search-k3f9 > search.patch',
  ])
    .argument('[swarm]', SWARM_OR_LATEST)
    .argument('[task]', 'a task whose branch is finished; without, what has landed')
    .option('--stat', 'only which files, and how much')
    .option('--conflict', 'of a task: where its branch conflicts with what has landed')
    .action((wanted: string | undefined, taskId: string | undefined, options: Options) =>
      withSwarmOrLatest(cli, wanted, async (swarm) => {
        const path = cli.env['PATH'] ?? '/usr/bin:/bin';
        if (options.conflict === true) return await showConflict(cli, options, swarm, path, taskId);
        const diff = await swarmDiff(swarm, path, taskId);
        const style = styleOf(cli);
        const lines = diff.patch.replace(/\n$/, '').split('\n');
        answer(cli, options, {
          json: { swarmId: swarm.id, task: taskId ?? null, ...diff },
          lines:
            diff.files.length === 0
              ? ['nothing is changed']
              : options.stat === true
                ? statLines(diff.files, lookOf(cli).width, style)
                : lines.map((line) => painted(plain(line), style)),
        });
        if (diff.truncated) cli.stderr.write('the diff is longer than what is shown\n');
      }),
    );
