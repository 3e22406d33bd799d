/**
 * `drover up` and `drover down` with real processes: what dies is there again, and nothing stays behind. Needs
 * `npm run build`: services from source would bundle the workflows at every start.
 */
import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { WorkflowNotFoundError, Client } from '@temporalio/client';
import type { RunnerClaim } from '../../domain/agents/agent.ts';
import { isAlive, signalProcess } from '../../activities/process/identity.ts';
import { homeAt, type Home } from '../../store/home.ts';
import { leftBehind } from '../../workers/supervisor/left-behind.ts';
import { readServices, type Services } from '../../workers/supervisor/services.ts';
import type * as Up from '../../workers/supervisor/up.ts';
import { lazyConnection } from '../../workers/temporal/connect.ts';
import { temporaryDirectory } from '../support/repository.ts';

const built = new URL('../../dist/workers/supervisor/up.js', import.meta.url);
const { down, ensureUp, temporalTarget } = (await import(built.href)) as typeof Up;

const { TEMPORAL_ADDRESS: _address, ANTHROPIC_API_KEY: _key, ...env } = process.env;
const homes: Home[] = [];
const said: string[] = [];
const onProgress = (line: string): void => void said.push(line);

const newHome = async (): Promise<Home> => {
  const home = homeAt(await temporaryDirectory('drover-home'));
  homes.push(home);
  return home;
};

const up = (home: Home, more: Record<string, string> = {}): Promise<Services> =>
  ensureUp({ home, env: { ...env, ...more }, onProgress });

const processesOf = ({ supervisor, temporal, worker, api, gateway }: Services): readonly RunnerClaim[] =>
  [supervisor, temporal.process, worker.process, api.process, gateway.process].filter(
    (one) => one !== undefined,
  );

const claimOf = (service: { process?: RunnerClaim | undefined }): RunnerClaim => {
  if (service.process === undefined) throw new Error('the service has no process');
  return service.process;
};

const until = async (what: string, test: () => Promise<boolean>, timeoutMs = 30_000): Promise<number> => {
  const begin = Date.now();
  while (!(await test())) {
    if (Date.now() - begin > timeoutMs) throw new Error(`${what} did not happen within ${timeoutMs} ms`);
    await sleep(25);
  }
  return Date.now() - begin;
};

/** Waits until `name` runs as another process than `old`. */
const untilReplaced = async (
  home: Home,
  name: 'temporal' | 'worker' | 'api' | 'gateway',
  old: RunnerClaim,
): Promise<Services> => {
  await until(`a new ${name}`, async () => {
    const service = (await readServices(home))?.[name];
    return service?.state === 'running' && service.process?.pid !== old.pid;
  });
  const services = await readServices(home);
  if (services === undefined) throw new Error('the supervisor is gone');
  return services;
};

const withClient = async <T>(services: Services, use: (client: Client) => Promise<T>): Promise<T> => {
  const connection = lazyConnection(temporalTarget(services, env));
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
};

/** A run that no worker ever takes: what counts is that the server keeps it. */
const startUnattended = (services: Services, workflowId: string): Promise<unknown> =>
  withClient(services, (client) =>
    client.workflow.start('unattended', { workflowId, taskQueue: 'nobody', args: [] }),
  );

