/** What is wrong with something that a person wrote: where it is, what it is, why, and how to fix it. */

export interface ConfigProblem {
  /** With an error nothing is started; a warning is shown. */
  readonly severity: 'error' | 'warning';
  /** Path of the file as it was given, `environment` or `command line`. */
  readonly source: string;
  /** From 1. */
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

export const configError = (source: string, message: string, position?: Position): ConfigProblem => ({
  severity: 'error',
  source,
  ...position,
  message,
});

export const configWarning = (source: string, message: string, position?: Position): ConfigProblem => ({
  ...configError(source, message, position),
  severity: 'warning',
});

export const isError = (problem: ConfigProblem): boolean => problem.severity === 'error';

/** `drover.yml:3:5: "paralel" is not a setting, did you mean "parallel"?` */
export const problemLine = ({ source, line, column, message }: ConfigProblem): string =>
  line === undefined ? `${source}: ${message}` : `${source}:${line}:${column ?? 1}: ${message}`;

/** In the order of the file; what has no place comes last. */
export const inFileOrder = (problems: readonly ConfigProblem[]): ConfigProblem[] =>
  problems.toSorted((a, b) => (a.line ?? 1e9) - (b.line ?? 1e9) || (a.column ?? 0) - (b.column ?? 0));
