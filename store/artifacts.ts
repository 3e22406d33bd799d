/**
 * Artifacts: JSON values too large for workflow history, kept by the hash of their content in the swarm's
 * directory and, where processes on several machines share a store, there too. The same value has the same key, so
 * writing twice is harmless.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DroverFailure } from '../domain/failures.ts';
import { createFile, readIfThere } from './files.ts';
import type { SwarmDirectory } from './home.ts';

const KEY = /^[0-9a-f]{64}$/;

/** @returns the artifact's key: the SHA-256 of its JSON, in hex */
export const putArtifact = async (swarm: SwarmDirectory, value: unknown): Promise<string> => {
  const text = JSON.stringify(value);
  const key = createHash('sha256').update(text).digest('hex');
  await createFile(join(swarm.artifactsDirectory, key), text);
  await swarm.shelf?.put(key, text);
  return key;
};

/** The value stored under `key`. The caller knows its type: keys only travel between Drover's own parts. */
export const getArtifact = async <T>(swarm: SwarmDirectory, key: string): Promise<T> => {
  const text = KEY.test(key)
    ? ((await readIfThere(join(swarm.artifactsDirectory, key))) ?? (await swarm.shelf?.get(key)))
    : undefined;
  if (text === undefined)
    throw new DroverFailure(
      'notFound',
      `Artifact ${key.slice(0, 70)} is not in ${swarm.artifactsDirectory}`,
      {
        hint: 'the swarm directory was removed or belongs to another host; start the swarm again',
      },
    );
  return JSON.parse(text) as T;
};
