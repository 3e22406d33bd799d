/** Everything that is wrong with what was given, told at once instead of one after the other. */
import { problemLine, type ConfigProblem } from '../../config/problem.ts';
import { DroverFailure, type FailureType } from '../../domain/failures.ts';

export class Problems extends DroverFailure {
  readonly problems: readonly ConfigProblem[];

  constructor(
    type: FailureType,
    problems: readonly ConfigProblem[],
    hint = 'nothing was started; put it right and run the command again',
  ) {
    const lines = problems.map(problemLine);
    super(
      type,
      lines.length === 1
        ? (lines[0] ?? '')
        : [`${lines.length} things have to be put right:`, ...lines.map((line) => `  ${line}`)].join('\n'),
      { hint },
    );
    this.problems = problems;
  }
}
