/** `drover lessons`: what earlier runs taught about a repository, and how to be rid of it. */
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { DroverFailure } from '../../domain/failures.ts';
import { LEAST_WEIGHT } from '../../domain/lessons/choice.ts';
import type { Lesson } from '../../domain/lessons/lessons.ts';
import type { Store } from '../../store/database.ts';
import { findLessons, forgetLessons, listLessons } from '../../store/lessons.ts';
import { answer, command, lookOf, printJson, type Cli, type CommonOptions } from '../cli.ts';
import { columns, plural } from '../output/format.ts';
import { oneLine } from '../output/one-line.ts';
import { withStore } from '../reach.ts';

interface ListOptions extends CommonOptions {
  readonly repo?: string;
}

const TEXT_LENGTH = 120;

/** The folder need not be there any more. */
const repositoryOf = async (cli: Cli, path: string | undefined): Promise<string | undefined> => {
  if (path === undefined) return undefined;
  const whole = resolve(cli.cwd, path);
  return realpath(whole).catch(() => whole);
};

const inWords = ({ weight, times }: Lesson): string =>
  `${times === 1 ? '' : `${times} times, `}weight ${weight.toFixed(2)}${weight < LEAST_WEIGHT ? ' (not told any more)' : ''}`;

const oneOf = async (store: Store, wanted: string): Promise<Lesson> => {
  const [found, another] = await findLessons(store, wanted);
  if (found === undefined)
    throw new DroverFailure('notFound', `There is no lesson "${wanted}"`, { hint: 'drover lessons list' });
  if (another !== undefined)
    throw new DroverFailure('invalidInput', `"${wanted}" is the beginning of several lessons' ids`, {
      hint: `give more of it: ${found.id}, ${another.id}`,
    });
  return found;
};

const REPO_OPTION = ['--repo <path>', 'of this repository (default: of all)'] as const;

const listCommand = (cli: Cli): Command =>
  command('list', 'List lessons, the weightiest first', ['lessons list', 'lessons list --repo . --json'])
    .option(...REPO_OPTION)
    .action((options: ListOptions) =>
      withStore(cli, async (store) => {
        const lessons = await listLessons(store, await repositoryOf(cli, options.repo));
        const rows = lessons.map((lesson) => [
          { text: lesson.id },
          { text: lesson.kind },
          { text: inWords(lesson) },
          { text: oneLine(lesson.text, TEXT_LENGTH) },
        ]);
        answer(cli, options, {
          json: { lessons },
          lines:
            lessons.length === 0
              ? ['Nothing has been learnt yet: lessons come from swarms that have ended']
              : columns(rows, lookOf(cli).width),
        });
      }),
    );

const showCommand = (cli: Cli): Command =>
  command('show', 'Show a lesson and the swarms that it comes from', ['lessons show 3f9a'])
    .argument('<lesson>', 'id of the lesson, or how it begins')
    .action((wanted: string, options: CommonOptions) =>
      withStore(cli, async (store) => {
        const lesson = await oneOf(store, wanted);
        answer(cli, options, {
          json: lesson,
          lines: [
            `${lesson.id}  ${lesson.kind}  ${inWords(lesson)}`,
            oneLine(lesson.text, 2_000),
            ...(lesson.paths.length === 0 ? [] : [`about ${oneLine(lesson.paths.join(', '), 500)}`]),
            `repository ${oneLine(lesson.repository, 500)}`,
            `learnt ${lesson.learntAt}, last seen ${lesson.seenAt}`,
            `from ${lesson.from.join(', ')}`,
          ],
        });
      }),
    );

const forgetCommand = (cli: Cli): Command =>
  command('forget', 'Forget lessons; what shows again is learnt again', [
    'lessons forget 3f9a',
    'lessons forget --all --repo .',
  ])
    .argument('[lessons...]', 'ids of lessons, or how they begin')
    .option('--all', 'all of them')
    .option(...REPO_OPTION)
    .action((wanted: string[], options: ListOptions & { readonly all?: boolean }) =>
      withStore(cli, async (store) => {
        if (wanted.length > 0 === (options.all === true))
          throw new DroverFailure('invalidInput', 'Say which lessons to forget, or --all, not both', {
            hint: 'drover lessons list',
          });
        const lessons =
          options.all === true
            ? await listLessons(store, await repositoryOf(cli, options.repo))
            : await Promise.all(wanted.map((one) => oneOf(store, one)));
        const forgotten = await forgetLessons(
          store,
          lessons.map(({ id }) => id),
        );
        answer(cli, options, { json: { forgotten }, lines: [`${plural(forgotten, 'lesson')} forgotten`] });
      }),
    );

const exportCommand = (cli: Cli): Command =>
  command('export', 'Write lessons as JSON to standard output', ['lessons export --repo . > lessons.json'])
    .option(...REPO_OPTION)
    .action((options: ListOptions) =>
      withStore(cli, async (store) => {
        printJson(cli, { lessons: await listLessons(store, await repositoryOf(cli, options.repo)) });
      }),
    );

export const lessonsCommand = (cli: Cli): Command =>
  new Command('lessons')
    .description('What earlier runs taught: commands, failures, conflicts, flaky checks, durations')
    .addCommand(listCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(forgetCommand(cli))
    .addCommand(exportCommand(cli));
