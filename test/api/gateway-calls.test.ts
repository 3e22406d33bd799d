/** Calls of agents through the gateway, over real HTTP, to a provider whose model is scripted. */
import { afterEach, describe, expect, test } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { requestHeaders, responseHeaders } from '../../api/gateway/headers.ts';
import { asMetered } from '../../api/swarm-costs.ts';
import { usageBy, usageOfAgent } from '../../store/model-usage.ts';
import { revokeTokens } from '../../store/agent-tokens.ts';
import { message, MODEL, REAL_KEY, startGateway, type TestGateway } from '../support/gateway.ts';
import { answerEvents, refusal, startProvider, stream, type Provider } from '../support/provider.ts';
import { setTimeout as sleep } from 'node:timers/promises';

let provider: Provider;
let gateway: TestGateway;
const start = async (
  answer: Parameters<typeof startProvider>[0],
  options: Parameters<typeof startGateway>[1] = {},
): Promise<void> => {
  provider = await startProvider(answer);
  gateway = await startGateway(provider.url, options);
};
afterEach(async () => {
  await gateway?.close();
  await provider?.close();
  gateway = undefined!;
  provider = undefined!;
});

const USAGE = { input: 1_000, output: 100, cacheRead: 50_000, cacheWrite: 2_000 };
/** At the prices of the test: 2, 10, 0.1 and 2.5 dollars per million tokens. */
const COST = 1_000 * 2 + 100 * 10 + 50_000 * 0.1 + 2_000 * 2.5;
const hello = (_: unknown, response: ServerResponse): void =>
  stream(response, answerEvents.anthropic(MODEL, 'Hello.', USAGE));

