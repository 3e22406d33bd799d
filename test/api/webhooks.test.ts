/** Webhooks of a real Drover: signed, tried again, delivered though the API is killed in the middle, each under one id. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { apiOf, type ApiClient } from '../support/api-client.ts';
import { startDrover, until, type Drover } from '../support/drover.ts';
import { makeRepository } from '../support/repository.ts';

const SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes....').toString('base64')}`;

interface Received {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Told {
  readonly data: { readonly goal: string };
}

let drover: Drover;
let api: ApiClient;
let receiver: Server;
let address: string;
let id: string;
const received: Received[] = [];
/** How many requests are still answered by 500. */
let failing = 1;

const at = (url: string): readonly Received[] => received.filter((one) => one.url === url);
const typeOf = ({ body }: Received): string => (JSON.parse(body) as { type: string }).type;
const ofType = (type: string): readonly Received[] => at('/signed').filter((one) => typeOf(one) === type);

beforeAll(async () => {
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      received.push({ url: request.url ?? '', headers: request.headers, body });
      response.writeHead(request.url === '/signed' && failing-- > 0 ? 500 : 204).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  drover = await startDrover({
    DROVER_WEBHOOK_SIGNED: SECRET,
    DROVER_WEBHOOK_CHAT_URL: `${address}/chat`,
    DROVER_WEBHOOKS_ALLOW: '127.0.0.1',
    DROVER_TEST: '1',
    DROVER_CRASH_AT: 'webhook.sent',
  });
  api = await apiOf(drover);
}, 120_000);
afterAll(async () => {
  receiver?.close();
  await drover?.close();
});

const config = () => ({
  executor: 'command',
  webhooks: [
    { name: 'signed', url: `${address}/signed`, secretEnv: 'DROVER_WEBHOOK_SIGNED' },
    { name: 'chat', urlEnv: 'DROVER_WEBHOOK_CHAT_URL', format: 'slack', events: ['decision'] },
    { name: 'elsewhere', url: 'http://127.0.0.2:9/', format: 'slack' },
  ],
});

