import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { resolve } from 'node:path';
import { componentsOf, isGitName } from '../../workers/executors/api/confined-path.ts';

describe('a path that a model names', () => {
  test.each([
    ['', []],
    ['.', []],
    ['src/a.ts', ['src', 'a.ts']],
    ['./src//a.ts/', ['src', 'a.ts']],
    ['.github/workflows/ci.yml', ['.github', 'workflows', 'ci.yml']],
    ['.gitignore', ['.gitignore']],
    ['a b/ü$(id);x', ['a b', 'ü$(id);x']],
    ['...', ['...']],
  ])('%j is inside the workspace', (path, components) => {
    expect(componentsOf(path)).toEqual(components);
  });

  test.each([
    '/etc/passwd',
    '~/x',
    'C:\\x',
    '..',
    '../x',
    'a/../../x',
    'a/..',
    '.git/config',
    'sub/.GIT/hooks/x',
    '.Git',
    '.git./config',
    '.git /config',
    '.git::$INDEX_ALLOCATION/config',
    'GIT~1/config',
    '.g\u200cit/config',
    '.ｇｉｔ/config',
    'a\0b',
    'a\nb',
    `a/${'x'.repeat(256)}`,
    'x/'.repeat(600),
  ])('%j is refused', (path) => {
    expect(() => componentsOf(path)).toThrow(/path|name/);
  });

  test('never resolves outside the workspace nor into git, whatever it is', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '..',
        '.',
        '',
        '.git',
        '.GIT',
        'git~1',
        '.git.',
        'a',
        '~',
        '\\..',
        '%2e%2e',
        '.. ',
        '‥',
      ),
      fc.string({ maxLength: 6, unit: 'grapheme' }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.constantFrom('/', '//', '/./'), (pieces, glue) => {
        let components: readonly string[];
        try {
          components = componentsOf(pieces.join(glue));
        } catch {
          return;
        }
        const root = '/workspace/root';
        const target = resolve(root, ...components);
        expect(target === root || target.startsWith(`${root}/`)).toBe(true);
        expect(components.some(isGitName)).toBe(false);
        expect(components.join('/')).not.toContain('\0');
      }),
      { numRuns: 2000 },
    );
  });
});
