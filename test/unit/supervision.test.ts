import { describe, expect, test } from '@jest/globals';
import { judgeClock, judgeGit, judgeKey, judgeNode, judgeSpace } from '../../workers/supervisor/doctor.ts';
import { listeningInodes } from '../../workers/supervisor/listening.ts';
import { nextStart, NO_DEATHS, type Deaths } from '../../workers/supervisor/restarts.ts';
import { changedSettings, settingsOf } from '../../workers/supervisor/settings.ts';
import { readWorkerSettings, settingsWithoutSecrets } from '../../workers/worker/settings.ts';

/** The delays before each restart, until it is given up or `times` deaths are over. */
const delays = (wasReady: boolean, livedMs: number, times: number): readonly (number | 'given up')[] => {
  const seen: (number | 'given up')[] = [];
  let deaths: Deaths = NO_DEATHS;
  for (let death = 0; death < times; death += 1) {
    const next = nextStart(deaths, { wasReady, livedMs });
    if (next.kind === 'giveUp') return [...seen, 'given up'];
    seen.push(next.afterMs);
    deaths = next.deaths;
  }
  return seen;
};

describe('restarts', () => {
  test('the first is immediate, further ones wait longer and longer', () => {
    expect(delays(true, 1_000, 8)).toEqual([0, 500, 1_000, 2_000, 5_000, 5_000, 5_000, 5_000]);
  });

  test('a service that has lived for a while is restarted at once every time', () => {
    expect(delays(true, 60_000, 6)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('a service that never becomes ready is given up', () => {
    expect(delays(false, 10, 9)).toEqual([0, 500, 1_000, 2_000, 'given up']);
  });
});

test('the sockets that listen on a port are told from connections and other ports', () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1C41 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11111 1 0 100 0 0 10 0
   1: 0100007F:1C41 0100007F:A1B2 01 00000000:00000000 00:00000000 00000000     0        0 22222 1 0 20 4 30 10 -1
   2: 0100007F:2029 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 33333 1 0 100 0 0 10 0
`;
  expect(listeningInodes(table, 7233)).toEqual(['11111']);
  expect(listeningInodes(table, 8233)).toEqual(['33333']);
  expect(listeningInodes(table, 9)).toEqual([]);
});

describe('settings of running services', () => {
  const running = settingsOf({ ANTHROPIC_API_KEY: 'one', DROVER_TEST: '1', PATH: '/bin' });

  test('are kept as digests, never as values', () => {
    expect(Object.keys(running.digests)).toEqual(['ANTHROPIC_API_KEY', 'DROVER_TEST']);
    expect(JSON.stringify(running)).not.toContain('one');
    expect(settingsOf({ ANTHROPIC_API_KEY: 'one' }).digests).not.toEqual(running.digests);
  });

  test('another value is a change, an absent one is none', () => {
    expect(changedSettings(running, { ANTHROPIC_API_KEY: 'two' })).toEqual(['ANTHROPIC_API_KEY']);
    expect(changedSettings(running, { ANTHROPIC_BASE_URL: 'http://x' })).toEqual(['ANTHROPIC_BASE_URL']);
    expect(changedSettings(running, { ANTHROPIC_API_KEY: 'one', DROVER_TEST: '1' })).toEqual([]);
    expect(changedSettings(running, { PATH: '/other' })).toEqual([]);
  });
});

describe('the settings of the worker', () => {
  test('all problems are told at once', () => {
    const { settings, problems } = readWorkerSettings({
      DROVER_CRASH_AT: 'merge.after',
      ANTHROPIC_BASE_URL: 'ftp://x',
    });
    expect(settings).toBeUndefined();
    expect(problems).toHaveLength(2);
    expect(problems.join('\n')).toMatch(/DROVER_CRASH_AT .*tests only/);
  });

  test('a crash point needs the test switch and a known name', () => {
    expect(readWorkerSettings({ DROVER_CRASH_AT: 'merge.after', DROVER_TEST: '1' }).settings?.crash?.at).toBe(
      'merge.after',
    );
    expect(readWorkerSettings({ DROVER_CRASH_AT: 'lunch', DROVER_TEST: '1' }).problems[0]).toContain('lunch');
  });

  test('what is printed holds no secret', () => {
    const { settings } = readWorkerSettings({
      DROVER_DATABASE_URL: 'postgres://drover:key-1@db/drover',
      TEMPORAL_ADDRESS: 'far:7233',
      TEMPORAL_API_KEY: 'key-2',
    });
    expect(settings?.store.url).toContain('key-1');
    expect(settings?.temporal.apiKey).toBe('key-2');
    const printed = settings === undefined ? '' : JSON.stringify(settingsWithoutSecrets(settings));
    expect(printed).toContain('"store":"DROVER_DATABASE_URL"');
    expect(printed).not.toMatch(/key-[12]/);
  });
});

describe('doctor', () => {
  test.each([
    ['22.18.9', 'fail'],
    ['22.19.0', 'ok'],
    ['24.1.0', 'ok'],
    ['9.99.0', 'fail'],
  ])('Node %s: %s', (version, status) => expect(judgeNode(version).status).toBe(status));

  test.each([
    ['git version 2.38.0', 'ok'],
    ['git version 2.37.7', 'fail'],
    ['git version 2.39.5 (Apple Git-154)', 'ok'],
    [undefined, 'fail'],
  ])('%s: %s', (output, status) => expect(judgeGit(output).status).toBe(status));

  test('a full disk fails, a tight one warns', () => {
    expect(judgeSpace(5e8, '/d').status).toBe('fail');
    expect(judgeSpace(2e9, '/d')).toMatchObject({ status: 'warn', detail: '2.0 GB free at /d' });
    expect(judgeSpace(5e10, '/d').status).toBe('ok');
  });

  test('a key is never shown', () => {
    expect(JSON.stringify(judgeKey({ ANTHROPIC_API_KEY: 'sk-secret' }))).not.toContain('secret');
    expect(judgeKey({ ANTHROPIC_API_KEY: '' }).status).toBe('warn');
  });

  test('a clock of the last century fails', () => {
    expect(judgeClock(new Date('1999-12-31')).status).toBe('fail');
    expect(judgeClock(new Date('2027-01-01')).status).toBe('ok');
  });
});
