/**
 * Production's topology without containers: Debian's PostgreSQL, the Temporal server on it, and Drover's processes
 * by themselves, each with a disk of its own and everything else from its environment.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { msToTs } from '@temporalio/common/lib/time.js';
import { externalTarget, lazyConnection } from '../../workers/temporal/connect.ts';
import { isHealthy } from '../../workers/temporal/namespace.ts';
import { freePort } from '../../workers/temporal/server.ts';
import { until } from './drover.ts';
import { startPostgres, type Postgres } from './postgres.ts';
import { temporaryDirectory } from './repository.ts';
import { serverPrograms } from './server-programs.ts';

const run = promisify(execFile);
const START_SECONDS = 120;
const DAY_MS = 86_400_000;

type Service = 'worker' | 'api' | 'gateway';

/** One of Drover's processes. */
export interface Member {
  readonly name: string;
  /** Of an API or a gateway. */
  readonly url: string;
  readonly home: string;
  pid(): number;
  /** SIGKILL, or another signal; resolves when it has ended. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it (again) on the same disk and port, as a cluster would, and waits until it is ready. */
  start(env?: Record<string, string>): Promise<void>;
  log(): Promise<string>;
}

export interface Cluster {
  readonly root: string;
  readonly token: string;
  /** Of the Temporal server. */
  readonly address: string;
  readonly postgres: Postgres;
  readonly databaseUrl: string;
  /** SIGKILL of the Temporal server, then a new one. */
  restartTemporal(): Promise<void>;
  /** @param name of its disk: two with the same one share it */
  member(service: Service, name: string, env?: Record<string, string>): Promise<Member>;
  close(): Promise<void>;
}

const dist = (path: string): string => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));
const ENTRIES: Readonly<Record<Service, string>> = {
  worker: dist('workers/worker/main.js'),
  api: dist('api/server/main.js'),
  gateway: dist('api/gateway/main.js'),
};
const DATABASES = { temporal: 'temporal', temporal_visibility: 'visibility' } as const;

const makeSchemas = async (port: number): Promise<void> => {
  const { sqlTool } = serverPrograms(process.env);
  const common = ['--plugin', 'postgres12', '--ep', '127.0.0.1', '-p', String(port), '-u', 'drover'];
  for (const [database, schema] of Object.entries(DATABASES)) {
    const sql = (...args: readonly string[]): Promise<unknown> =>
      run(sqlTool, [...common, '--db', database, ...args]);
    await sql('create-database');
    await sql('setup-schema', '-v', '0.0');
    await sql('update-schema', '--schema-name', `postgresql/v12/${schema}`);
  }
};

const serverConfig = (ip: string, postgresPort: number, ports: readonly number[]): unknown => {
  const store = (databaseName: string, maxConns: number): unknown => ({
    sql: {
      pluginName: 'postgres12',
      databaseName,
      connectAddr: `127.0.0.1:${postgresPort}`,
      connectProtocol: 'tcp',
      user: 'drover',
      password: '',
      maxConns,
      maxIdleConns: maxConns,
    },
  });
  const names = ['frontend', 'history', 'matching', 'worker'];
  const services = names.map((name, index) => [
    name,
    { rpc: { grpcPort: ports[2 * index], membershipPort: ports[2 * index + 1], bindOnIP: ip } },
  ]);
  return {
    log: { stdout: true, level: 'warn' },
    persistence: {
      defaultStore: 'main',
      visibilityStore: 'visibility',
      numHistoryShards: 4,
      datastores: { main: store('temporal', 20), visibility: store('temporal_visibility', 10) },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: ip } },
    services: Object.fromEntries(services) as unknown,
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: {
          enabled: true,
          initialFailoverVersion: 1,
          rpcName: 'frontend',
          rpcAddress: `${ip}:${ports[0]}`,
        },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    publicClient: { hostPort: `${ip}:${ports[0]}` },
  };
};

/** The server keeps its ports in PostgreSQL's smallint: those that the system gives out are too high. */
const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });

/** A program with its output in a file. */
const launch = (
  file: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Record<string, string | undefined>; readonly log: string },
): ChildProcess => {
  const log = openSync(options.log, 'a');
  const child = spawn(file, args, { cwd: options.cwd, env: options.env, stdio: ['ignore', log, log] });
  closeSync(log);
  return child;
};

const ended = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once('exit', () => resolve()));

const answersOk = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(5_000) })).ok;
  } catch {
    return false;
  }
};

