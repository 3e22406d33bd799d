/** Finding and getting a Temporal CLI, with real programs, a real archive and a real download server. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DroverFailure } from '../../domain/failures.ts';
import { resolveTemporal } from '../../workers/temporal/resolve.ts';
import { temporaryDirectory } from '../support/repository.ts';

let root: string;
let server: Server | undefined;
let requests: string[];
let said: string[];
const onProgress = (line: string): void => void said.push(line);

beforeEach(async () => {
  root = await temporaryDirectory('drover-resolve');
  requests = [];
  said = [];
});
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  await rm(root, { recursive: true, force: true });
});

/** A program that says the version of a Temporal CLI: what the resolver asks of a candidate. */
const program = async (directory: string, version: string): Promise<string> => {
  await mkdir(directory, { recursive: true });
  const path = join(directory, 'temporal');
  await writeFile(path, `#!/bin/sh\necho "temporal version 1.5.1 (Server ${version}, UI 2.42.1)"\n`);
  await chmod(path, 0o755);
  return path;
};

/** Serves what the SDKs' download server serves. */
const downloadService = async (answer: 'archive' | 404): Promise<string> => {
  await program(join(root, 'made'), '1.30.0');
  const archive = join(root, 'archive.tar.gz');
  await promisify(execFile)('tar', ['-czf', archive, '-C', join(root, 'made'), 'temporal']);
  server = createServer((request, response) => {
    void (async () => {
      requests.push(request.url ?? '');
      if (answer === 404) response.writeHead(404).end();
      else if (request.url === '/archive.tar.gz') response.end(await readFile(archive));
      else
        response.end(
          JSON.stringify({
            archiveUrl: `http://${request.headers.host}/archive.tar.gz`,
            fileToExtract: 'temporal',
          }),
        );
    })();
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

/** A machine without Temporal, and with Go cut off from the network. */
const bareEnvironment = async (): Promise<Record<string, string>> => {
  const programs = join(root, 'bin');
  await mkdir(programs, { recursive: true });
  for (const name of ['tar', 'gzip', 'sh', 'go']) {
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', `command -v ${name} || true`]);
    if (stdout.trim() !== '') await symlink(stdout.trim(), join(programs, name));
  }
  return {
    PATH: programs,
    HOME: join(root, 'home'),
    XDG_CACHE_HOME: join(root, 'cache'),
    GOPROXY: 'off',
    GOCACHE: join(root, 'go-cache'),
    GOMODCACHE: join(root, 'go-modules'),
  };
};

test('this machine’s own Temporal CLI is found, or got', async () => {
  const { TEMPORAL_ADDRESS: _, TEMPORAL_PROFILE: __, ...env } = process.env;
  const found = await resolveTemporal({ env, onProgress });
  expect(found).toMatchObject({
    kind: 'binary',
    binary: { serverVersion: expect.stringMatching(/^1\.\d+\.\d+$/) },
  });
});

test('a cluster of the user’s own is left alone', async () => {
  expect(await resolveTemporal({ env: { TEMPORAL_ADDRESS: 'far:7233' }, onProgress })).toEqual({
    kind: 'external',
  });
});

test('a program that is too old is passed over for the next one', async () => {
  const old = join(root, 'old');
  await program(old, '1.20.0');
  const fresh = await program(join(root, 'fresh'), '1.29.1');
  const env = { ...(await bareEnvironment()), PATH: `${old}:${join(root, 'fresh')}` };
  expect(await resolveTemporal({ env, onProgress, install: false })).toEqual({
    kind: 'binary',
    binary: { path: fresh, serverVersion: '1.29.1' },
    origin: 'PATH',
  });
});

test('a TEMPORAL_CLI_PATH that is no Temporal CLI is an error, not a reason to look elsewhere', async () => {
  const env = { ...process.env, TEMPORAL_ADDRESS: undefined, TEMPORAL_CLI_PATH: '/bin/echo' };
  await expect(resolveTemporal({ env, onProgress })).rejects.toMatchObject({
    type: 'unavailable',
    message: expect.stringContaining('/bin/echo does not say a server version'),
  });
  const missing = { ...env, TEMPORAL_CLI_PATH: join(root, 'nowhere') };
  await expect(resolveTemporal({ env: missing, onProgress })).rejects.toMatchObject({
    message: expect.stringContaining('is not a program'),
  });
});

test('a missing CLI is downloaded once, however many ask at the same moment', async () => {
  const service = await downloadService('archive');
  const env = await bareEnvironment();
  // An earlier try was killed half-way.
  await mkdir(join(root, 'cache', 'drover', 'temporal-cli-download', 'download-x1y2z3'), { recursive: true });
  const ask = () => resolveTemporal({ env, onProgress, downloadService: service });
  const found = await Promise.all([ask(), ask(), ask()]);
  const path = join(root, 'cache', 'drover', 'temporal-cli-download', 'temporal');
  for (const one of found)
    expect(one).toMatchObject({ kind: 'binary', binary: { path, serverVersion: '1.30.0' } });
  expect(await ask()).toMatchObject({ origin: 'cache' });
  expect(requests.filter((url) => url === '/archive.tar.gz')).toHaveLength(1);
  expect(await readdir(join(root, 'cache', 'drover', 'temporal-cli-download'))).toEqual(['temporal']);
  expect(said.join('\n')).toContain('Another process is getting the Temporal CLI');
});

test('when nothing works the error says what was tried, why each failed, and what to do', async () => {
  const service = await downloadService(404);
  const failure = await resolveTemporal({
    env: await bareEnvironment(),
    onProgress,
    downloadService: service,
  }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(DroverFailure);
  const { message, hint } = failure as DroverFailure;
  expect(message).toContain('no temporal program on the PATH');
  expect(message).toContain(`download: ${service} answered 404`);
  expect(message).toMatch(/go install: (go install ended with 1:[\s\S]*GOPROXY=off|Go is not installed)/);
  expect(hint).toContain('TEMPORAL_CLI_PATH');
  expect(said.join('\n')).toMatch(/Temporal CLI by download: not possible/);
  // Half-made files would be taken for whole ones next time.
  for (const directory of ['temporal-cli-download', 'temporal-cli-v1.5.1'])
    expect(await readdir(join(root, 'cache', 'drover', directory)).catch(() => [])).toEqual([]);
});
