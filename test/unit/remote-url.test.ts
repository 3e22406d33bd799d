/** Addresses of remotes are hostile input: what is not a plain address of a known kind is refused. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isBranchName } from '../../domain/names.ts';
import { isRemoteName, isSlug, parseRemoteUrl, repositorySlug } from '../../domain/delivery/remote-url.ts';

describe('the address of a remote', () => {
  test.each([
    ['https://github.com/o/r.git', 'http', 'github.com', 'o/r'],
    ['ssh://git@github.com:22/o/r.git', 'ssh', 'github.com', 'o/r'],
    ['git@github.com:o/r.git', 'ssh', 'github.com', 'o/r'],
    ['github.com:o/r', 'ssh', 'github.com', 'o/r'],
    ['/srv/git/o/r.git', 'path', '', 'o/r'],
    ['../o/r', 'path', '', 'o/r'],
    ['file:///srv/o/r.git', 'path', '', 'o/r'],
    ['https://[::1]:8443/o/r', 'http', '[::1]', 'o/r'],
  ])('%s is understood', (text, kind, host, slug) => {
    const url = parseRemoteUrl(text);
    expect(url).toMatchObject({ kind, host });
    expect(url === undefined ? undefined : repositorySlug(url)).toBe(slug);
  });

  test('a password is taken out of it', () => {
    const url = parseRemoteUrl('https://me:s3cr%2Ft@github.com/o/r.git');
    expect(url).toMatchObject({
      url: 'https://github.com/o/r.git',
      username: 'me',
      password: 's3cr/t',
    });
  });

  test.each([
    'ext::sh -c id',
    'ext::id',
    'fd::17',
    '-oProxyCommand=id',
    '--upload-pack=id',
    'ssh://-oProxyCommand=id/x',
    'ssh://u@-oProxyCommand=id/x',
    '-oProxyCommand=id:x',
    'git@-oProxyCommand=id:x',
    'a b@host:x',
    'git@host:-x',
    'https://host/-x',
    'https://ho$t/x',
    'https://host/a b',
    'https://host/x\nfoo',
    'javascript:alert(1)//x y',
    'git://host/x',
    'ftp://host/x',
    'file://host/share',
    'ssh://me:password@host/x',
    '',
    'x'.repeat(3_000),
  ])('%j is refused', (text) => {
    expect(parseRemoteUrl(text)).toBeUndefined();
  });

  test('whatever is accepted is neither an option nor two lines, and holds no password', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 60, unit: 'binary' }),
          fc.webUrl({ withQueryParameters: true }),
          fc
            .tuple(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), fc.domain())
            .map(([user, password, host]) => `https://${user}:${password}@${host}/o/r`),
          fc.tuple(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 })).map((pair) => pair.join(':')),
        ),
        (text) => {
          const url = parseRemoteUrl(text);
          if (url === undefined) return;
          expect(url.url).not.toMatch(/^-|[\s\p{Cc}]|::.*\s/u);
          if (url.kind === 'http') expect(new URL(url.url)).toMatchObject({ username: '', password: '' });
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('names', () => {
  test('of remotes, repositories and branches are plain', () => {
    expect(['origin', 'my-fork.2'].every(isRemoteName)).toBe(true);
    expect(['', '-x', '../x', 'a b', 'a/b', 'a..b', 'x\n'].some(isRemoteName)).toBe(false);
    expect(['o/r', 'Some-Org/a.b_c'].every(isSlug)).toBe(true);
    expect(['o', 'o/r/x', '../..', 'o/..', '-o/r', 'o/r?x', 'o/r#', ''].some(isSlug)).toBe(false);
    expect(['main', 'Feature/X_1', 'a@b', 'release-1.2+x'].every(isBranchName)).toBe(true);
    expect(
      [
        'HEAD',
        '-x',
        'a..b',
        'a b',
        'a;id',
        'a$(id)',
        'a~1',
        'a^',
        'a:b',
        'x.lock',
        'x/.y',
        'a//b',
        'a@{1}',
        'x/',
      ].some(isBranchName),
    ).toBe(false);
  });
});