describe('an agent with a token', () => {
  test('gets the answer of the model, and the provider sees the key and nothing of the agent', async () => {
    await start(hello);
    const { anthropic, token } = await gateway.agent();
    const answer = await message(
      anthropic,
      token,
      {},
      {
        headers: {
          'x-api-key': token,
          authorization: `Bearer ${token}`,
          cookie: 'agent=1',
          'x-forwarded-for': '10.0.0.1',
          'anthropic-version': '2023-06-01',
          'anthropic-beta': 'some-feature',
        },
      },
    );
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe(answerEvents.anthropic(MODEL, 'Hello.', USAGE).join(''));
    const [seen] = provider.requests;
    expect(seen?.headers).toMatchObject({
      'x-api-key': REAL_KEY,
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'some-feature',
    });
    expect(JSON.stringify(seen?.headers)).not.toContain(token);
    expect(Object.keys(seen?.headers ?? {})).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/cookie|forwarded|authorization/)]),
    );
    expect(gateway.errors).toEqual([]);
  });

  test('has headers that are for one connection only kept on that connection', () => {
    const headers = {
      connection: 'keep-alive, X-Private',
      'x-private': 'hop',
      'transfer-encoding': 'chunked',
      'set-cookie': ['a=1'],
      'request-id': 'kept',
    };
    expect(requestHeaders(headers, { ownLogin: false })).toEqual({
      'request-id': 'kept',
      'set-cookie': ['a=1'],
      'accept-encoding': 'identity',
    });
    expect(responseHeaders(headers)).toEqual({ 'request-id': 'kept' });
  });

  test('gets each part of a stream when it comes, not when the answer has ended', async () => {
    const gate = Promise.withResolvers<void>();
    await start(async (_, response) => {
      const events = answerEvents.anthropic(MODEL, 'Hello.', USAGE);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(events.slice(0, 3).join(''));
      await gate.promise;
      response.end(events.slice(3).join(''));
    });
    const { anthropic, token } = await gateway.agent();
    const reader = (await message(anthropic, token)).body!.getReader();
    const first = await reader.read();
    expect(Buffer.from(first.value ?? []).toString()).toContain('message_start');
    gate.resolve();
    let rest = '';
    for (let part = await reader.read(); !part.done; part = await reader.read())
      rest += Buffer.from(part.value).toString();
    expect(rest).toContain('message_stop');
  });

  test('has what it used in the ledger by the time it has read the answer', async () => {
    await start(hello);
    const { anthropic, token } = await gateway.agent({ agentId: 'agent-3' });
    await (await message(anthropic, token)).text();
    await (await message(anthropic, token, { stream: true })).text();
    const { usage, open } = await usageOfAgent(gateway.store.db, 'swarm-1', 'agent-3');
    expect(open).toBe(0);
    expect(await usageBy(gateway.store.db, 'model')).toEqual([{ name: MODEL, usage }]);
    expect(await usageBy(gateway.store.db, 'agent_id', 'swarm-1')).toEqual([{ name: 'agent-3', usage }]);
    expect(await usageBy(gateway.store.db, 'agent_id', 'another')).toEqual([]);
    // What an agent says of itself, such as one call for a whole run, counts only where no call was seen.
    const agents = ['agent-3', 'agent-4'].map((agentId) => ({
      agentId,
      taskId: 'a',
      usage: { ...usage, calls: 7 },
    }));
    expect((await asMetered(gateway.store.db, 'swarm-1', agents)).map((one) => one.usage.calls)).toEqual([
      usage.calls,
      7,
    ]);
    expect(usage).toEqual({
      inputTokens: 2_000,
      outputTokens: 200,
      cacheReadTokens: 100_000,
      cacheWriteTokens: 4_000,
      calls: 2,
      costUsd: (2 * COST) / 1_000_000,
      costIncomplete: false,
    });
  });

  test('is counted the same with an answer that comes as a whole', async () => {
    await start((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ type: 'message', content: [], usage: { input_tokens: 10, output_tokens: 5 } }),
      );
    });
    const { anthropic, token } = await gateway.agent();
    const answer = await message(anthropic, token, { stream: false });
    expect(await answer.json()).toMatchObject({ type: 'message' });
    const { usage } = await usageOfAgent(gateway.store.db, 'swarm-1');
    expect(usage).toMatchObject({ inputTokens: 10, outputTokens: 5, calls: 1 });
  });

  test('speaks OpenAI Responses, chat completions and Gemini, each counted by its own numbers', async () => {
    const used = { input: 1_000, output: 100, cacheRead: 500 };
    await start(({ url, body }, response) => {
      const name = url.includes('gemini') ? 'gemini' : url.includes('chat') ? 'chat' : 'responses';
      stream(response, answerEvents[name](String(body['model']), 'Hello.', used));
    });
    const { openai, gemini, token } = await gateway.agent();
    const post = async (url: string, headers: Record<string, string>, body: object): Promise<void> => {
      const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
      expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('Hello.')]);
    };
    const bearer = { authorization: `Bearer ${token}` };
    await post(`${openai}/responses`, bearer, { model: 'gpt-5.5', input: 'hello', stream: true });
    await post(`${openai}/chat/completions`, bearer, { model: 'gpt-5.5', messages: [], stream: true });
    const path = '/v1beta/models/gemini-2.5-pro:streamGenerateContent';
    await post(`${gemini}${path}?alt=sse`, { 'x-goog-api-key': token }, { contents: [] });
    await post(`${gemini}${path}?alt=sse&key=${token}`, {}, { contents: [] });
    expect(provider.requests.map(({ url }) => url)).toEqual([
      '/v1/responses',
      '/v1/chat/completions',
      `${path}?alt=sse`,
      `${path}?alt=sse`,
    ]);
    // What bounds the cost and tells the usage is added where the client left it out.
    expect(provider.requests[0]?.body).toMatchObject({ max_output_tokens: 32_000 });
    expect(provider.requests[1]?.body).toMatchObject({
      max_completion_tokens: 32_000,
      stream_options: { include_usage: true },
    });
    expect(provider.requests[2]?.body).toMatchObject({ generationConfig: { maxOutputTokens: 32_000 } });
    expect(
      provider.requests.map(({ headers }) => headers.authorization ?? headers['x-goog-api-key']),
    ).toEqual([`Bearer ${REAL_KEY}`, `Bearer ${REAL_KEY}`, REAL_KEY, REAL_KEY]);
    const { usage } = await usageOfAgent(gateway.store.db, 'swarm-1');
    expect(usage).toMatchObject({
      calls: 4,
      inputTokens: 4_000,
      outputTokens: 400,
      cacheReadTokens: 2_000,
      costUsd: (4 * (1_000 * 2 + 100 * 10 + 500 * 0.1)) / 1_000_000,
    });
  });

  test('that goes away takes its call with it, which then counts as its worst case', async () => {
    await start((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(answerEvents.anthropic(MODEL, 'Hello.', USAGE).slice(0, 3).join(''));
    });
    const { anthropic, token } = await gateway.agent();
    const leaving = new AbortController();
    const reader = (await message(anthropic, token, {}, { signal: leaving.signal })).body!.getReader();
    await reader.read();
    leaving.abort();
    expect(await provider.requests[0]?.closed).toBe('cut');
    for (let tries = 0; tries < 200; tries += 1) {
      if ((await usageOfAgent(gateway.store.db, 'swarm-1')).open === 0) break;
      await sleep(50);
    }
    const { usage, open } = await usageOfAgent(gateway.store.db, 'swarm-1');
    expect([open, usage.calls]).toEqual([0, 1]);
    // All the output it might have had, and its input as if none of it came from a cache.
    expect(usage.costUsd * 1_000_000).toBeGreaterThan(100 * 10);
  });

  test('may list models and count tokens at no cost', async () => {
    await start((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"input_tokens":3}');
    });
    const { anthropic, token } = await gateway.agent({ budgetMicros: 1 });
    const counted = await fetch(`${anthropic}/v1/messages/count_tokens`, {
      method: 'POST',
      headers: { 'x-api-key': token },
      body: JSON.stringify({ model: MODEL, messages: [] }),
    });
    expect(await counted.json()).toEqual({ input_tokens: 3 });
    const listed = await fetch(`${anthropic}/v1/models?limit=5`, { headers: { 'x-api-key': token } });
    expect(listed.status).toBe(200);
    expect(provider.requests[1]?.url).toBe('/v1/models?limit=5');
  });

  test('with a login of its own has it passed on and costs the swarm nothing', async () => {
    await start(hello);
    const { ownLogin, token } = await gateway.agent({ budgetMicros: 1 });
    const answer = await message(
      ownLogin.anthropic,
      token,
      {},
      {
        headers: { authorization: 'Bearer login-of-the-person' },
      },
    );
    expect(await answer.text()).toContain('message_stop');
    expect(provider.requests[0]?.headers.authorization).toBe('Bearer login-of-the-person');
    expect(JSON.stringify(provider.requests[0]?.headers)).not.toContain(REAL_KEY);
    const { usage } = await usageOfAgent(gateway.store.db, 'swarm-1');
    expect(usage).toMatchObject({ calls: 1, inputTokens: 1_000, costUsd: 0 });
  });

  test('may give its token in the path alone and is metered as ever', async () => {
    await start(hello);
    const { ownLogin, token } = await gateway.agent();
    const answer = await message(ownLogin.anthropic, token, {}, { headers: {} });
    expect(await answer.text()).toContain('message_stop');
    expect(provider.requests[0]?.headers['x-api-key']).toBe(REAL_KEY);
  });
});

