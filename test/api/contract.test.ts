/**
 * The API keeps what its OpenAPI document says, whatever it is sent: Schemathesis (from PyPI) makes requests from the
 * document, right ones and wrong ones, and checks every answer. And the document in docs/ is the one that is served.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { apiOf, type ApiClient } from '../support/api-client.ts';
import { cancelRunning } from '../support/cancel-running.ts';
import { startDrover, until, type Drover } from '../support/drover.ts';
import { task } from '../support/plan-task.ts';
import { makeRepository } from '../support/repository.ts';

const SCHEMATHESIS = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'drover/schemathesis/bin/schemathesis',
);
const SECONDS = 40;

let drover: Drover;
let api: ApiClient;
beforeAll(async () => {
  drover = await startDrover();
  api = await apiOf(drover);
}, 120_000);
afterAll(async () => {
  // The fuzzer may have approved the plan.
  await cancelRunning(drover);
  await drover.close();
});

const run = (args: readonly string[], cwd: string): Promise<{ code: number; output: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(SCHEMATHESIS, [...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, output }));
  });

test('docs/openapi.json is the document that is served', async () => {
  const file = await readFile(new URL('../../docs/openapi.json', import.meta.url), 'utf8');
  // node scripts/openapi.js writes it.
  expect((await api.raw('/api/openapi.json')).body).toEqual(JSON.parse(file));
});

test('no answer breaks the document, and no request breaks the server', async () => {
  if (!existsSync(SCHEMATHESIS))
    throw new Error(`${SCHEMATHESIS} is missing: CONTRIBUTING.md says how to install it`);
  const repository = join(drover.root, 'repository');
  await makeRepository(repository, { 'README.md': 'hello\n' });
  const swarm = await drover.start(
    repository,
    [task('one', { command: 'sleep 600' }), task('two', { command: 'false', dependsOn: ['one'] })],
    { gates: { plan: 'ask', task: 'ask', conflict: 'ask', build: 'ask', test: 'ask', phase: 'ask' } },
    { approve: false },
  );
  await until(async () => (await swarm.state()).phase === 'awaiting_approval', 60, 'the plan waits');
  // Ids that exist, so that more than "not found" is looked at.
  const config = join(drover.root, 'schemathesis.toml');
  const ids = {
    swarmId: swarm.id,
    id: swarm.id,
    taskId: 'one',
    agentId: 'agent-0',
    decisionId: 'd1',
    version: 1,
  };
  await writeFile(
    config,
    [
      '[parameters]',
      ...Object.entries(ids).map(([name, value]) => `"path.${name}" = ${JSON.stringify(value)}`),
    ].join('\n'),
  );
  const { code, output } = await run(
    [
      '--config-file',
      config,
      'run',
      `${api.url}/api/openapi.json`,
      '--header',
      `Authorization:Bearer ${api.token}`,
      '--phases',
      'coverage,fuzzing',
      // No schema says that a repository must be there, or that a key was used before.
      '--exclude-checks',
      'positive_data_acceptance',
      // Ended swarms refuse most of what comes after; streams do not end.
      '--exclude-path-regex',
      '(cancel|stream)$',
      '--max-examples',
      '5',
      '--max-time',
      String(SECONDS),
      '--continue-on-failure',
      '--seed',
      '20261121',
      '--no-color',
      '--suppress-health-check',
      'all',
    ],
    drover.root,
  );
  // What is long here is the request that did it.
  const failures = output.slice(Math.max(0, output.indexOf('= FAILURES ='))).replace(/(.)\1{40,}/gu, '$1…$1');
  expect([code, code === 0 ? '' : failures.slice(0, 6_000)]).toEqual([0, '']);
  expect(output).toMatch(/[1-9]\d* generated/);
  expect((await api.get('/health')).status).toBe(200);
});
