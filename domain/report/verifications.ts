/** The part of the report about verifying: what was run on which merge, what was flaky, what was red only together. */
import { code, codeBlock, codeInText, markdownTable } from '../markdown.ts';
import { rows, shortSha } from './rows.ts';
import type { Report, SemanticConflict, VerificationRecord } from './report.ts';
import type { RedResult } from '../train/bisection.ts';
import { clip } from '../text.ts';

/** Failing outputs, and characters of each. */
const OUTPUTS = 10;
const OUTPUT_LENGTH = 3_000;

/** Red once and green once: the same commands on the same commit. */
export const flakyCommits = (verifications: readonly VerificationRecord[]): ReadonlySet<string> => {
  const green = new Set(verifications.flatMap(({ commit, result }) => (result.ok ? [commit] : [])));
  return new Set(
    verifications.flatMap(({ commit, result }) => (!result.ok && green.has(commit) ? [commit] : [])),
  );
};

const WHAT: Readonly<Record<NonNullable<VerificationRecord['how']>, string>> = {
  alone: ' alone',
  together: ' only',
};

const whatIsRed = ({ step, acceptanceOf, command }: SemanticConflict): string =>
  (acceptanceOf === undefined ? `the ${step}` : `the acceptance command of ${code(acceptanceOf)}`) +
  (command === undefined ? '' : ` (${code(clip(command, 200))})`);

const stepName = ({ step, taskId }: RedResult): string =>
  taskId === undefined ? step : `${step} of ${code(taskId)}`;

const semanticPart = (conflicts: readonly SemanticConflict[]): string[] =>
  conflicts.length === 0
    ? []
    : [
        `### Red only together\n\n${conflicts
          .map((conflict) => {
            const { taskId, withTask } = conflict;
            return withTask === undefined
              ? `- ${code(taskId)} is green by itself; ${whatIsRed(conflict)} is red with what landed before it.`
              : `- ${code(taskId)} and ${code(withTask)}: each is green, ${whatIsRed(conflict)} is red with both.`;
          })
          .join('\n')}`,
      ];

export const verificationsPart = ({ verifications, semanticConflicts = [] }: Report): string[] => {
  if (verifications.length === 0) return [];
  const flaky = flakyCommits(verifications);
  const head = ['Commit', 'Tasks', 'Result', 'Seconds'];
  const table = markdownTable(
    head,
    rows(
      verifications,
      ({ commit, taskIds, result, how }) => [
        shortSha(commit),
        taskIds.slice(0, 20).map(code).join(', ') +
          (taskIds.length > 20 ? ` and ${taskIds.length - 20} more` : '') +
          (how === undefined ? '' : WHAT[how]) || ' ',
        result.ok
          ? `green${result.cached ? ' (known)' : ''}`
          : `**red**${flaky.has(commit) ? ' (flaky)' : ''}: ${stepName(result)} ${code(clip(result.command, 200))} ${result.timedOut ? 'took too long' : `ended with ${result.exitCode}`}`,
        result.seconds.toFixed(1),
      ],
      head.length,
    ),
  );
  const pairs = new Set(semanticConflicts.map(({ commit }) => commit));
  // Of what is red only together nothing else tells; the rest is as it came.
  const outputs = verifications
    .toSorted((a, b) => Number(pairs.has(b.commit)) - Number(pairs.has(a.commit)))
    .flatMap(({ commit, result }) =>
      result.ok || result.output.trim() === ''
        ? []
        : [
            `Output of ${codeInText(clip(result.command, 200))}${result.taskId === undefined ? '' : `, by which ${codeInText(result.taskId)} is accepted,`} on ${shortSha(commit)}:\n\n${codeBlock(bothEnds(result.output))}`,
          ],
    );
  const hidden = outputs.length - OUTPUTS;
  return [
    table,
    ...semanticPart(semanticConflicts),
    ...outputs.slice(0, OUTPUTS),
    ...(hidden > 0 ? [`… the output of ${hidden} more red verifications is in report.json`] : []),
  ];
};

const bothEnds = (output: string): string =>
  output.length <= OUTPUT_LENGTH
    ? output
    : `${output.slice(0, OUTPUT_LENGTH / 2)}\n…\n${output.slice(-OUTPUT_LENGTH / 2)}`;
