/** The id of this host: made once, kept for ever, since a swarm's task queue is named by it. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { z } from 'zod';
import { DroverFailure } from '../../domain/failures.ts';
import { slug } from '../../domain/names.ts';
import { createFile, readIfThere } from '../../store/files.ts';
import type { Home } from '../../store/home.ts';

const HostFile = z.object({ id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/) });

export const hostId = async (home: Home): Promise<string> => {
  const fresh = `${slug(hostname(), 30, 'host')}-${randomBytes(4).toString('hex')}`;
  await createFile(home.hostFile, `${JSON.stringify({ id: fresh })}\n`);
  const text = (await readIfThere(home.hostFile)) ?? '';
  try {
    return HostFile.parse(JSON.parse(text)).id;
  } catch (error) {
    throw new DroverFailure('toolBroken', `${home.hostFile} does not hold a host id`, {
      hint: 'restore it; without it the swarms of this host do not go on. When there are none, remove it',
      cause: error,
    });
  }
};
