/** Scripts of the fixing agents: one conflict and one red test. */
import { edit, finishAfterTests, inThreeSteps, read, runTests, write, type NextStep } from './step.ts';
import { FILE_SUMMARY_LINE } from './number-tasks.ts';

/**
 * Keeps the lines of both sides of each conflict.
 * @param numbered a file as `read_file` shows it
 */
const bothSides = (numbered: string): string =>
  numbered
    .split('\n')
    .map((line) => line.replace(/^\d+\t/, ''))
    .filter((line) => !/^(<<<<<<<|\|\|\|\|\|\|\||=======|>>>>>>>)( |$)/.test(line))
    .join('\n')
    .concat('\n');

/** @param paths with conflict markers */
export const conflictScript = (paths: readonly string[]): readonly NextStep[] => [
  () => ({ say: 'I look at what both sides wanted.', calls: paths.map(read) }),
  (results) => ({
    say: 'Each side added an export of its own; the merged file has both.',
    calls: [...paths.map((path, index) => write(path, bothSides(results[index] ?? ''))), runTests],
  }),
  finishAfterTests(
    `Resolved the conflict in ${paths.join(', ')}: both sides only add, and both additions are kept.`,
  ),
];

export const UNITS_FIX: readonly NextStep[] = inThreeSteps({
  look: {
    say: 'A test of fileSummary fails since formatBytes has decimal units. I look at both.',
    calls: [read('src/units.js'), read('test/file-summary.test.js')],
  },
  change: () => ({
    say: 'fileSummary is meant to show units of 1024 bytes; it has to ask for them now. The test is right as it is.',
    calls: [
      edit('src/units.js', FILE_SUMMARY_LINE, FILE_SUMMARY_LINE.replace('(size)', '(size, { base: 1024 })')),
      runTests,
    ],
  }),
  summary:
    'fileSummary asks formatBytes for { base: 1024 }: its default became decimal, while file managers show units of 1024 bytes.',
});
