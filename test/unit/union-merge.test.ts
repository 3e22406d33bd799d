import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { unionOfAdditions } from '../../domain/train/union-merge.ts';

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
const lines = (merged: string | undefined): string[] => (merged ?? '').split('\n').slice(0, -1);

const isWithin = (part: readonly string[], whole: readonly string[]): boolean => {
  let at = 0;
  for (const line of whole) if (line === part[at]) at += 1;
  return at === part.length;
};

const line = fc.constantFrom('a', 'b', 'c', 'd', '');
const list = fc.array(line, { maxLength: 8 });
/** A list, and the same list with lines added. */
const grown = (base: readonly string[]) =>
  fc
    .array(
      fc.tuple(
        fc.nat(base.length),
        fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom('x', 'y', 'a') }),
      ),
      { maxLength: 5 },
    )
    .map((added) =>
      [...base, undefined].flatMap((own, index) => [
        ...added.filter(([place]) => place === index).map(([, what]) => what),
        ...(own === undefined ? [] : [own]),
      ]),
    );

describe('the union of additions', () => {
  test('holds all lines of both sides in their order, and invents none', () => {
    fc.assert(
      fc.property(
        list.chain((base) => fc.tuple(fc.constant(base), grown(base), grown(base))),
        ([base, ours, theirs]) => {
          const merged = lines(unionOfAdditions(text(base), text(ours), text(theirs)));
          expect(isWithin(ours, merged)).toBe(true);
          expect(isWithin(theirs, merged)).toBe(true);
          expect(merged.length).toBeLessThanOrEqual(ours.length + theirs.length - base.length);
        },
      ),
    );
  });

  test('is refused when a side lost or changed a line', () => {
    fc.assert(
      fc.property(list, list, list, (base, ours, theirs) => {
        const merged = unionOfAdditions(text(base), text(ours), text(theirs));
        expect(merged !== undefined).toBe(isWithin(base, ours) && isWithin(base, theirs));
      }),
    );
  });

  test('keeps additions on top on top, and what both added once', () => {
    expect(unionOfAdditions('# Log\n\n- old\n', '# Log\n\n- a\n- old\n', '# Log\n\n- b\n- old\n')).toBe(
      '# Log\n\n- a\n- b\n- old\n',
    );
    expect(unionOfAdditions('dist\n', 'dist\nnode_modules\n', 'dist\nnode_modules\n')).toBe(
      'dist\nnode_modules\n',
    );
    expect(unionOfAdditions('', 'a', 'b')).toBe('a\nb\n');
  });
});
