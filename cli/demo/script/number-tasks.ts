/** Scripts of the agents that work on numbers and lists. */
import { edit, inThreeSteps, read, runTests, write, type NextStep } from './step.ts';

const DURATION = `/** Spans of time as people write them. */

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
];

/** \`seconds\` in days, hours, minutes and seconds: 3725 is "1h 2m 5s". */
export const formatDuration = (seconds) => {
  let left = Math.round(seconds);
  const parts = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(\`\${count}\${unit}\`);
  }
  return parts.length === 0 ? '0s' : parts.join(' ');
};

/** The other way: "1h 2m 5s" is 3725. */
export const parseDuration = (text) => {
  let seconds = 0;
  for (const part of text.trim().split(/\\s+/)) {
    const [, count, name] = /^(\\d+)([dhms])$/.exec(part) ?? [];
    if (name === undefined) throw new RangeError(\`"\${part}" is not a duration such as 5m\`);
    seconds += Number(count) * UNITS.find(([unit]) => unit === name)[1];
  }
  return seconds;
};
`;

const DURATION_TEST = `import assert from 'node:assert/strict';
import test from 'node:test';
import { formatDuration, parseDuration } from '../src/index.js';

test('formatDuration leaves out what is zero', () => {
  assert.equal(formatDuration(3725), '1h 2m 5s');
  assert.equal(formatDuration(86_400), '1d');
  assert.equal(formatDuration(0), '0s');
});

test('parseDuration goes back', () => {
  for (const seconds of [0, 59, 60, 3725, 100_000])
    assert.equal(parseDuration(formatDuration(seconds)), seconds);
});

test('parseDuration refuses what is no duration', () => {
  assert.throws(() => parseDuration('5 apples'), RangeError);
});
`;

const LIST = `/** Lists as people write them. */

/** The items with commas and a last word between them: "a, b and c". */
export const joinList = (items, { word = 'and' } = {}) =>
  items.length < 2 ? items.join('') : \`\${items.slice(0, -1).join(', ')} \${word} \${items.at(-1)}\`;
`;

const LIST_TEST = `import assert from 'node:assert/strict';
import test from 'node:test';
import { joinList } from '../src/index.js';

test('joinList puts a word before the last item', () => {
  assert.equal(joinList(['a', 'b', 'c']), 'a, b and c');
  assert.equal(joinList(['a', 'b'], { word: 'or' }), 'a or b');
});

test('joinList knows short lists', () => {
  assert.equal(joinList(['a']), 'a');
  assert.equal(joinList([]), '');
});
`;

const FORMAT_BYTES = `const SIZES = ['B', 'KB', 'MB', 'GB', 'TB'];

/** A number of bytes; 1 KB is 1,024 bytes. */
export const formatBytes = (bytes) => {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < SIZES.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return \`\${Number(value.toFixed(1))} \${SIZES[unit]}\`;
};
`;

const FORMAT_BYTES_BY_BASE = `const SIZES = {
  1000: ['B', 'kB', 'MB', 'GB', 'TB'],
  1024: ['B', 'KB', 'MB', 'GB', 'TB'],
};

/** A number of bytes; 1 kB is 1,000 bytes, and with \`base\` 1024, 1 KB is 1,024 bytes. */
export const formatBytes = (bytes, { base = 1000 } = {}) => {
  const names = SIZES[base];
  let value = bytes;
  let unit = 0;
  while (value >= base && unit < names.length - 1) {
    value /= base;
    unit += 1;
  }
  return \`\${Number(value.toFixed(1))} \${names[unit]}\`;
};
`;

const BYTES_TEST = `  assert.equal(formatBytes(1536), '1.5 KB');
  assert.equal(formatBytes(5 * 1024 * 1024), '5 MB');
});
`;

const BYTES_TEST_BY_BASE = `  assert.equal(formatBytes(1500), '1.5 kB');
  assert.equal(formatBytes(5_000_000), '5 MB');
});

test('formatBytes knows the units of 1024 bytes', () => {
  assert.equal(formatBytes(1536, { base: 1024 }), '1.5 KB');
  assert.equal(formatBytes(5 * 1024 * 1024, { base: 1024 }), '5 MB');
});
`;

