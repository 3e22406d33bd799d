/** F7: a process that has no file handle left fails in a way that is tried again, and changes nothing. */
import { expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openConflictWorld } from '../support/conflict.ts';

const PROGRAM = fileURLToPath(new URL('../support/without-handles.ts', import.meta.url));
const LIMITED = 'ulimit -n 64 && exec "$0" "$@"';

test('without file handles the cause is said, and the same step succeeds once there are some', async () => {
  const world = await openConflictWorld({ 'f.txt': 'f\n' });
  try {
    const { home, baseCommit } = world;
    const to = await world.branch({ 'g.txt': 'g\n' });
    const program = [process.execPath, PROGRAM, home.root, 's1', baseCommit, to];
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', LIMITED, ...program]);
    expect(JSON.parse(stdout)).toEqual([
      {
        type: 'resourcesExhausted',
        nonRetryable: false,
        message: expect.stringMatching(/EMFILE|too many open files/i),
      },
      { ok: true },
    ]);
    expect(await world.inHub('rev-parse', 'result')).toBe(to);
  } finally {
    await world.remove();
  }
});
