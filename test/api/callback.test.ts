/** Agents on other machines report over `/api/callback`: the real gateway's server, real HTTP, a real store. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { callbackHandler } from '../../api/callback/handler.ts';
import { gatewayAccess } from '../../activities/model/access.ts';
import type { AgentSpec } from '../../domain/agents/agent.ts';
import { readCallbacks } from '../../store/callbacks.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
beforeEach(async () => {
  gateway = await startGateway('http://127.0.0.1:9', {
    serve: {
      routes: {
        '/api/callback': (request, response) => callbackHandler(gateway.store.db)(request, response),
      },
    },
  });
});
afterEach(() => gateway.close());

const OWNER = { swarmId: 'swarm-1', agentId: 'agent-1' };

const event = (sequence: number) => ({
  sequence,
  kind: 'event',
  data: { at: '2026-01-01T00:00:00.000Z', kind: 'message', text: `word ${sequence}` },
});

const agent = async (agentId = OWNER.agentId) => {
  const { token } = await gateway.agent({ ...OWNER, agentId });
  const url = `${gateway.url}/api/callback`;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const send = async (body: unknown) => {
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const last = async () => (await fetch(url, { headers })).json();
  return { send, last };
};

const kept = async () =>
  (await readCallbacks(gateway.store.db, OWNER, 0, 1_000)).map(({ sequence }) => sequence);

test('what is sent again after a lost answer is kept once, in order', async () => {
  const { send, last } = await agent();
  expect(await send({ messages: [event(1), event(2)] })).toEqual({
    status: 200,
    body: { accepted: 2, ignored: 0, last: 2 },
  });
  expect(await send({ messages: [event(1), event(2), event(3)] })).toMatchObject({
    body: { accepted: 1, ignored: 2, last: 3 },
  });
  expect(await last()).toMatchObject({ ...OWNER, last: 3 });
  const [first] = await readCallbacks(gateway.store.db, OWNER, 0, 1);
  expect(JSON.parse(first?.data ?? '')).toEqual(event(1).data);
  expect(await kept()).toEqual([1, 2, 3]);
});

test('many senders at once leave no gap and nothing twice', async () => {
  const { send } = await agent();
  const messages = Array.from({ length: 40 }, (_, index) => event(index + 1));
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) => send({ messages: messages.slice(0, 5 * (index + 1)) })),
  );
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  expect(await kept()).toEqual(messages.map(({ sequence }) => sequence));
});

test('a gap is refused, and the sender told where to go on', async () => {
  const { send } = await agent();
  await send({ messages: [event(1)] });
  expect(await send({ messages: [event(3)] })).toMatchObject({ status: 409, body: { last: 1 } });
  expect((await send({ messages: [event(2), event(4)] })).status).toBe(400);
  expect(await kept()).toEqual([1]);
});

test('an agent reports for itself alone, and no more once it has ended', async () => {
  const other = await agent('agent-2');
  expect((await other.send({ agentId: 'agent-1', messages: [event(1)] })).status).toBe(403);
  expect((await other.send({ swarmId: 'swarm-2', messages: [event(1)] })).status).toBe(403);
  const one = await agent();
  await one.send({ ...OWNER, messages: [event(1)] });
  const access = gatewayAccess({ db: gateway.store.db, gatewayUrl: async () => gateway.url });
  await access.close(OWNER as AgentSpec, new Date().toISOString());
  expect((await one.send({ messages: [event(2)] })).status).toBe(401);
  expect(await kept()).toEqual([1]);
  await access.closeAll(OWNER.swarmId);
  expect(await kept()).toEqual([]);
});

test('who shows no token of an agent, or comes from a page, changes nothing', async () => {
  const url = `${gateway.url}/api/callback`;
  const body = JSON.stringify({ messages: [event(1)] });
  expect((await fetch(url, { method: 'POST', body })).status).toBe(401);
  expect(
    (
      await fetch(url, {
        method: 'POST',
        body,
        headers: { authorization: `Bearer drover-${'x'.repeat(32)}` },
      })
    ).status,
  ).toBe(401);
  const { token } = await gateway.agent(OWNER);
  const headers = { authorization: `Bearer ${token}`, origin: 'https://example.com' };
  expect((await fetch(url, { method: 'POST', body, headers })).status).toBe(403);
  expect(await kept()).toEqual([]);
});

test('a message larger than a log line can be is refused', async () => {
  const { send } = await agent();
  const data = { text: 'x'.repeat(300_000) };
  expect((await send({ messages: [{ sequence: 1, kind: 'event', data }] })).status).toBe(413);
  expect(
    (await send({ messages: [{ sequence: 1, kind: 'event', data: { text: 'x'.repeat(5e6) } }] })).status,
  ).toBe(413);
  expect(await kept()).toEqual([]);
});