const isKnown = (services: Services, workflowId: string): Promise<boolean> =>
  withClient(services, async (client) => {
    try {
      return (await client.workflow.getHandle(workflowId).describe()).status.name === 'RUNNING';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  });

afterEach(async () => {
  const left: string[] = [];
  for (const home of homes.splice(0)) {
    await down({ home, onProgress });
    for (const kind of ['temporal', 'worker', 'api', 'gateway'] as const)
      for (const { pid } of await leftBehind(home, kind)) left.push(`${kind} ${pid}`);
    await rm(home.root, { recursive: true, force: true });
  }
  said.length = 0;
  expect(left).toEqual([]);
});

test('up starts Temporal and the worker, up again finds them, down leaves no process', async () => {
  const home = await newHome();
  const first = await up(home);
  expect(first.temporal.state).toBe('running');
  expect(first.worker.state).toBe('running');
  expect((await fetch(first.temporal.uiUrl ?? '')).status).toBe(200);
  const again = await up(home);
  expect(processesOf(again)).toEqual(processesOf(first));
  expect(processesOf(first)).toHaveLength(5);

  expect(await down({ home, onProgress })).toBe(true);
  expect(processesOf(first).filter(isAlive)).toEqual([]);
  expect(await readServices(home)).toBeUndefined();
  expect(await down({ home, onProgress })).toBe(false);
});

test('three calls of up at the same moment start one set of services', async () => {
  const home = await newHome();
  const [a, b, c] = await Promise.all([up(home), up(home), up(home)]);
  expect(b.supervisor).toEqual(a.supervisor);
  expect(c.supervisor).toEqual(a.supervisor);
  expect(await leftBehind(home, 'temporal')).toHaveLength(1);
  expect(await leftBehind(home, 'worker')).toHaveLength(1);
});

test('a killed Temporal is back on the same port with the same data, and the worker goes on', async () => {
  const home = await newHome();
  const before = await up(home);
  await startUnattended(before, 'kept');
  const killed = claimOf(before.temporal);
  signalProcess(killed, 'SIGKILL');
  const after = await untilReplaced(home, 'temporal', killed);
  expect(after.temporal.address).toBe(before.temporal.address);
  expect(after.temporal.uiUrl).toBe(before.temporal.uiUrl);
  expect(after.temporal.restarts).toBe(1);
  expect(await isKnown(after, 'kept')).toBe(true);
  expect(after.worker.process).toEqual(before.worker.process);
  expect(isAlive(claimOf(after.worker))).toBe(true);
});

test('a killed API is back at the same address, and so it is after down and up', async () => {
  const home = await newHome();
  const before = await up(home);
  const health = async (url: string): Promise<number> => (await fetch(`${url}/health`)).status;
  expect(await health(before.api.url)).toBe(200);
  const killed = claimOf(before.api);
  signalProcess(killed, 'SIGKILL');
  const after = await untilReplaced(home, 'api', killed);
  expect(after.api.url).toBe(before.api.url);
  expect(await health(after.api.url)).toBe(200);
  expect(after.worker.process).toEqual(before.worker.process);
  await down({ home, onProgress });
  expect((await up(home)).api.url).toBe(before.api.url);
});

test('a killed worker is started again, and again', async () => {
  const home = await newHome();
  let services = await up(home);
  for (let round = 1; round <= 2; round += 1) {
    const killed = claimOf(services.worker);
    signalProcess(killed, 'SIGKILL');
    services = await untilReplaced(home, 'worker', killed);
    expect(services.worker.restarts).toBe(round);
    expect(services.temporal.restarts).toBe(0);
  }
});

test('after a killed supervisor, up goes on with its Temporal and replaces its worker', async () => {
  const home = await newHome();
  const before = await up(home);
  await startUnattended(before, 'kept');
  signalProcess(before.supervisor, 'SIGKILL');
  await until('the end of the supervisor', async () => !isAlive(before.supervisor));
  expect(await readServices(home)).toBeUndefined();

  const after = await up(home);
  expect(after.temporal.process).toEqual(before.temporal.process);
  expect(after.temporal.address).toBe(before.temporal.address);
  expect(isAlive(claimOf(before.worker))).toBe(false);
  expect(await isKnown(after, 'kept')).toBe(true);

  // The one that was taken over is watched like one that was started.
  const killed = claimOf(after.temporal);
  signalProcess(killed, 'SIGKILL');
  const restarted = await untilReplaced(home, 'temporal', killed);
  expect(restarted.temporal.address).toBe(before.temporal.address);
});

test('down after a killed supervisor ends what it left behind', async () => {
  const home = await newHome();
  const services = await up(home);
  signalProcess(services.supervisor, 'SIGKILL');
  await until('the end of the supervisor', async () => !isAlive(services.supervisor));
  expect(await down({ home, onProgress })).toBe(true);
  expect(processesOf(services).filter(isAlive)).toEqual([]);
});

test('two homes side by side have their own ports and their own data', async () => {
  const [one, other] = [await newHome(), await newHome()];
  const [a, b] = await Promise.all([up(one), up(other)]);
  expect(a.temporal.address).not.toBe(b.temporal.address);
  expect(a.temporal.uiUrl).not.toBe(b.temporal.uiUrl);
  await startUnattended(a, 'only-in-a');
  expect(await isKnown(a, 'only-in-a')).toBe(true);
  expect(await isKnown(b, 'only-in-a')).toBe(false);
});

test('with a cluster of the user’s own only the worker runs, and down leaves the cluster alone', async () => {
  const [theirs, ours] = [await newHome(), await newHome()];
  const cluster = await up(theirs);
  const services = await up(ours, { TEMPORAL_ADDRESS: cluster.temporal.address });
  expect(services.temporal).toMatchObject({ kind: 'external', address: cluster.temporal.address });
  expect(services.temporal.process).toBeUndefined();
  expect(services.worker.state).toBe('running');
  // Another terminal, where the address is not set, finds the same cluster.
  expect(temporalTarget(await up(ours), env).address).toBe(cluster.temporal.address);
  await down({ home: ours, onProgress });
  expect(isAlive(claimOf(cluster.temporal))).toBe(true);
});

test('a cluster that does not answer is named', async () => {
  const home = await newHome();
  const nobody = createServer();
  await new Promise<void>((resolve) => nobody.listen(0, '127.0.0.1', resolve));
  const at = nobody.address();
  const address = `127.0.0.1:${at !== null && typeof at === 'object' ? at.port : 0}`;
  await new Promise((resolve) => nobody.close(resolve));
  await expect(up(home, { TEMPORAL_ADDRESS: address })).rejects.toMatchObject({
    type: 'unavailable',
    message: expect.stringContaining(`Temporal at ${address} does not answer`),
  });
});

test('services whose home was removed end by themselves', async () => {
  const home = await newHome();
  const services = await up(home);
  await rm(home.root, { recursive: true, force: true });
  await until('the end of the services', async () => !processesOf(services).some(isAlive));
  expect(await readServices(home)).toBeUndefined();
});

test('a home whose port was taken meanwhile gets another one and keeps its data', async () => {
  const home = await newHome();
  const before = await up(home);
  await startUnattended(before, 'kept');
  await down({ home, onProgress });
  const port = Number(before.temporal.address.split(':')[1]);
  const stranger = createServer();
  await new Promise<void>((resolve) => stranger.listen(port, '127.0.0.1', resolve));
  try {
    const after = await up(home);
    expect(after.temporal.address).not.toBe(before.temporal.address);
    expect(await isKnown(after, 'kept')).toBe(true);
  } finally {
    stranger.close();
  }
});

test('up with another key starts the services anew, up without one leaves them alone', async () => {
  const home = await newHome();
  const without = await up(home);
  const withKey = await up(home, { ANTHROPIC_API_KEY: 'a-key-that-is-secret' });
  expect(withKey.supervisor).not.toEqual(without.supervisor);
  expect(said.join('\n')).toContain('ANTHROPIC_API_KEY');
  expect(JSON.stringify(withKey) + said.join('\n')).not.toContain('a-key-that-is-secret');
  expect((await up(home)).supervisor).toEqual(withKey.supervisor);
});

test('a worker that cannot start says why, and up tries again once that is mended', async () => {
  const home = await newHome();
  await writeFile(home.hostFile, 'not JSON');
  await expect(up(home)).rejects.toMatchObject({
    type: 'unavailable',
    message: expect.stringContaining('host.json does not hold a host id'),
    hint: expect.stringContaining('worker.log'),
  });
  await rm(home.hostFile);
  expect((await up(home)).worker.state).toBe('running');
});

test('a wish for a certain port is kept, or refused when another program has it', async () => {
  const home = await newHome();
  const stranger = createServer();
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  const taken = stranger.address();
  const port = taken !== null && typeof taken === 'object' ? String(taken.port) : '';
  await expect(up(home, { DROVER_TEMPORAL_PORT: port })).rejects.toMatchObject({
    message: expect.stringContaining(`port ${port} is in use by another program`),
  });
  await new Promise((resolve) => stranger.close(resolve));
  expect((await up(home, { DROVER_TEMPORAL_PORT: port })).temporal.address).toBe(`127.0.0.1:${port}`);
});

test('a mistake in the environment is told before anything is started', async () => {
  const home = await newHome();
  await expect(up(home, { ANTHROPIC_BASE_URL: 'ftp://nowhere', MAX_AGENTS: 'many' })).rejects.toMatchObject({
    type: 'invalidInput',
    message: expect.stringMatching(/ANTHROPIC_BASE_URL[\s\S]*MAX_AGENTS|MAX_AGENTS[\s\S]*ANTHROPIC_BASE_URL/),
  });
  expect(await readServices(home)).toBeUndefined();
});

test('a supervisor that cannot start says why', async () => {
  const home = await newHome();
  await expect(up(home, { TEMPORAL_CLI_PATH: '/bin/true' })).rejects.toMatchObject({
    type: 'unavailable',
    message: expect.stringContaining('/bin/true'),
  });
  expect(await readServices(home)).toBeUndefined();
});
