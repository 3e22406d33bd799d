/**
 * A PostgreSQL of its own for a test file: Debian's programs, a fresh cluster in a temporary directory, a socket on
 * loopback. PostgreSQL refuses to run as root, so it then runs as `nobody`.
 */
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, chown, mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from '../../workers/temporal/server.ts';

const run = promisify(execFile);
const PROGRAMS = '/usr/lib/postgresql';
const START_TIMEOUT_MS = 60_000;

/** Machines without one test the store on SQLite alone; CI has one. */
export const postgresIsHere = process.env['CI'] !== undefined || existsSync(PROGRAMS);

export interface Postgres {
  /** A new, empty database. */
  database(): Promise<string>;
  readonly port: number;
  /** Ends the server at once, as a crash would, and starts it again on the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const newest = async (): Promise<string> => {
  const versions = await readdir(PROGRAMS).catch(() => []);
  const version = versions.map(Number).sort((a, b) => b - a)[0];
  if (version === undefined)
    throw new Error(`no PostgreSQL in ${PROGRAMS}: install it (apt-get install postgresql)`);
  return join(PROGRAMS, String(version), 'bin');
};

/** The ids to run as, when this process is root. */
const unprivileged = async (): Promise<{ uid: number; gid: number } | undefined> => {
  if (process.getuid?.() !== 0) return undefined;
  const id = async (flag: string): Promise<number> => Number((await run('id', [flag, 'nobody'])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
};

const answers = async (url: string): Promise<boolean> => {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
};

/**
 * @param settings further options of the server, such as `-c`, `max_connections=300`
 * @param address of this machine, besides loopback, from which everybody is let in
 */
export const startPostgres = async (
  settings: readonly string[] = [],
  address?: string,
): Promise<Postgres> => {
  const addresses = ['127.0.0.1', ...(address === undefined ? [] : [address])];
  const programs = await newest();
  const as = await unprivileged();
  const root = join(tmpdir(), `drover-postgres-${randomBytes(6).toString('hex')}`);
  await mkdir(root, { mode: 0o700 });
  if (as !== undefined) await chown(root, as.uid, as.gid);
  const data = join(root, 'data');
  const options = { ...as, cwd: root };
  await run(join(programs, 'initdb'), ['-D', data, '-U', 'drover', '-A', 'trust', '--no-sync'], options);
  if (address !== undefined) await appendFile(join(data, 'pg_hba.conf'), 'host all all all trust\n');
  const port = await freePort();
  const start = async (): Promise<{ end(signal: NodeJS.Signals): Promise<void> }> => {
    const server = spawn(
      join(programs, 'postgres'),
      ['-D', data, '-p', String(port), '-k', root, '-h', addresses.join(','), '-c', 'fsync=off', ...settings],
      { ...options, stdio: 'ignore' },
    );
    const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
    const finish = async (signal: NodeJS.Signals): Promise<void> => {
      server.kill(signal);
      await ended;
    };
    const limit = Date.now() + START_TIMEOUT_MS;
    while (!(await answers(urlOf('postgres')))) {
      if (Date.now() > limit) {
        await finish('SIGINT');
        throw new Error('PostgreSQL did not start');
      }
      await sleep(100);
    }
    return { end: finish };
  };
  const urlOf = (name: string): string => `postgres://drover@127.0.0.1:${port}/${name}`;
  let running: Awaited<ReturnType<typeof start>>;
  try {
    running = await start();
  } catch (error) {
    await rm(root, { recursive: true, force: true });
    throw error;
  }
  return {
    database: async () => {
      const name = `drover_${randomBytes(6).toString('hex')}`;
      const client = new pg.Client({ connectionString: urlOf('postgres') });
      await client.connect();
      try {
        await client.query(`create database ${name}`);
      } finally {
        await client.end();
      }
      return urlOf(name);
    },
    port,
    restart: async () => {
      // Immediate shutdown: no checkpoint, connections cut; the next start recovers from the log.
      await running.end('SIGQUIT');
      running = await start();
    },
    stop: async () => {
      await running.end('SIGINT');
      await rm(root, { recursive: true, force: true });
    },
  };
};
