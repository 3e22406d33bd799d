// The host's own server as a hostile pod meets it: real git, real HTTP, tokens of real agents.
import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeHub, readRef } from '../../activities/git/hub.ts';
import { inspectRepository } from '../../activities/git/inspect-repository.ts';
import { grantToken, revokeTokens } from '../../store/agent-tokens.ts';
import { openBudget } from '../../store/budgets.ts';
import { openStore, type Store } from '../../store/database.ts';
import { homeAt, swarmDirectory } from '../../store/home.ts';
import { serveHost, type HostServer } from '../../workers/host-server/serve.ts';
import { git, makeRepository, temporaryDirectory, writeFiles } from '../support/repository.ts';

const run = promisify(execFile);
let root: string;
let store: Store;
let server: HostServer;
let hub: string;
let base: string;
let work: string;
const tokens: Record<string, string> = {};
const errors: unknown[] = [];

/** Git with an agent's token, as a pod has it. */
const asAgent = async (token: string, ...args: readonly string[]): Promise<string> => {
  const { stdout } = await run('git', ['-c', `http.extraHeader=Authorization: Bearer ${token}`, ...args], {
    cwd: work,
    env: { PATH: process.env.PATH, HOME: '/nonexistent', GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_NOSYSTEM: '1' },
  });
  return stdout.trim();
};

beforeAll(async () => {
  root = await temporaryDirectory();
  const home = homeAt(join(root, 'home'));
  const repository = join(root, 'repository');
  base = await makeRepository(repository, { 'a.txt': 'a\n' });
  const swarm = swarmDirectory(home, 's1');
  hub = swarm.hub;
  await mkdir(swarm.root, { recursive: true });
  await makeHub(hub, await inspectRepository(repository));
  store = await openStore({ file: home.databaseFile });
  for (const swarmId of ['s1', 's2'])
    await openBudget(store.db, { swarmId, rules: { prices: {}, unknownModels: true, models: [] } });
  for (const [swarmId, agentId] of [
    ['s1', 'agent-0'],
    ['s1', 'agent-1'],
    ['s2', 'agent-0'],
  ] as const)
    tokens[`${swarmId}/${agentId}`] = await grantToken(store.db, {
      swarmId,
      agentId,
      taskId: 't',
      models: [],
    });
  server = await serveHost(
    { home, db: store.db, onError: (error) => errors.push(error) },
    { host: '127.0.0.1', port: 0 },
  );
  work = join(root, 'work');
  await mkdir(work);
  await git(work, 'init', '-q', '-b', 'agent-0');
  await asAgent(tokens['s1/agent-0'] ?? '', 'fetch', '-q', `${server.url}/git`, base);
  await git(work, 'reset', '-q', '--hard', base);
  await writeFiles(work, { 'b.txt': 'b\n' });
  await git(work, 'add', '-A');
  await git(work, 'commit', '-q', '-m', 'Work');
});
afterAll(async () => {
  await server.close();
  await store.close();
  await rm(root, { recursive: true, force: true });
});

const push = (token: string, ...refspecs: readonly string[]): Promise<string> =>
  asAgent(token, 'push', '-q', `${server.url}/git`, ...refspecs);

test('an agent pushes its own ref and nothing else, whatever it calls it', async () => {
  const mine = tokens['s1/agent-0'] ?? '';
  for (const ref of [
    'refs/heads/main',
    'refs/heads/result',
    'refs/heads/agent-0',
    'refs/incoming/agent-1',
    'refs/tags/v1',
    'refs/incoming/agent-0/x',
    'refs/notes/a',
  ])
    await expect(push(mine, `HEAD:${ref}`)).rejects.toThrow('Command failed');
  await expect(push(mine, 'HEAD:refs/incoming/agent-0', 'HEAD:refs/heads/x')).rejects.toThrow(
    'Command failed',
  );
  expect(await git(hub, 'for-each-ref', '--format=%(refname)')).toBe('refs/heads/main\nrefs/heads/result');
  await push(mine, 'HEAD:refs/incoming/agent-0');
  const head = await git(work, 'rev-parse', 'HEAD');
  expect(await git(hub, 'rev-parse', 'refs/incoming/agent-0')).toBe(head);
  await expect(push(mine, ':refs/incoming/agent-0')).rejects.toThrow('Command failed');
  await expect(push(mine, `+${base}:refs/incoming/agent-0`)).rejects.toThrow('Command failed');
  expect(await git(hub, 'rev-parse', 'refs/incoming/agent-0')).toBe(head);
  expect(await readRef({ cwd: hub, gitDir: hub }, 'main')).toBe(base);
});

test("what an agent pushed is offered to no other, and another swarm's token opens another hub", async () => {
  const list = await asAgent(tokens['s1/agent-1'] ?? '', 'ls-remote', `${server.url}/git`);
  expect(list).toContain('refs/heads/main');
  expect(list).not.toContain('incoming');
  await expect(asAgent(tokens['s2/agent-0'] ?? '', 'ls-remote', `${server.url}/git`)).rejects.toThrow(
    'Command failed',
  );
});

test('without a token, with a foreign or an ended one nothing opens', async () => {
  const header = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  const refs = `${server.url}/git/info/refs?service=git-upload-pack`;
  expect((await fetch(refs)).status).toBe(401);
  expect((await fetch(refs, header('x'.repeat(40)))).status).toBe(401);
  await revokeTokens(store.db, 's1', 'agent-1');
  expect((await fetch(refs, header(tokens['s1/agent-1'] ?? ''))).status).toBe(401);
});

test('no path leads out, no other service is spoken, and no page of a browser gets in', async () => {
  const headers = { authorization: `Bearer ${tokens['s1/agent-0']}` };
  const status = async (path: string, more: RequestInit = {}): Promise<number> =>
    (await fetch(`${server.url}${path}`, { headers, ...more })).status;
  expect(await status('/git/info/refs')).toBe(403);
  expect(await status('/git/info/refs?service=git-upload-archive')).toBe(403);
  expect(await status('/git/config')).toBe(404);
  expect(await status('/git/..%2f..%2fhost.json')).toBe(404);
  expect(await status('/git/objects/info/packs')).toBe(404);
  expect(await status('/agent/claim')).toBe(404);
  const page = { headers: { ...headers, origin: 'http://evil.example' } };
  expect(await status('/git/info/refs?service=git-upload-pack', page)).toBe(403);
});

test('only one pod gets an agent', async () => {
  const claim = async (pod: string): Promise<number> =>
    (
      await fetch(`${server.url}/agent/claim?pod=${encodeURIComponent(pod)}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${tokens['s1/agent-0']}` },
      })
    ).status;
  expect(await Promise.all([claim('pod-1'), claim('pod-1')])).toEqual([200, 200]);
  expect(await claim('pod-2')).toBe(410);
  expect(await claim('../x')).toBe(410);
});
