/** Behind a proxy: models, GitHub and webhooks are reached through it, and what is on this machine never is. */
import { createServer, type Server } from 'node:http';
import { mkdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startDrover, until, type Drover } from '../support/drover.ts';
import { GITHUB_TOKEN, startGitHub, type GitHubServer } from '../support/github-server.ts';
import { startModelServer, type ModelServer } from '../support/model-server.ts';
import { startProxiedNet, type ProxiedNet } from '../support/proxy.ts';
import { git, makeRepository, temporaryDirectory } from '../support/repository.ts';
import { asksCritic, critique } from '../support/scripted-critic.ts';

let drover: Drover;
let net: ProxiedNet;
let models: ModelServer;
let github: GitHubServer;
let receiver: Server;
const told: string[] = [];
let cwd: string;
beforeAll(async () => {
  const root = await temporaryDirectory('drover-proxy');
  net = await startProxiedNet(root);
  cwd = join(root, 'repository');
  await makeRepository(cwd, { 'README.md': '# Widgets\n' });
  const remote = join(root, 'acme', 'widgets.git');
  await mkdir(remote, { recursive: true });
  await git(remote, 'init', '-q', '--bare', '-b', 'main');
  await git(cwd, 'remote', 'add', 'origin', remote);
  await git(cwd, 'push', '-q', 'origin', 'main');
  github = await startGitHub(remote);
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      told.push(body);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  models = await startModelServer((request) => {
    if (asksCritic(request)) return critique();
    const task = {
      id: 'one',
      title: 'One',
      description: 'One',
      dependsOn: [],
      priority: 2,
      category: 'default',
      files: ['one.txt'],
      acceptance: null,
    };
    return { blocks: [{ text: JSON.stringify({ summary: 'Scripted.', tasks: [task] }) }] };
  });
  const hooks = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  drover = await startDrover({
    // Small letters, as most machines have it, and libraries that read them by themselves.
    https_proxy: net.proxy,
    http_proxy: net.proxy,
    NODE_EXTRA_CA_CERTS: net.certificates,
    ANTHROPIC_API_KEY: 'test-key',
    ANTHROPIC_BASE_URL: net.serve('models', models.url),
    GITHUB_TOKEN,
    GITHUB_API_URL: net.serve('github', github.url),
    DROVER_WEBHOOK_CHAT_URL: net.serve('hooks', hooks),
    DROVER_WEBHOOKS_ALLOW: 'hooks.example.test',
  });
}, 300_000);
afterAll(async () => {
  await drover?.close();
  await Promise.all([models?.close(), github?.end()]);
  receiver?.close();
  net?.close();
}, 120_000);

test('the planner, a pull request and a webhook go through the proxy, and nothing of this machine does', async () => {
  const config = join(drover.root, 'config.yml');
  await writeFile(
    config,
    [
      'executor: command',
      'command: echo one > one.txt',
      'webhooks: [{ name: chat, urlEnv: DROVER_WEBHOOK_CHAT_URL, format: slack, events: [ended] }]',
    ].join('\n'),
  );
  const run = await drover.cli(
    ['run', 'Write one', '--config', config, '--yes', '--pull-request', '--json'],
    {
      cwd,
    },
  );
  expect([run.code, run.stderr]).toEqual([0, expect.any(String)]);
  expect(models.requests.length).toBeGreaterThan(0);
  expect(github.opened()).toBe(1);
  await until(() => Promise.resolve(told.length > 0), 120, 'the end is told');
  expect(told[0]).toContain('Write one');
  expect([...new Set(net.asked)].sort()).toEqual([
    'github.example.test:443',
    'hooks.example.test:443',
    'models.example.test:443',
  ]);
});

test('a webhook whose name is not allowed is not left to the proxy to look up', async () => {
  const before = net.asked.length;
  await writeFile(
    join(cwd, 'drover.yml'),
    'webhooks: [{ name: inner, url: "https://metadata.example.test/", format: slack }]\n',
  );
  const sent = await drover.cli(['webhooks', 'test', 'inner'], { cwd });
  expect(sent.code).toBe(6);
  expect(sent.stdout).toContain('DROVER_WEBHOOKS_ALLOW');
  expect(net.asked).toHaveLength(before);
});
