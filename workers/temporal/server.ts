/** The embedded Temporal server: which arguments it gets, which ports, and its start. Not its supervision. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import type { Environment } from '../../config/environment.ts';
import { homeAt, type Home } from '../../store/home.ts';
import { SEARCH_ATTRIBUTE_TYPES } from './namespace.ts';

export const LOOPBACK = '127.0.0.1';
/** What Temporal's own tools expect, for the one home that most people have. */
const USUAL_PORTS: Ports = { port: 7233, uiPort: 8233 };
/** Below the range from which Linux gives out ports by itself. */
const FIRST_PORT = 20_000;
const PORT_PAIRS = 6_000;

export interface Ports {
  readonly port: number;
  readonly uiPort: number;
}

/**
 * The ports to try first. Every other home has a pair of its own, always the same: while a killed server is being
 * started again its port is free for a moment, and another home that starts just then must not take it.
 */
export const preferredPorts = (home: Home): Ports => {
  if (home.root === homeAt().root) return USUAL_PORTS;
  const hash = createHash('sha256').update(home.root).digest().readUInt32BE(0);
  const port = FIRST_PORT + 2 * (hash % PORT_PAIRS);
  return { port, uiPort: port + 1 };
};

export interface ServerOptions extends Partial<Ports> {
  readonly port: number;
  /** SQLite file; in memory when absent. */
  readonly databaseFile?: string;
}

/**
 * WAL with `synchronous=NORMAL` gives 5 to 10 times the throughput of SQLite's defaults (measured: 43 → 226-513
 * activities/s). A SIGKILL loses nothing; a power cut may lose the last moments.
 */
const PRAGMAS = ['journal_mode=WAL', 'synchronous=NORMAL'];

/** An agent's first activity comes with the answer to the step that asked for it, instead of by a queue. */
const DYNAMIC_CONFIG = ['system.enableActivityEagerExecution=true'];

export const serverArguments = (options: ServerOptions): readonly string[] => [
  'server',
  'start-dev',
  '--ip',
  LOOPBACK,
  '--port',
  String(options.port),
  ...(options.uiPort === undefined ? ['--headless'] : ['--ui-port', String(options.uiPort)]),
  ...(options.databaseFile === undefined
    ? []
    : ['--db-filename', options.databaseFile, ...PRAGMAS.flatMap((pragma) => ['--sqlite-pragma', pragma])]),
  ...Object.entries(SEARCH_ATTRIBUTE_TYPES).flatMap(([name, type]) => [
    '--search-attribute',
    `${name}=${type}`,
  ]),
  ...DYNAMIC_CONFIG.flatMap((value) => ['--dynamic-config-value', value]),
  '--log-level',
  'warn',
];

/** The user's settings for other clusters must not reach the embedded server, and secrets have no use there. */
export const serverEnvironment = (env: Environment): Record<string, string> =>
  Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ'].flatMap((name) =>
      env[name] === undefined ? [] : [[name, env[name]]],
    ),
  );

/** @param log file descriptor: the server goes on writing when its parent is gone */
export const startServer = (
  binary: string,
  options: ServerOptions,
  env: Record<string, string>,
  log: number,
): ChildProcess =>
  spawn(binary, [...serverArguments(options)], { env, detached: true, stdio: ['ignore', log, log] });

export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => server.close(() => resolve(true)));
  });

/** A port that nobody listens on now. Another process may take it before it is used: start, and try again. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port: 0, host: LOOPBACK }, () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      server.close(() => resolve(port));
    });
  });

/** The wanted ports, each replaced by a free one when it is taken. */
export const choosePorts = async (wanted: Ports): Promise<Ports> => {
  const [port, uiPort] = await Promise.all(
    [wanted.port, wanted.uiPort].map(async (want) => ((await isFree(want)) ? want : await freePort())),
  );
  return { port: port ?? (await freePort()), uiPort: uiPort ?? (await freePort()) };
};
