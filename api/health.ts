/** How Drover is: each part with a word on what is wrong. Changes nothing. */
import { statfs } from 'node:fs/promises';
import type { Store } from '../store/database.ts';
import { missingMigrations } from '../store/migrate.ts';
import { readServices, type Services } from '../workers/supervisor/services.ts';
import type { DroverClient } from './client.ts';
import { pollers } from './task-queue.ts';

export interface PartHealth {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

const ANSWER_MS = 3_000;
const FEW_BYTES = 1_000_000_000;
/** Temporal answers a worker that waits for work after a minute at the latest. */
const POLLED_MS = 100_000;

const looked = async (name: string, look: () => Promise<string>): Promise<PartHealth> => {
  try {
    return { name, ok: true, detail: await look() };
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
};

const restarted = (times: number): string =>
  times === 0 ? '' : `, restarted ${times === 1 ? 'once' : `${times} times`}`;

const temporal = (
  { temporal: { connection }, target }: DroverClient,
  services?: Services,
): Promise<PartHealth> =>
  looked('temporal', async () => {
    try {
      await connection.withDeadline(Date.now() + ANSWER_MS, () =>
        connection.workflowService.describeNamespace({ namespace: target.namespace }),
      );
    } catch (error) {
      throw new Error(`${target.address} does not answer; drover up starts it`, { cause: error });
    }
    return `${target.address}, namespace ${target.namespace}${restarted(services?.temporal.restarts ?? 0)}`;
  });

const store = ({ db }: Store): Promise<PartHealth> =>
  looked('store', async () => {
    // Answered by a database that somebody has replaced or restored, too.
    const missing = await missingMigrations(db);
    if (missing.length > 0)
      throw new Error(
        `it lacks ${missing.join(', ')}; drover down, then drover up brings it to its newest form`,
      );
    return 'answers';
  });

/** What a replica needs to serve requests: nothing that another service of Drover has to do with. */
export const readiness = (client: DroverClient, of: Store): Promise<readonly PartHealth[]> =>
  Promise.all([temporal(client), store(of)]);

/** As the supervisor sees it; undefined where none runs, as in a cluster. */
const stateOf = (services: Services | undefined, name: 'worker' | 'api' | 'gateway'): string | undefined => {
  if (services === undefined) return undefined;
  const { state, restarts, problem } = services[name];
  if (state !== 'running') throw new Error(`${state}${problem === undefined ? '' : `: ${problem}`}`);
  return `running${restarted(restarts)}`;
};

/** A worker asks for work again at least every minute; one that is frozen or gone does not. */
const worker = (client: DroverClient, services: Services | undefined): Promise<PartHealth> =>
  looked('worker', async () => {
    const state = stateOf(services, 'worker');
    const polling = await pollers(client, POLLED_MS).catch(() => undefined);
    if (polling === 0)
      throw new Error(`no worker asks for work${state === undefined ? '' : `, though one is ${state}`}`);
    const asking = polling === undefined ? 'Temporal does not tell who asks for work' : `${polling} at work`;
    return state ?? asking;
  });

const gateway = (url: string | undefined, services: Services | undefined): Promise<PartHealth> =>
  looked('gateway', async () => {
    const state = stateOf(services, 'gateway');
    const address = services?.gateway.url ?? url;
    if (address === undefined) return 'not known here: DROVER_GATEWAY_URL says where it is';
    const answer = await fetch(`${address}/health`, { signal: AbortSignal.timeout(ANSWER_MS) }).catch(
      (error: unknown) => {
        throw new Error(`${address} does not answer${state === undefined ? '' : `, though it is ${state}`}`, {
          cause: error,
        });
      },
    );
    if (!answer.ok) throw new Error(`${address} answers ${answer.status}`);
    return state ?? `${address} answers`;
  });

const disk = ({ home }: DroverClient): Promise<PartHealth> =>
  looked('disk', async () => {
    const { bavail, bsize } = await statfs(home.root);
    const free = bavail * bsize;
    const text = `${(free / 1_000_000_000).toFixed(1)} GB free at ${home.root}`;
    if (free < FEW_BYTES) throw new Error(`${text}; drover cleanup removes ended swarms`);
    return text;
  });

/** @param gatewayUrl where it is when no supervisor runs it */
export const health = async (
  client: DroverClient,
  of: Store,
  gatewayUrl?: string,
): Promise<readonly PartHealth[]> => {
  const services = await readServices(client.home);
  return Promise.all([
    temporal(client, services),
    store(of),
    worker(client, services),
    looked('api', async () => stateOf(services, 'api') ?? 'answers'),
    gateway(gatewayUrl, services),
    disk(client),
  ]);
};
