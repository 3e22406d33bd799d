/** An error as three parts: what happened, why, and what to do. For people on stderr, as JSON for programs. */
import { CommanderError } from 'commander';
import { DroverFailure, FAILURE_TYPES, type FailureType } from '../../domain/failures.ts';
import type { ConfigProblem } from '../../config/problem.ts';
import { EXIT_UNEXPECTED } from '../exit-codes.ts';
import { Problems } from '../run/problems.ts';
import { plain } from './plain-text.ts';
import type { Style } from './style.ts';

/** Why, when nothing more precise is known. */
const REASONS: Readonly<Record<FailureType, string>> = {
  invalidInput: 'what was given is not valid',
  repositoryUnusable: 'the repository cannot be used as it is',
  notFound: 'nothing of that name is known here',
  wrongState: 'that is not possible in the state things are in',
  unavailable: 'something that Drover needs is not there',
  resourcesExhausted: 'disk, memory or file handles are used up',
  model: 'the model refused or failed for good',
  superseded: 'somebody newer owns the work',
  toolBroken: 'a tool or the file system failed',
};

export interface ErrorReport {
  readonly type: FailureType | 'unexpected';
  readonly what: string;
  readonly why: string;
  readonly todo: string;
  readonly exitCode: number;
  /** Each by itself, when there are several. */
  readonly problems?: readonly ConfigProblem[];
}

const deepest = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) return undefined;
  return deepest(error.cause) ?? error.message;
};

export const errorReport = (error: unknown): ErrorReport => {
  if (error instanceof DroverFailure) {
    const why = deepest(error.cause);
    return {
      type: error.type,
      what: error.message,
      why: why === undefined || why === '' || error.message.includes(why) ? REASONS[error.type] : why,
      todo:
        error.hint === ''
          ? 'drover --help lists the commands, drover doctor looks for what is wrong'
          : error.hint,
      exitCode: FAILURE_TYPES[error.type].exitCode,
      ...(error instanceof Problems ? { problems: error.problems } : {}),
    };
  }
  if (error instanceof CommanderError)
    return {
      type: 'invalidInput',
      what: error.message.replace(/^error: /, ''),
      why: 'the command line is not valid',
      todo: 'add --help to the command to see its arguments and examples',
      exitCode: FAILURE_TYPES.invalidInput.exitCode,
    };
  return {
    type: 'unexpected',
    what: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    why: deepest(error instanceof Error ? error.cause : undefined) ?? 'this is a fault in Drover',
    todo: 'run it again with DROVER_DEBUG=1 to see where it comes from, and report it',
    exitCode: EXIT_UNEXPECTED,
  };
};

/** Further lines of a text stand under its first one. */
const indented = (text: string): string => plain(text).trimEnd().replaceAll('\n', '\n       ');

export const errorText = (report: ErrorReport, style: Style): string =>
  [
    `${style.red('error:')} ${indented(report.what)}`,
    `${style.dim('why:')}   ${indented(report.why)}`,
    `${style.dim('do:')}    ${indented(report.todo)}`,
  ].join('\n');
