/**
 * Gives back the disk of ended swarms: removes their directories (hub, logs, report). Never touches a swarm that
 * may still run, nor anything in the user's repository.
 */
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DroverFailure } from '../domain/failures.ts';
import { errorCode } from '../store/files.ts';
import { swarmDirectory } from '../store/home.ts';
import type { DroverClient } from './client.ts';
import { readReport } from '../store/reports.ts';
import { swarmsOnDisk } from './list-swarms.ts';
import { calling } from './temporal-errors.ts';

/** `unknown`: neither Temporal nor a report knows how it ended; perhaps another server runs it. */
type DirectoryState =
  | { readonly kind: 'running' }
  | { readonly kind: 'ended'; readonly endedAt: string }
  | { readonly kind: 'unknown' };

export interface CleanupCandidate {
  readonly swarmId: string;
  readonly path: string;
  readonly bytes: number;
  readonly endedAt: string;
}

const BLOCK_BYTES = 512;

/** Disk that removing `path` gives back: allocated blocks, each file counted once however often it is linked. */
const diskUsage = async (path: string, seen = new Set<number>()): Promise<number> => {
  let entry;
  try {
    entry = await lstat(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 0;
    throw error;
  }
  if (entry.nlink > 1 && !entry.isDirectory()) {
    if (seen.has(entry.ino)) return 0;
    seen.add(entry.ino);
  }
  let total = entry.blocks * BLOCK_BYTES;
  if (entry.isDirectory())
    for (const name of await readdir(path)) total += await diskUsage(join(path, name), seen);
  return total;
};

const stateOf = async (client: DroverClient, swarmId: string): Promise<DirectoryState> => {
  try {
    const run = await calling(`swarm ${swarmId}`, () =>
      client.temporal.workflow.getHandle(swarmId).describe(),
    );
    return run.status.name === 'RUNNING'
      ? { kind: 'running' }
      : { kind: 'ended', endedAt: (run.closeTime ?? run.startTime).toISOString() };
  } catch (error) {
    if (!(error instanceof DroverFailure) || error.type !== 'notFound') throw error;
    const report = await readReport(client.home, swarmId);
    return report === undefined ? { kind: 'unknown' } : { kind: 'ended', endedAt: report.endedAt };
  }
};

const candidate = async (
  client: DroverClient,
  swarmId: string,
  endedAt: string,
): Promise<CleanupCandidate> => {
  const path = swarmDirectory(client.home, swarmId).root;
  return { swarmId, path, bytes: await diskUsage(path), endedAt };
};

/** The directory of one swarm that a person named. */
export const namedCandidate = async (client: DroverClient, swarmId: string): Promise<CleanupCandidate> => {
  if (!(await swarmsOnDisk(client.home)).includes(swarmId))
    throw new DroverFailure('notFound', `Swarm ${swarmId} has no directory on this machine`, {
      hint: 'nothing needs to be cleaned up',
    });
  const state = await stateOf(client, swarmId);
  if (state.kind === 'running')
    throw new DroverFailure('wrongState', `Swarm ${swarmId} has not ended`, {
      hint: `drover cancel ${swarmId} ends it`,
    });
  if (state.kind === 'unknown')
    throw new DroverFailure('wrongState', `Nothing is known of how swarm ${swarmId} ended`, {
      hint: `perhaps another Temporal server runs it; when you are sure that none does, remove ${swarmDirectory(client.home, swarmId).root} yourself`,
    });
  return candidate(client, swarmId, state.endedAt);
};

/** The directories of all swarms that ended before `before` (milliseconds since 1970). */
export const oldCandidates = async (
  client: DroverClient,
  before: number,
): Promise<readonly CleanupCandidate[]> => {
  const found: CleanupCandidate[] = [];
  for (const swarmId of await swarmsOnDisk(client.home)) {
    const state = await stateOf(client, swarmId);
    if (state.kind === 'ended' && Date.parse(state.endedAt) < before)
      found.push(await candidate(client, swarmId, state.endedAt));
  }
  return found;
};

export const removeDirectory = async ({ path }: CleanupCandidate): Promise<void> => {
  await rm(path, { recursive: true, force: true });
};
