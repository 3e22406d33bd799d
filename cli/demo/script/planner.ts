/** The scripted planner's answer: the plan for the demo's goal. */

const ACCEPTANCE = 'node --test';

const task = (given: {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly files: readonly string[];
  readonly dependsOn?: readonly string[];
  readonly category?: string;
}): object => ({ dependsOn: [], category: 'default', ...given, priority: 2, acceptance: ACCEPTANCE });

export const SCRIPTED_PLAN = {
  summary:
    'Six functions can be written at the same time, each with tests of its own; the documentation of the text functions follows once both of them are there. Two tasks add a line at the end of src/index.js and may conflict; formatBytes and fileSummary meet only when they are merged.',
  tasks: [
    task({
      id: 'slugify',
      title: 'Add slugify',
      description:
        "Add slugify(text) to src/text.js, after words: lower case, words joined by dashes, accents removed; slugify('Crème brûlée!') is 'creme-brulee'. Tests in test/slugify.test.js.",
      files: ['src/text.js', 'test/slugify.test.js'],
    }),
    task({
      id: 'truncate-words',
      title: 'Let truncate cut between words',
      description:
        "Give truncate in src/text.js a third argument { words: true }: the text is cut between words where that is possible; without it nothing changes. truncate('A long way to go', 8, { words: true }) is 'A long…'. Tests in test/truncate.test.js.",
      files: ['src/text.js', 'test/truncate.test.js'],
    }),
    task({
      id: 'duration',
      title: 'Add durations',
      description:
        "New file src/duration.js with formatDuration(seconds), 3725 is '1h 2m 5s' and 0 is '0s', and parseDuration(text), the other way. Export it from src/index.js. Tests in test/duration.test.js.",
      files: ['src/duration.js', 'src/index.js', 'test/duration.test.js'],
    }),
    task({
      id: 'join-list',
      title: 'Add joinList',
      description:
        "New file src/list.js with joinList(items, { word = 'and' } = {}): 'a, b and c'. Export it from src/index.js. Tests in test/list.test.js.",
      files: ['src/list.js', 'src/index.js', 'test/list.test.js'],
    }),
    task({
      id: 'decimal-units',
      title: 'Decimal units for formatBytes',
      description:
        'formatBytes in src/units.js uses units of 1000 bytes (B, kB, MB…) by default, and the units of 1024 bytes it had (B, KB, MB…) with { base: 1024 }. Change its tests in test/units.test.js and the example in README.md to match.',
      files: ['src/units.js', 'test/units.test.js', 'README.md'],
    }),
    task({
      id: 'file-summary',
      title: 'Add fileSummary',
      description:
        "Add fileSummary({ name, size }) at the end of src/units.js: a file in one line, its size in units of 1024 bytes as file managers show it, by formatBytes: 'notes.txt (1.5 KB)' for 1536 bytes. Tests in test/file-summary.test.js.",
      files: ['src/units.js', 'test/file-summary.test.js'],
    }),
    task({
      id: 'text-docs',
      title: 'Document slugify and truncate',
      description:
        'Add examples of slugify and of truncate with { words: true } to the section Text of README.md (test/readme.test.js runs them), and both to Unreleased in CHANGELOG.md.',
      files: ['README.md', 'CHANGELOG.md'],
      dependsOn: ['slugify', 'truncate-words'],
      category: 'documentation',
    }),
  ],
} as const;
