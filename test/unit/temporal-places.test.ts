import { describe, expect, test } from '@jest/globals';
import { judgeVersion } from '../../workers/temporal/binary.ts';
import { readGoLine } from '../../workers/temporal/build.ts';
import { embeddedTarget, externalTarget } from '../../workers/temporal/connect.ts';
import { candidatePlaces } from '../../workers/temporal/places.ts';
import { isExternal } from '../../workers/temporal/resolve.ts';
import { serverArguments, serverEnvironment } from '../../workers/temporal/server.ts';

const paths = (env: Record<string, string>): readonly string[] =>
  candidatePlaces(env).map((place) => place.path);

describe('where a Temporal CLI is looked for', () => {
  test('the PATH comes first, then the places of Go, then the cache of Drover', () => {
    expect(paths({ PATH: '/usr/bin:/opt/bin', HOME: '/home/ada' })).toEqual([
      '/usr/bin/temporal',
      '/opt/bin/temporal',
      '/home/ada/go/bin/temporal',
      '/home/ada/.cache/drover/temporal-cli-download/temporal',
      '/home/ada/.cache/drover/temporal-cli-v1.5.1/temporal',
    ]);
  });

  test('a path that the user names is the only one', () => {
    expect(candidatePlaces({ PATH: '/usr/bin', HOME: '/h', TEMPORAL_CLI_PATH: '/x/temporal' })).toEqual([
      { path: '/x/temporal', origin: 'TEMPORAL_CLI_PATH' },
    ]);
  });

  test('a relative entry of the PATH is passed over: it may lie in a stranger’s repository', () => {
    expect(paths({ PATH: '.:bin::/usr/bin', HOME: '/h' })[0]).toBe('/usr/bin/temporal');
    expect(paths({ PATH: '.:bin::/usr/bin', HOME: '/h' }).every((path) => path.startsWith('/'))).toBe(true);
  });

  test('GOBIN, GOPATH and XDG_CACHE_HOME are respected, and no place is tried twice', () => {
    expect(paths({ PATH: '/g/bin', HOME: '/h', GOPATH: '/g', XDG_CACHE_HOME: '/c' })).toEqual([
      '/g/bin/temporal',
      '/h/go/bin/temporal',
      '/c/drover/temporal-cli-download/temporal',
      '/c/drover/temporal-cli-v1.5.1/temporal',
    ]);
    expect(paths({ HOME: '/h', GOBIN: '/b' })[0]).toBe('/b/temporal');
  });

  test('an address or a profile means a cluster of the user’s own', () => {
    expect(isExternal({ TEMPORAL_ADDRESS: 'temporal.example:7233' })).toBe(true);
    expect(isExternal({ TEMPORAL_PROFILE: 'prod' })).toBe(true);
    expect(isExternal({ TEMPORAL_ADDRESS: '', TEMPORAL_NAMESPACE: 'x' })).toBe(false);
  });
});

describe('what a program says of itself', () => {
  test.each([
    ['temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)\n', '1.29.1'],
    ['temporal version 0.0.0-DEV (Server 1.29.1, UI 2.42.1)', '1.29.1'],
    ['temporal version 1.1.0 (server 1.25.0) (ui 2.30.3)', '1.25.0'],
  ])('%s is usable', (output, serverVersion) => {
    expect(judgeVersion('/t', output)).toEqual({ kind: 'usable', binary: { path: '/t', serverVersion } });
  });

  test('a server that is too old is refused with both versions', () => {
    expect(judgeVersion('/t', 'temporal version 0.12.0 (server 1.23.0) (ui 2.26.2)')).toEqual({
      kind: 'unusable',
      why: 'its server is 1.23.0; 1.25 or newer is needed',
    });
  });

  test('another program of that name is refused with what it printed', () => {
    expect(judgeVersion('/t', 'temporal media player 3\nusage: …')).toEqual({
      kind: 'unusable',
      why: 'does not say a server version; it printed "temporal media player 3"',
    });
  });
});

test('the output of Go is told apart into fetched modules, compiled packages and the rest', () => {
  expect(readGoLine('go: downloading go.temporal.io/server v1.29.1')).toBe('fetched');
  expect(readGoLine('go.temporal.io/server/common/log')).toBe('compiled');
  expect(readGoLine('internal/goarch')).toBe('compiled');
  expect(readGoLine('# github.com/x/y')).toBe('other');
  expect(readGoLine('x.go:3:1: syntax error')).toBe('other');
});

describe('the embedded server', () => {
  test('listens on loopback only, and writes ahead', () => {
    const given = serverArguments({ port: 7001, uiPort: 8001, databaseFile: '/d/temporal.db' });
    expect(given.join(' ')).toContain(
      'server start-dev --ip 127.0.0.1 --port 7001 --ui-port 8001 --db-filename /d/temporal.db ' +
        '--sqlite-pragma journal_mode=WAL --sqlite-pragma synchronous=NORMAL',
    );
  });

  test('registers every search attribute', () => {
    const given = serverArguments({ port: 7001 });
    expect(given.filter((_, index) => given[index - 1] === '--search-attribute')).toEqual([
      'DroverPhase=Keyword',
      'DroverRepository=Keyword',
      'DroverAwaitingDecision=Bool',
      'DroverCostUsd=Double',
    ]);
    expect(given).toContain('--headless');
  });

  test('sees neither keys nor the settings for other clusters', () => {
    expect(
      serverEnvironment({
        PATH: '/bin',
        HOME: '/h',
        ANTHROPIC_API_KEY: 'k',
        TEMPORAL_API_KEY: 'k',
        TEMPORAL_TLS: 'true',
      }),
    ).toEqual({ PATH: '/bin', HOME: '/h' });
  });
});

describe('how Temporal is reached', () => {
  test('the embedded server without encryption, in the default namespace', () => {
    expect(embeddedTarget('127.0.0.1:7233')).toEqual({
      address: '127.0.0.1:7233',
      namespace: 'default',
    });
  });

  test('a cluster of the user’s own with its namespace, key and encryption', () => {
    const target = externalTarget({
      TEMPORAL_ADDRESS: 'temporal.example:7233',
      TEMPORAL_NAMESPACE: 'crew',
      TEMPORAL_API_KEY: 'a key',
    });
    expect(target.namespace).toBe('crew');
    expect(target.address).toBe('temporal.example:7233');
    expect(target.apiKey).toBe('a key');
    expect(target.tls).toBeTruthy();
  });
});