describe('the gateway refuses', () => {
  const refused = async (answer: Response): Promise<unknown> => [answer.status, await answer.json()];
  const error = (text: string): object => ({
    type: 'error',
    error: { type: expect.any(String), message: expect.stringContaining(text) },
  });

  test('who has no token, another one, or one whose agent has ended', async () => {
    await start(hello);
    const { anthropic, token } = await gateway.agent();
    for (const wrong of ['', 'drover-nobody', `${token}x`, REAL_KEY])
      expect(await refused(await message(anthropic, wrong))).toEqual([401, error('token')]);
    await (await message(anthropic, token)).text();
    await revokeTokens(gateway.store.db, 'swarm-1', 'agent-0');
    expect(await refused(await message(anthropic, token))).toEqual([401, error('token')]);
    expect(provider.requests).toHaveLength(1);
  });

  test('models that the agent may not use, or whose price nobody knows', async () => {
    await start(hello);
    const { anthropic, token } = await gateway.agent({ models: [MODEL] });
    expect(await refused(await message(anthropic, token, { model: 'gpt-5.5' }))).toEqual([
      403,
      error('may not use'),
    ]);
    const free = await gateway.agent({ agentId: 'agent-1' });
    expect(await refused(await message(anthropic, free.token, { model: 'unheard-of' }))).toEqual([
      403,
      error('price'),
    ]);
    expect((await message(anthropic, token, { model: `${MODEL}-20261101` })).status).toBe(200);
    expect(provider.requests).toHaveLength(1);
  });

  test('calls whose cost it cannot bound', async () => {
    await start(hello);
    const { anthropic, token } = await gateway.agent();
    for (const body of [
      { tools: [{ type: 'web_search_20260101', name: 'web_search' }] },
      { mcp_servers: [{ url: 'http://x' }] },
      { speed: 'fast' },
      { max_tokens: '100' },
      { max_tokens: -1 },
    ])
      expect(await refused(await message(anthropic, token, body))).toEqual([400, error('cost')]);
    expect(provider.requests).toHaveLength(0);
  });

  test('other paths than those of models, whatever way they are written', async () => {
    await start(hello);
    const { anthropic, openai, gemini, token } = await gateway.agent();
    for (const url of [
      `${anthropic}/v1/organizations/api_keys`,
      `${anthropic}/v1/messages/batches`,
      `${anthropic}/v1/messages/../files`,
      `${anthropic}/v1/messages%2f..%2ffiles`,
      `${openai}/files`,
      `${gemini}/v1beta/models/x:predict`,
    ]) {
      const answer = await fetch(url, { method: 'POST', headers: { 'x-api-key': token }, body: '{}' });
      expect([url, answer.status]).toEqual([url, 404]);
    }
    expect(provider.requests).toHaveLength(0);
  });

  test('requests that are too long, and pages in a browser', async () => {
    await start(hello);
    const { anthropic, token } = await gateway.agent();
    const long = await fetch(`${anthropic}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': token },
      body: Buffer.alloc(33 * 1024 * 1024, 0x20),
    }).then(
      (answer) => answer.status,
      () => 413,
    );
    expect(long).toBe(413);
    const page = await message(
      anthropic,
      token,
      {},
      {
        headers: { 'x-api-key': token, origin: 'https://evil.example' },
      },
    );
    expect(page.status).toBe(403);
    expect(provider.requests).toHaveLength(0);
  });

  test('to show the words of a provider that refuses the key', async () => {
    await start((_, response) => refusal(response, 401, {}, `Incorrect API key provided: ${REAL_KEY}`));
    const { anthropic, token } = await gateway.agent();
    const answer = await message(anthropic, token);
    const text = await answer.text();
    expect(answer.status).toBe(401);
    expect(text).not.toContain(REAL_KEY);
    expect(text).toContain('drover up');
  });

  test('to call without a key, and says what to set', async () => {
    await start(hello, { withoutKeys: true });
    const { anthropic, token } = await gateway.agent();
    expect(await refused(await message(anthropic, token))).toEqual([403, error('ANTHROPIC_API_KEY')]);
  });
});

describe('what the gateway tells about itself', () => {
  test('is calls, tokens and costs for Prometheus, without agents, tokens and keys', async () => {
    await start(hello);
    const { anthropic, token } = await gateway.agent();
    await (await message(anthropic, token)).text();
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(metrics).toContain(`drover_model_calls_total{family="anthropic",model="${MODEL}",status="200"} 1`);
    expect(metrics).toContain(
      `drover_model_cost_dollars_total{family="anthropic",model="${MODEL}"} ${COST / 1e6}`,
    );
    expect(metrics).not.toMatch(new RegExp(`agent-0|${token}|${REAL_KEY}`));
    expect(gateway.logged).toEqual([
      expect.objectContaining({ agentId: 'agent-0', status: 200, costMicros: COST }),
    ]);
    expect(JSON.stringify(gateway.logged)).not.toMatch(new RegExp(`${token}|${REAL_KEY}`));
  });
});
