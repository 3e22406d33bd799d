import { describe, expect, test } from '@jest/globals';
import { failureFingerprint } from '../../domain/train/failure-fingerprint.ts';

const jest = (directory: string, seconds: string, line: number): string => `
FAIL ${directory}/test/add.test.js (${seconds} s)
  ● adds
    expect(received).toBe(expected)
      at Object.<anonymous> (${directory}/test/add.test.js:${line}:17)
Tests: 1 failed, 3 passed, 4 total
Time: ${seconds} s, 2026-11-21T10:${String(line).padStart(2, '0')}:01.123Z
`;

describe('the fingerprint of a failure', () => {
  test('is the same wherever and whenever it happens', () => {
    const first = failureFingerprint('test', 'npm test', jest('/home/a/run-x/verify-aa11', '1.234', 12));
    expect(failureFingerprint('test', 'npm test', jest('/tmp/other/verify-bb22', '17', 13))).toBe(first);
    expect(
      failureFingerprint(
        'test',
        'npm test',
        jest('/tmp/x/y', '2', 1).replace('FAIL', '\u001b[31mFAIL\u001b[0m'),
      ),
    ).toBe(first);
    expect(failureFingerprint('panic at 0xdeadbeef, commit 1f2e3d4c5b')).toBe(
      failureFingerprint('panic at 0xcafe, commit 0a9b8c7d6e'),
    );
  });

  test('differs for another message, file, command or step', () => {
    const output = jest('/w', '1', 1);
    const all = [
      failureFingerprint('test', 'npm test', output),
      failureFingerprint('build', 'npm test', output),
      failureFingerprint('test', 'npm run e2e', output),
      failureFingerprint('test', 'npm test', output.replaceAll('add.test.js', 'sub.test.js')),
      failureFingerprint('test', 'npm test', output.replace('toBe', 'toEqual')),
    ];
    expect(new Set(all).size).toBe(all.length);
  });
});
