// The proof that fault tests can fail (`scripts/weakened.ts`) takes minutes; that it still fits the sources is seen here.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { WEAKENINGS, weaken } from '../support/weakenings.ts';

const source = (file: string): Promise<string> =>
  readFile(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8');

test('each of the faults F1 to F6 has a safeguard that can be taken out', () => {
  expect(WEAKENINGS.map(({ fault }) => fault)).toEqual(['F1', 'F2', 'F3', 'F4', 'F5', 'F6']);
});

test.each(WEAKENINGS)('$fault: the safeguard is where it is said to be, and so is its test', async (one) => {
  for (const edit of one.edits)
    expect(weaken(await source(edit.file), edit)).not.toBe(await source(edit.file));
  // Names of tests that are made of a list are not in the source as they are shown.
  expect(await source(one.test)).toContain(one.name.replace(/ at .*/, ' at'));
});