/** @param ip address of this machine on which Temporal and PostgreSQL are reached */
export const startCluster = async (ip = '127.0.0.1'): Promise<Cluster> => {
  const root = await temporaryDirectory();
  const postgres = await startPostgres(['-c', 'max_connections=200'], ip === '127.0.0.1' ? undefined : ip);
  const children = new Set<ChildProcess>();
  const close = async (): Promise<void> => {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all([...children].map(ended));
    await postgres.stop();
    await rm(root, { recursive: true, force: true });
  };
  try {
    await makeSchemas(postgres.port);
    const ports: number[] = [];
    while (ports.length < 8) {
      const port = randomInt(20_000, 32_000);
      if (!ports.includes(port) && (await isFree(port))) ports.push(port);
    }
    await mkdir(join(root, 'config'));
    // JSON is YAML.
    await writeFile(
      join(root, 'config', 'development.yaml'),
      JSON.stringify(serverConfig(ip, postgres.port, ports)),
    );
    const address = `${ip}:${ports[0]}`;
    const target = externalTarget({ TEMPORAL_ADDRESS: address });
    let server: ChildProcess | undefined;
    const startTemporal = async (): Promise<void> => {
      const child = launch(serverPrograms(process.env).server, ['--root', root, '--allow-no-auth', 'start'], {
        cwd: root,
        env: { PATH: process.env['PATH'], HOME: root },
        log: join(root, 'temporal.log'),
      });
      children.add(child);
      server = child;
      const connection = lazyConnection(target);
      const register = async (): Promise<boolean> => {
        if (child.exitCode !== null)
          throw new Error(
            `Temporal ended: ${(await readFile(join(root, 'temporal.log'), 'utf8')).slice(-3_000)}`,
          );
        if (await isHealthy(connection, 'default')) return true;
        await connection.workflowService
          .registerNamespace({
            namespace: 'default',
            workflowExecutionRetentionPeriod: msToTs(DAY_MS),
          })
          .catch(() => undefined);
        return false;
      };
      try {
        await until(register, START_SECONDS, 'Temporal answers');
      } finally {
        await connection.close();
      }
    };
    await startTemporal();
    const databaseUrl = await postgres.database();
    const token = randomBytes(24).toString('hex');

    const member: Cluster['member'] = async (service, name, added = {}) => {
      const home = join(root, name);
      await mkdir(home, { recursive: true });
      const port = await freePort();
      const url = `http://127.0.0.1:${port}`;
      const log = join(root, `${name}.${service}.log`);
      const variable = {
        worker: 'DROVER_WORKER_PORT',
        api: 'DROVER_API_PORT',
        gateway: 'DROVER_GATEWAY_PORT',
      };
      let child: ChildProcess | undefined;
      const start: Member['start'] = async (more = {}) => {
        child = launch(process.execPath, [ENTRIES[service]], {
          cwd: home,
          env: {
            PATH: process.env['PATH'],
            HOME: home,
            DROVER_HOME: home,
            DROVER_API_TOKEN: token,
            DROVER_DATABASE_URL: databaseUrl,
            TEMPORAL_ADDRESS: address,
            [variable[service]]: String(port),
            ...added,
            ...more,
          },
          log,
        });
        children.add(child);
        const started = child;
        // What nobody killed must not end: its last words, for whoever reads why a test failed.
        started.once('exit', (code) => {
          if (code !== null && code !== 0 && children.has(started))
            process.stderr.write(
              `${name}'s ${service} ended with ${code}: ${readFileSync(log, 'utf8').slice(-3_000)}`,
            );
        });
        const ready = async (): Promise<boolean> => {
          if (started.exitCode !== null)
            throw new Error(`${name} ended: ${(await readFile(log, 'utf8')).slice(-3_000)}`);
          return answersOk(`${url}${service === 'gateway' ? '/health' : '/ready'}`);
        };
        await until(ready, START_SECONDS, `${name} is ready`);
      };
      const self: Member = {
        name,
        url,
        home,
        pid: () => child?.pid ?? -1,
        kill: async (signal = 'SIGKILL') => {
          if (child === undefined) return;
          child.kill(signal);
          await ended(child);
          children.delete(child);
        },
        start,
        log: () => readFile(log, 'utf8'),
      };
      await start();
      return self;
    };

    return {
      root,
      token,
      address,
      postgres,
      databaseUrl,
      member,
      restartTemporal: async () => {
        if (server !== undefined) {
          server.kill('SIGKILL');
          await ended(server);
          children.delete(server);
        }
        await startTemporal();
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};
