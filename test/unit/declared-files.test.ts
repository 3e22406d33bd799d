// Which changes of a branch its task had not declared. Paths are real names and are never read as patterns.
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { changesOutside, claimsOfOthers } from '../../domain/agents/declared-files.ts';

const outside = (files: readonly string[], ...changed: readonly string[]): readonly string[] =>
  changesOutside(files, changed)?.paths ?? [];

describe('files that a task declared', () => {
  test.each([
    ['src/a.ts', 'src/a.ts'],
    ['./src//a.ts', 'src/a.ts'],
    ['src', 'src/deep/a.ts'],
    ['src/', 'src/deep/a.ts'],
    ['v1.2', 'v1.2/a.ts'],
    ['Makefile', 'Makefile'],
    ['src/*.ts', 'src/a.ts'],
    ['src/**', 'src/a/b/c.ts'],
    ['**/*.md', 'README.md'],
    ['**/*.md', 'docs/a/b.md'],
    ['src/**/test/*.ts', 'src/test/a.ts'],
    ['src/?.{ts,tsx}', 'src/b.tsx'],
    ['{src,test}/{a,{b,c}}.ts', 'test/c.ts'],
    ['lib/[a-c]*.js', 'lib/bx.js'],
    ['lib/[!a-c]*.js', 'lib/d.js'],
    ['app/[id]/page.tsx', 'app/[id]/page.tsx'],
    ['src/*/', 'src/a/b.ts'],
  ])('%s covers %s', (declared, path) => expect(outside([declared], path)).toEqual([]));

  test.each([
    ['src/a.ts', 'src/a.tsx'],
    ['src', 'srcs/a.ts'],
    ['src/*.ts', 'src/deep/a.ts'],
    ['*.ts', 'src/a.ts'],
    ['src/?.ts', 'src/ab.ts'],
    ['lib/[a-c]*.js', 'lib/d.js'],
    ['lib/[!a-c]*.js', 'lib/a.js'],
    ['src/*/', 'src/a.ts'],
  ])('%s does not cover %s', (declared, path) => expect(outside([declared], path)).toEqual([path]));

  test('a name with wildcards in it stands for itself only', () => {
    for (const hostile of ['*', '**', 's*', '[s]rc/a.ts', '{src,x}/a.ts', '?rc/a.ts', 'src*/**'])
      expect(outside(['src/a.ts', 'src/deep/'], hostile)).toEqual([hostile]);
  });

  test('nothing declared, nothing outside', () => expect(changesOutside([], ['a', 'b'])).toBeUndefined());

  test('long lists are counted, and terminal escapes taken out', () => {
    const many = Array.from({ length: 50 }, (_, index) => `x/${index}`);
    expect(changesOutside(['src'], many)).toMatchObject({ count: 50, paths: many.slice(0, 20) });
    expect(outside(['src'], 'a\u001b[31mb\nc')).toEqual(['ab c']);
  });

  test('any path covers itself, and its directories cover it', () => {
    const name = fc.stringMatching(/^[a-z.*?[\]{},!^ -]{1,8}$/).filter((part) => !/^\.*$/.test(part));
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 5 }), fc.nat(4), (parts, depth) => {
        const path = parts.join('/');
        const above = parts.slice(0, 1 + (depth % parts.length)).join('/');
        expect(outside([path], path)).toEqual([]);
        expect(outside([above], path)).toEqual([]);
      }),
    );
  });

  test('a hostile pattern does not take long', () => {
    const pattern = `${'*a'.repeat(200)}/${'{a,b}'.repeat(80)}/${'**/'.repeat(30)}x`;
    const path = `${'a'.repeat(200)}/${'a'.repeat(200)}/${'y/'.repeat(60)}z`;
    expect(outside([pattern], path)).toHaveLength(1);
  });
});

describe('files that another agent at work has claimed', () => {
  const claims = [
    { name: 'src/a.ts', owner: 'agent-1' },
    { name: 'docs', owner: 'agent-2.2' },
  ];

  test('are flagged first, with the owner, also where the task declared nothing', () => {
    expect(changesOutside([], ['x', 'docs/a/b.md', 'src/a.ts', 'src/a.ts.bak'], claims)).toEqual({
      count: 2,
      paths: ['docs/a/b.md (claimed by agent-2.2)', 'src/a.ts (claimed by agent-1)'],
      claimed: 2,
    });
    expect(changesOutside(['x'], ['x', 'y', 'src/a.ts'], claims)).toEqual({
      count: 2,
      paths: ['src/a.ts (claimed by agent-1)', 'y'],
      claimed: 1,
    });
  });

  test('are not those of the task itself, whichever attempt claimed them', () => {
    expect(claimsOfOthers(claims, 'agent-1.3')).toEqual([claims[1]]);
    expect(claimsOfOthers(claims, 'agent-2')).toEqual([claims[0]]);
    expect(claimsOfOthers(claims, 'agent-22')).toEqual(claims);
  });
});
