/**
 * What runs for one `DROVER_HOME`, as `up.json` tells it. The supervisor writes it, everybody else reads it; a
 * file whose supervisor is gone says only what has to be cleaned up.
 */
import { z } from 'zod';
import { readIfThere, replaceFile } from '../../store/files.ts';
import type { Home } from '../../store/home.ts';
import { isAlive } from '../../activities/process/identity.ts';

const Identity = z.object({ pid: z.number().int().positive(), startTime: z.string(), bootId: z.string() });

const Service = z.object({
  state: z.enum(['starting', 'running', 'restarting', 'failed', 'stopping']),
  process: Identity.optional(),
  /** Since the supervisor started. */
  restarts: z.number().int(),
  /** Why it failed, with the end of its log. */
  problem: z.string().optional(),
});

const ServicesFile = z.object({
  supervisor: Identity,
  /** ISO 8601 */
  startedAt: z.string(),
  /** Which build of Drover runs; another one replaces it. */
  build: z.string(),
  settings: z.object({ salt: z.string(), digests: z.record(z.string(), z.string()) }),
  temporal: Service.extend({
    kind: z.enum(['embedded', 'external']),
    /** `host:port`; empty until the ports are chosen. */
    address: z.string(),
    namespace: z.string(),
    uiUrl: z.string().optional(),
  }),
  worker: Service,
  /** `url` is empty until the port is chosen. */
  api: Service.extend({ url: z.string() }),
  gateway: Service.extend({ url: z.string() }),
});

export type ServiceState = z.infer<typeof Service>;
export type Services = z.infer<typeof ServicesFile>;

/** What `up.json` says, true or not any more. */
export const recordedServices = async (home: Home): Promise<Services | undefined> => {
  const text = await readIfThere(home.upFile);
  if (text === undefined) return undefined;
  try {
    return ServicesFile.parse(JSON.parse(text));
  } catch {
    // Written by another version: its processes are found by their marker.
    return undefined;
  }
};

/** The services of `home`, when their supervisor lives. */
export const readServices = async (home: Home): Promise<Services | undefined> => {
  const recorded = await recordedServices(home);
  return recorded !== undefined && isAlive(recorded.supervisor) ? recorded : undefined;
};

export const writeServices = (home: Home, services: Services): Promise<void> =>
  replaceFile(home.upFile, `${JSON.stringify(services, undefined, 2)}\n`);
