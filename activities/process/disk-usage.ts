/** What directories take up on disk. Whoever asks for it, asks for information: no answer is no failure. */
import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { DiskFigures } from '../../domain/report/report.ts';
import type { SwarmDirectory } from '../../store/home.ts';

const run = promisify(execFile);

/** A cache on a slow disk has hundreds of thousands of files; the report does not wait for them for ever. */
const TIMEOUT_MS = 60_000;

/** Bytes in blocks of the disk; 0 for what is not there. */
const bytesOf = async (path: string): Promise<number> => {
  const { stdout } = await run('du', ['-sk', path], {
    timeout: TIMEOUT_MS,
  }).catch(
    // It prints a sum also when a file vanished while it was counting.
    (error: unknown) =>
      typeof error === 'object' && error !== null && 'stdout' in error
        ? { stdout: String(error.stdout) }
        : { stdout: '' },
  );
  return 1_024 * (Number(/^\d+/.exec(stdout)?.[0]) || 0);
};

export const diskFigures = async (swarm: SwarmDirectory, cache: string | undefined): Promise<DiskFigures> => {
  const [hub, agents, verifications, caches] = await Promise.all([
    bytesOf(swarm.hub),
    bytesOf(swarm.agentsDirectory),
    bytesOf(swarm.verifyDirectory),
    cache === undefined ? 0 : bytesOf(cache),
  ]);
  const { bavail, bsize } = await statfs(swarm.root);
  return { hub, agents, verifications, caches, free: bavail * bsize };
};
