import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { CapturedOutput } from '../../activities/process/captured-output.ts';
import { passableEnvironment } from '../../activities/process/environment.ts';
import { identityOf, isAlive, parsePs, parseStat, signalProcess } from '../../activities/process/identity.ts';
import { parseMarkedPs, valueIn } from '../../activities/process/sweep.ts';

describe('the identity of a process', () => {
  const fields = '1 2 3 4 5 4194304 7 8 9 10 11 12 13 14 15 16 17 18 98765 20 21';

  test.each(['sleep', 'a b', 'x) S 1 (y', '((', ')))', 'tab\tname\nline'])(
    'is read behind the name of its program, whatever that is: %j',
    (name) => {
      expect(parseStat(`4711 (${name}) S ${fields}\n`)).toEqual({
        parent: 1,
        state: 'S',
        kernelThread: false,
        startTime: '98765',
      });
    },
  );

  test('is not made up from text that is none', () => {
    expect(parseStat('')).toBeUndefined();
    expect(parseStat('4711 (sleep) S 1')).toBeUndefined();
    expect(parsePs('')).toBeUndefined();
  });

  test('comes from ps where there is no /proc', () => {
    expect(parsePs('Ss   Sat Nov 21 06:48:01  2026\n')).toEqual({
      state: 'S',
      startTime: 'Sat Nov 21 06:48:01 2026',
    });
  });

  test('is that very process: another start or another boot is somebody else, who is not signalled', () => {
    const self = identityOf(process.pid)!;
    expect(isAlive(self)).toBe(true);
    for (const other of [
      { ...self, startTime: '1' },
      { ...self, bootId: 'x' },
    ]) {
      expect(isAlive(other)).toBe(false);
      expect(signalProcess(other, 'SIGKILL')).toBe(false);
    }
    expect(identityOf(0)).toBeUndefined();
    expect(identityOf(2 ** 22 + 1)).toBeUndefined();
  });
});

describe('the marker', () => {
  test('is the value of exactly that variable', () => {
    const block = Buffer.from('XMARKER=wrong\0A=MARKER=wrong\0MARKER=right\0MARKER2=wrong\0');
    expect(valueIn(block, 'MARKER')).toBe('right');
    expect(valueIn(Buffer.from('MARKER=first'), 'MARKER')).toBe('first');
    expect(valueIn(Buffer.from('XMARKER=wrong\0'), 'MARKER')).toBeUndefined();
    expect(valueIn(Buffer.alloc(0), 'MARKER')).toBeUndefined();
  });

  test('is found by ps where there is no /proc', () => {
    const text =
      '  1 init\n 17 sleep 9 MARKER=abc HOME=/x\n 18 sleep 9 MARKER=abcd\n 19 sh -c echo XMARKER=abc\n';
    expect(parseMarkedPs(text, new Set(['abc']), 'MARKER')).toEqual([17]);
  });
});

test('captured output is whole when it fits, otherwise both ends and the number of bytes between them', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme-ascii', maxLength: 60 })),
      fc.integer({ min: 2, max: 200 }),
      (chunks, max) => {
        const output = new CapturedOutput(max);
        for (const chunk of chunks) output.add(Buffer.from(chunk));
        const all = chunks.join('');
        const half = Math.floor(max / 2);
        const left = all.length - 2 * half;
        expect(output.total).toBe(all.length);
        expect(output.text()).toBe(
          left <= 0 ? all : `${all.slice(0, half)}\n… ${left} bytes left out …\n${all.slice(-half)}`,
        );
      },
    ),
  );
});

test('only PATH, HOME, the locale and what is named is passed on', () => {
  const own = {
    PATH: '/bin',
    HOME: '/h',
    LC_ALL: 'C',
    LANG: 'C',
    ANTHROPIC_API_KEY: 'k',
    NAMED: 'n',
    GONE: undefined,
  };
  expect(passableEnvironment(own, ['NAMED', 'GONE'])).toEqual({
    PATH: '/bin',
    HOME: '/h',
    LC_ALL: 'C',
    LANG: 'C',
    NAMED: 'n',
  });
});
