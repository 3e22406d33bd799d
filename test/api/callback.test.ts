/** Agents on other machines report over `/api/callback`: the real gateway's server, real HTTP, a real store. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { reportTaker } from '../../activities/kubernetes/take-reports.ts';
import { callbackHandler } from '../../api/callback/handler.ts';
import { gatewayAccess } from '../../activities/model/access.ts';
import type { AgentResult, AgentSpec } from '../../domain/agents/agent.ts';
import { readCallbacks } from '../../store/callbacks.ts';
import type { AgentDirectory } from '../../store/home.ts';
import { createUplink } from '../../workers/pod/uplink.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { temporaryDirectory } from '../support/repository.ts';

let gateway: TestGateway;
/** Whether the answer to the next request gets lost. */
let lose: () => boolean;
beforeEach(async () => {
  lose = () => false;
  gateway = await startGateway('http://127.0.0.1:9', {
    serve: {
      routes: {
        '/api/callback': async (request, response) => {
          const isLost = lose();
          await callbackHandler(gateway.store.db)(request, isLost ? new ServerResponse(request) : response);
          if (isLost) request.socket.destroy();
        },
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

test('closing words of any length come back whole, also when answers are lost and the worker dies while it takes them', async () => {
  const directory = await temporaryDirectory();
  const at = (name: string): string => join(directory, name);
  const into = {
    root: directory,
    events: at('taken.jsonl'),
    answer: at('taken.md'),
    result: at('taken.json'),
  };
  const take = () => reportTaker(gateway.store.db, into as AgentDirectory, OWNER)();
  try {
    const lines = [1, 2].map((number) => JSON.stringify(event(number).data));
    await writeFile(at('events.jsonl'), `${lines.join('\n')}\n`);
    const answer = `x${'🦊\u0001"\n'.repeat(120_000)}the end\n`;
    const { token } = await gateway.agent(OWNER);
    let calls = 0;
    lose = () => calls++ % 2 === 1;
    const said: string[] = [];
    const uplink = createUplink({
      url: `${gateway.url}/api/callback`,
      token,
      file: at('events.jsonl'),
      onRefused: () => undefined,
      say: (line) => said.push(line),
    });
    const result = { version: 1, agentId: OWNER.agentId, outcome: 'completed', summary: 'the end' };
    expect(await uplink.finish(result as AgentResult, answer)).toBe(true);
    expect(said).not.toEqual([]);
    // What a worker has written that died before it could say so.
    await writeFile(into.answer, 'half a pa');
    await take();
    await take();
    expect((await readFile(into.answer, 'utf8')) === answer).toBe(true);
    expect(await readFile(into.events, 'utf8')).toBe(`${lines.join('\n')}\n`);
    expect(JSON.parse(await readFile(into.result, 'utf8'))).toEqual(result);
  } finally {
    await rm(directory, { recursive: true });
  }
});
