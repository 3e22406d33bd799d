/** How Drover is: each part with a word on what is wrong. Changes nothing. */
import { statfs } from 'node:fs/promises';
import { sql } from 'kysely';
import type { Store } from '../store/database.ts';
import { readServices } from '../workers/supervisor/services.ts';
import type { DroverClient } from './client.ts';

export interface PartHealth {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

const ANSWER_MS = 3_000;
const FEW_BYTES = 1_000_000_000;

const looked = async (name: string, look: () => Promise<string>): Promise<PartHealth> => {
  try {
    return { name, ok: true, detail: await look() };
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
};

const temporal = ({ temporal: { connection }, target }: DroverClient): Promise<PartHealth> =>
  looked('temporal', async () => {
    try {
      await connection.withDeadline(Date.now() + ANSWER_MS, () =>
        connection.workflowService.describeNamespace({ namespace: target.namespace }),
      );
    } catch (error) {
      throw new Error(`${target.address} does not answer; drover up starts it`, { cause: error });
    }
    return `${target.address}, namespace ${target.namespace}`;
  });

const store = ({ db }: Store): Promise<PartHealth> =>
  looked('store', async () => {
    await sql`select 1`.execute(db);
    return 'answers';
  });

/** What a replica needs to serve requests. */
export const readiness = (client: DroverClient, of: Store): Promise<readonly PartHealth[]> =>
  Promise.all([temporal(client), store(of)]);

export const health = async (client: DroverClient, of: Store): Promise<readonly PartHealth[]> => {
  const services = await readServices(client.home);
  const parts = await readiness(client, of);
  const running = (['worker', 'api', 'gateway'] as const).map((name): PartHealth => ({
    name,
    ok: services === undefined || services[name].state === 'running',
    detail:
      services === undefined
        ? 'not run by drover up'
        : `${services[name].state}, ${services[name].restarts} restarts`,
  }));
  const disk = await looked('disk', async () => {
    const { bavail, bsize } = await statfs(client.home.root);
    const free = bavail * bsize;
    const text = `${(free / 1_000_000_000).toFixed(1)} GB free at ${client.home.root}`;
    if (free < FEW_BYTES) throw new Error(`${text}; drover cleanup removes ended swarms`);
    return text;
  });
  return [...parts, ...running, disk];
};
