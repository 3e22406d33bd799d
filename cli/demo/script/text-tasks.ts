/** Scripts of the agents that work on text: slugify, truncate and their documentation. */
import { edit, inThreeSteps, read, runTests, write, type NextStep } from './step.ts';

const WORDS = 'export const words = (text) => text.match(/[\\p{L}\\p{N}]+/gu) ?? [];\n';

const SLUGIFY = `
/** \`text\` as a part of a URL: lower case, words joined by dashes, accents removed. */
export const slugify = (text) =>
  words(text.normalize('NFKD').replace(/\\p{M}/gu, ''))
    .join('-')
    .toLowerCase();
`;

const SLUGIFY_TEST = `import assert from 'node:assert/strict';
import test from 'node:test';
import { slugify } from '../src/index.js';

test('slugify removes accents and punctuation', () => {
  assert.equal(slugify('Crème brûlée!'), 'creme-brulee');
});

test('slugify joins words by single dashes', () => {
  assert.equal(slugify('  One --  two '), 'one-two');
  assert.equal(slugify(''), '');
});
`;

const TRUNCATE = `/** \`text\` cut to \`max\` characters, with an ellipsis when something was left out. */
export const truncate = (text, max) => (text.length <= max ? text : \`\${text.slice(0, max - 1)}…\`);
`;

const TRUNCATE_BY_WORDS = `/**
 * \`text\` cut to \`max\` characters, with an ellipsis when something was left out. With \`words\` it is cut between
 * words where that is possible.
 */
export const truncate = (text, max, { words: whole = false } = {}) => {
  if (text.length <= max) return text;
  const space = whole ? text.lastIndexOf(' ', max - 1) : -1;
  return \`\${text.slice(0, space > 0 ? space : max - 1)}…\`;
};
`;

const TRUNCATE_TEST = `import assert from 'node:assert/strict';
import test from 'node:test';
import { truncate } from '../src/index.js';

test('truncate cuts between words when it is told to', () => {
  assert.equal(truncate('A long way to go', 8, { words: true }), 'A long…');
  assert.equal(truncate('A long way to go', 7, { words: true }), 'A long…');
});

test('truncate cuts a word that is too long by itself', () => {
  assert.equal(truncate('incomprehensible', 6, { words: true }), 'incom…');
});

test('truncate cuts anywhere otherwise', () => {
  assert.equal(truncate('A long way to go', 4), 'A l…');
});
`;

export const TEXT_SCRIPTS: Readonly<Record<string, readonly NextStep[]>> = {
  slugify: inThreeSteps({
    look: {
      say: 'I look at what the library has for text.',
      calls: [{ tool: 'list_files', input: {} }, read('src/text.js')],
    },
    change: () => ({
      say: '`words` already splits a text; slugify only has to remove accents and join.',
      calls: [
        edit('src/text.js', WORDS, WORDS + SLUGIFY),
        write('test/slugify.test.js', SLUGIFY_TEST),
        runTests,
      ],
    }),
    summary:
      'Added slugify(text) to src/text.js, built on words, with tests for accents, punctuation and empty text.',
  }),
  'truncate-words': inThreeSteps({
    look: {
      say: 'I look at truncate and its tests.',
      calls: [read('src/text.js'), { tool: 'search', input: { text: 'truncate(' } }],
    },
    change: () => ({
      say: 'A third argument keeps all callers as they are.',
      calls: [
        edit('src/text.js', TRUNCATE, TRUNCATE_BY_WORDS),
        write('test/truncate.test.js', TRUNCATE_TEST),
        runTests,
      ],
    }),
    summary: 'truncate takes { words: true } and then cuts between words; without it nothing changed.',
  }),
  'text-docs': inThreeSteps({
    look: {
      say: 'Both functions are in my workspace. I look at how the documentation is written.',
      calls: [read('README.md'), read('CHANGELOG.md'), read('src/text.js')],
    },
    change: () => ({
      say: 'The examples in README.md are run as tests, so they have to be right.',
      calls: [
        edit(
          'README.md',
          "truncate('A long way to go', 8) // => 'A long …'\n",
          "truncate('A long way to go', 8) // => 'A long …'\ntruncate('A long way to go', 8, { words: true }) // => 'A long…'\nslugify('Crème brûlée!') // => 'creme-brulee'\n",
        ),
        edit(
          'CHANGELOG.md',
          '## Unreleased\n',
          '## Unreleased\n\n- `slugify` makes a text a part of a URL.\n- `truncate` cuts between words with `{ words: true }`.\n',
        ),
        runTests,
      ],
    }),
    summary: 'README.md has examples of slugify and of truncate between words, CHANGELOG.md names both.',
  }),
};
