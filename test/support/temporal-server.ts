/**
 * One Temporal dev server for a whole Jest run. Its address is in TEMPORAL_TEST_ADDRESS; a value that is already
 * there names a server to use instead.
 */
import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embeddedTarget, lazyConnection } from '../../workers/temporal/connect.ts';
import { waitUntilHealthy } from '../../workers/temporal/namespace.ts';
import { resolveTemporal } from '../../workers/temporal/resolve.ts';
import { freePort, LOOPBACK, serverEnvironment, startServer } from '../../workers/temporal/server.ts';

const START_TIMEOUT_MS = 60_000;

let running: { readonly process: ChildProcess; readonly directory: string } | undefined;

const end = (): void => {
  running?.process.kill('SIGKILL');
  if (running !== undefined) rmSync(running.directory, { recursive: true, force: true });
  running = undefined;
};

export const startTestServer = async (): Promise<void> => {
  if (process.env['TEMPORAL_TEST_ADDRESS']) return;
  const { TEMPORAL_ADDRESS: _address, TEMPORAL_PROFILE: _profile, ...env } = process.env;
  const server = await resolveTemporal({ env, onProgress: (line) => process.stderr.write(`${line}\n`) });
  if (server.kind === 'external') throw new Error('the test server is never an external one');
  const directory = mkdtempSync(join(tmpdir(), 'drover-test-temporal-'));
  const logFile = join(directory, 'log');
  const log = openSync(logFile, 'a');
  const port = await freePort();
  const child = startServer(
    server.binary.path,
    { port, databaseFile: join(directory, 'temporal.db') },
    serverEnvironment(env),
    log,
  );
  closeSync(log);
  child.unref();
  running = { process: child, directory };
  process.once('exit', end);
  const target = embeddedTarget(`${LOOPBACK}:${port}`);
  const connection = lazyConnection(target);
  const healthy = await waitUntilHealthy(
    connection,
    target.namespace,
    START_TIMEOUT_MS,
    () => child.exitCode !== null,
  );
  await connection.close();
  if (!healthy) {
    const said = readFileSync(logFile, 'utf8').slice(-2_000);
    end();
    throw new Error(`The Temporal test server did not start:\n${said}`);
  }
  process.env['TEMPORAL_TEST_ADDRESS'] = target.address;
};

export const stopTestServer = (): Promise<void> => {
  if (running !== undefined) delete process.env['TEMPORAL_TEST_ADDRESS'];
  end();
  return Promise.resolve();
};
