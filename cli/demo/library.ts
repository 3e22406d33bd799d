/** The files of the demo's repository: a small JavaScript library without dependencies, with its tests. */

const PACKAGE = `{
  "name": "sundry",
  "version": "1.2.0",
  "description": "Small functions for text, sizes and dates",
  "license": "MIT",
  "type": "module",
  "exports": "./src/index.js",
  "scripts": {
    "test": "node --test"
  }
}
`;

const README = `# sundry

Small functions for text, sizes and dates. No dependencies.

## Text

\`\`\`js
capitalize('over the hills') // => 'Over the hills'
words('One, two & three!') // => ['One', 'two', 'three']
truncate('A long way to go', 8) // => 'A long …'
\`\`\`

## Sizes

\`\`\`js
formatBytes(1536) // => '1.5 KB'
formatPercent(0.125) // => '12.5%'
plural(3, 'sheep', 'sheep') // => '3 sheep'
\`\`\`

## Dates

\`\`\`js
daysBetween(new Date('2026-02-27'), new Date('2026-03-01')) // => 2
isWeekend(new Date('2026-11-21')) // => true
\`\`\`

The examples are run by \`test/readme.test.js\`.
`;

const CHANGELOG = `# Changelog

## Unreleased

## 1.2.0

- \`plural\` takes an irregular plural.

## 1.1.0

- \`formatPercent\`.
`;

const INDEX = `export * from './text.js';
export * from './units.js';
export * from './dates.js';
`;

const TEXT = `/** Small changes of text. */

/** \`text\` with its first letter in upper case. */
export const capitalize = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** The words of \`text\`, without punctuation. */
export const words = (text) => text.match(/[\\p{L}\\p{N}]+/gu) ?? [];

/** \`text\` in lines of at most \`width\` characters, broken between words. */
export const wrap = (text, width) => {
  const lines = [];
  let line = '';
  for (const word of text.split(/\\s+/).filter(Boolean)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : \`\${line} \${word}\`;
  }
  return [...lines, line].join('\\n');
};

/** \`text\` cut to \`max\` characters, with an ellipsis when something was left out. */
export const truncate = (text, max) => (text.length <= max ? text : \`\${text.slice(0, max - 1)}…\`);
`;

const UNITS = `/** Numbers as people read them. */

const SIZES = ['B', 'KB', 'MB', 'GB', 'TB'];

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

/** A share of 1 as a percentage, with at most one digit after the point. */
export const formatPercent = (share) => \`\${Number((share * 100).toFixed(1))}%\`;

/** \`count\` and the noun in the right number. */
export const plural = (count, one, many = \`\${one}s\`) => \`\${count} \${count === 1 ? one : many}\`;
`;

const DATES = `/** Days of the calendar, in UTC. */

const DAY = 24 * 60 * 60 * 1000;

/** Whole days from \`from\` to \`to\`. */
export const daysBetween = (from, to) => Math.round((to.getTime() - from.getTime()) / DAY);

/** \`date\` moved by \`days\`. */
export const addDays = (date, days) => new Date(date.getTime() + days * DAY);

export const isWeekend = (date) => [0, 6].includes(date.getUTCDay());
`;

const TEXT_TEST = `import assert from 'node:assert/strict';
import test from 'node:test';
import { capitalize, truncate, words, wrap } from '../src/index.js';

test('capitalize changes the first letter only', () => {
  assert.equal(capitalize('hello World'), 'Hello World');
  assert.equal(capitalize(''), '');
});

test('words leaves punctuation out', () => {
  assert.deepEqual(words('Well: 2 words?'), ['Well', '2', 'words']);
  assert.deepEqual(words('…'), []);
});

test('wrap breaks between words', () => {
  assert.equal(wrap('one two three', 8), 'one two\\nthree');
});

test('truncate keeps short text and cuts long text', () => {
  assert.equal(truncate('short', 10), 'short');
  assert.equal(truncate('rather long', 7), 'rather…');
});
`;

const UNITS_TEST = `import assert from 'node:assert/strict';
import test from 'node:test';
import { formatBytes, formatPercent, plural } from '../src/index.js';

test('formatBytes chooses the unit', () => {
  assert.equal(formatBytes(0), '0 B');
  assert.equal(formatBytes(1536), '1.5 KB');
  assert.equal(formatBytes(5 * 1024 * 1024), '5 MB');
});

test('formatPercent has at most one digit after the point', () => {
  assert.equal(formatPercent(1 / 3), '33.3%');
});

test('plural knows one from many', () => {
  assert.equal(plural(1, 'file'), '1 file');
  assert.equal(plural(0, 'file'), '0 files');
});
`;

const DATES_TEST = `import assert from 'node:assert/strict';
import test from 'node:test';
import { addDays, daysBetween, isWeekend } from '../src/index.js';

const day = (text) => new Date(\`\${text}T00:00:00Z\`);

test('daysBetween counts over a leap day', () => {
  assert.equal(daysBetween(day('2028-02-28'), day('2028-03-01')), 2);
});

test('addDays goes both ways', () => {
  assert.deepEqual(addDays(day('2026-01-01'), -1), day('2025-12-31'));
});

test('isWeekend knows Sunday from Monday', () => {
  assert.equal(isWeekend(day('2026-11-22')), true);
  assert.equal(isWeekend(day('2026-11-23')), false);
});
`;

const README_TEST = `import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import * as sundry from '../src/index.js';

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');

for (const [, code, result] of readme.matchAll(/^(.+) \\/\\/ => (.+)$/gm))
  test(\`README: \${code}\`, () => {
    const value = (text) => new Function(...Object.keys(sundry), \`return (\${text});\`)(...Object.values(sundry));
    assert.deepEqual(value(code), value(result));
  });
`;

const DROVER_YML = `# How Drover works on this repository.
parallel: 3

verify:
  test: node --test

# An agent repairs what does not merge or breaks a test; nobody has to be asked in a demo.
gates:
  task: skip
  phase: fail
  conflict: auto
  build: auto
  test: auto
`;

/** Text by path. */
export const LIBRARY: Readonly<Record<string, string>> = {
  'package.json': PACKAGE,
  'README.md': README,
  'CHANGELOG.md': CHANGELOG,
  'drover.yml': DROVER_YML,
  'src/index.js': INDEX,
  'src/text.js': TEXT,
  'src/units.js': UNITS,
  'src/dates.js': DATES,
  'test/text.test.js': TEXT_TEST,
  'test/units.test.js': UNITS_TEST,
  'test/dates.test.js': DATES_TEST,
  'test/readme.test.js': README_TEST,
};