test('a decision that is needed is told, by one message under one id, though the API dies once and the receiver fails once', async () => {
  const repository = join(drover.root, 'repository');
  await makeRepository(repository, { 'README.md': 'hello\n' });
  const started = await api.post('/api/swarms', {
    repository,
    plan: {
      goal: 'Tell <!channel> of it',
      tasks: [{ id: 'one', title: 'one', description: 'one', command: 'echo one > one.txt' }],
    },
    config: config(),
  });
  expect(started.status).toBe(201);
  id = String(started.body['id']);
  const told = await until(
    async () => ofType('decision.needed').length >= 2 && at('/chat').length > 0 && ofType('decision.needed'),
    120,
    'the decision is told again',
  );
  expect(new Set(told.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  expect(new Set(told.map(({ body }) => body)).size).toBe(1);
  for (const { body, headers } of told) {
    const verified = new Webhook(SECRET).verify(body, headers as Record<string, string>);
    expect(verified).toMatchObject({
      type: 'decision.needed',
      data: { swarmId: id, decision: { id: 'd1', kind: 'plan' } },
    });
  }
  const [chat] = at('/chat');
  expect(JSON.parse(chat?.body ?? '')).toEqual({
    text: expect.stringContaining('Goal: Tell &lt;!channel&gt; of it'),
  });
  expect(() =>
    new Webhook(SECRET).verify(
      told[0]?.body.replace('d1', 'd2') ?? '',
      told[0]?.headers as Record<string, string>,
    ),
  ).toThrow('No matching signature');
});

test('secrets of webhooks are in no environment of a service', async () => {
  for (const service of ['api', 'worker', 'supervisor'] as const) {
    const environment = await readFile(`/proc/${await drover.pid(service)}/environ`, 'latin1');
    expect(environment).toContain('DROVER_HOME');
    expect(environment).not.toContain('whsec_');
  }
});

test('a budget that is nearly used up and the end are told once; what may not be reached is said', async () => {
  const { temporal } = await drover.client();
  await temporal.workflow.getHandle(id).signal('budget', {
    kind: 'warning',
    limitMicros: 5_000_000,
    spentMicros: 4_100_000,
    neededMicros: 0,
  });
  await api.post(`/api/swarms/${id}/plan/approve`);
  const ended = await until(
    async () => ofType('budget.warning').length > 0 && ofType('swarm.ended')[0],
    180,
    'the end is told',
  );
  expect(JSON.parse(ended.body)).toMatchObject({
    data: { swarmId: id, phase: 'completed', landed: 1, branch: `drover/${id}` },
  });
  expect(JSON.parse(ofType('budget.warning')[0]?.body ?? '')).toMatchObject({
    data: { limitUsd: 5, spentUsd: 4.1 },
  });
  interface Listed {
    messages: { webhook: string; type: string; state: string; tries: number; said: string }[];
  }
  const listed = await until(
    async () => {
      const { messages } = (await api.get<Listed>(`/api/webhooks/messages?swarm=${id}`)).body;
      return (
        messages.filter(({ state }) => state === 'delivered').length === 4 &&
        messages.every(({ tries }) => tries > 0) &&
        messages
      );
    },
    120,
    'what was told is listed as delivered',
  );
  expect(listed).toHaveLength(7);
  for (const { said } of listed.filter(({ webhook }) => webhook === 'elsewhere'))
    expect(said).toContain('DROVER_WEBHOOKS_ALLOW');
  // Reading the history again tells nobody anything again.
  const before = received.length;
  expect((await drover.cli(['store', 'rebuild'])).code).toBe(0);
  const again = (await api.get<Listed>(`/api/webhooks/messages?swarm=${id}`)).body.messages;
  expect(again).toHaveLength(7);
  expect(received.length).toBe(before);
});

test('a test message can be sent from the command line, and a wrong secret is said', async () => {
  await writeFile(join(drover.root, 'drover.yml'), JSON.stringify(config()));
  const { code, stdout } = await drover.cli(['webhooks', 'test', 'signed', '--json']);
  expect([code, JSON.parse(stdout)]).toEqual([
    0,
    { results: [{ webhook: 'signed', delivered: true, said: 'status 204' }] },
  ]);
  const test = ofType('test')[0];
  expect(new Webhook(SECRET).verify(test?.body ?? '', test?.headers as Record<string, string>)).toMatchObject(
    {
      type: 'test',
    },
  );
  const wrong = await drover.cli(['webhooks', 'test', 'signed'], { env: { DROVER_WEBHOOK_SIGNED: '' } });
  expect(wrong.code).toBe(6);
  expect(wrong.stdout).toContain('DROVER_WEBHOOK_SIGNED is not set');
  const { stdout: listed } = await drover.cli(['webhooks', 'list']);
  expect(listed).toContain('swarm.ended');
});

test('the end of a swarm that a schedule starts is told', async () => {
  const command = 'date > date.txt';
  const scheduled = await api.post('/api/schedules', {
    name: 'nightly',
    cron: ['0 3 1 1 *'],
    swarm: {
      repository: join(drover.root, 'repository'),
      plan: { goal: 'By night', tasks: [{ id: 'one', title: 'one', description: 'one', command }] },
      config: config(),
      approve: true,
    },
  });
  expect(scheduled.status).toBe(201);
  expect((await api.post('/api/schedules/nightly/trigger')).status).toBe(204);
  const ended = await until(
    () =>
      Promise.resolve(
        ofType('swarm.ended').find(({ body }) => (JSON.parse(body) as Told).data.goal === 'By night'),
      ),
    180,
    'the end is told',
  );
  expect(JSON.parse(ended.body)).toMatchObject({
    data: { swarmId: expect.stringMatching(/^nightly-/), phase: 'completed', landed: 1 },
  });
});