const PLURAL =
  'export const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;\n';

export const FILE_SUMMARY_LINE =
  'export const fileSummary = ({ name, size }) => `${name} (${formatBytes(size)})`;\n';

const FILE_SUMMARY = `
/** A file in one line, with its size in units of 1,024 bytes, as file managers show it. */
${FILE_SUMMARY_LINE}`;

const FILE_SUMMARY_TEST = `import assert from 'node:assert/strict';
import test from 'node:test';
import { fileSummary } from '../src/index.js';

test('fileSummary shows the size as file managers do', () => {
  assert.equal(fileSummary({ name: 'notes.txt', size: 1536 }), 'notes.txt (1.5 KB)');
  assert.equal(fileSummary({ name: 'photo.jpg', size: 3 * 1024 * 1024 }), 'photo.jpg (3 MB)');
});

test('fileSummary shows small files in bytes', () => {
  assert.equal(fileSummary({ name: 'empty', size: 0 }), 'empty (0 B)');
});
`;

const LAST_EXPORT = "export * from './dates.js';\n";

export const NUMBER_SCRIPTS: Readonly<Record<string, readonly NextStep[]>> = {
  duration: inThreeSteps({
    look: {
      say: 'I look at how modules are exported and tested.',
      calls: [read('src/index.js'), read('src/dates.js')],
    },
    change: () => ({
      say: 'Durations get a module of their own.',
      calls: [
        write('src/duration.js', DURATION),
        edit('src/index.js', LAST_EXPORT, `${LAST_EXPORT}export * from './duration.js';\n`),
        write('test/duration.test.js', DURATION_TEST),
        runTests,
      ],
    }),
    summary:
      'Added formatDuration and parseDuration in src/duration.js, exported by src/index.js, with tests both ways.',
  }),
  'join-list': inThreeSteps({
    look: { say: 'I look at how modules are exported.', calls: [read('src/index.js')] },
    change: () => ({
      say: 'Lists get a module of their own.',
      calls: [
        write('src/list.js', LIST),
        edit('src/index.js', LAST_EXPORT, `${LAST_EXPORT}export * from './list.js';\n`),
        write('test/list.test.js', LIST_TEST),
        runTests,
      ],
    }),
    summary: 'Added joinList in src/list.js, exported by src/index.js, with tests.',
  }),
  'decimal-units': inThreeSteps({
    look: {
      say: 'I look at formatBytes and at who uses it.',
      calls: [
        read('src/units.js'),
        read('test/units.test.js'),
        { tool: 'search', input: { text: 'formatBytes' } },
      ],
    },
    change: () => ({
      say: 'Nothing in the library calls it but its tests and the example in README.md; all three change.',
      calls: [
        edit('src/units.js', FORMAT_BYTES, FORMAT_BYTES_BY_BASE),
        edit('test/units.test.js', BYTES_TEST, BYTES_TEST_BY_BASE),
        edit('README.md', "formatBytes(1536) // => '1.5 KB'", "formatBytes(1500) // => '1.5 kB'"),
        runTests,
      ],
    }),
    summary:
      'formatBytes uses units of 1000 bytes by default; { base: 1024 } gives the old ones. Its tests and the example in README.md follow.',
  }),
  'file-summary': inThreeSteps({
    look: {
      say: 'I look at what formatBytes gives.',
      calls: [read('src/units.js'), read('test/units.test.js')],
    },
    change: () => ({
      say: 'formatBytes has units of 1024 bytes already, which is what is wanted.',
      calls: [
        edit('src/units.js', PLURAL, PLURAL + FILE_SUMMARY),
        write('test/file-summary.test.js', FILE_SUMMARY_TEST),
        runTests,
      ],
    }),
    summary: 'Added fileSummary({ name, size }) to src/units.js, with tests.',
  }),
};
