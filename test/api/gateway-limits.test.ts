/** Rate limits, refusals and silence of a provider, as agents behind the gateway meet them. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { readSpending } from '../../store/budgets.ts';
import { usageOfAgent } from '../../store/model-usage.ts';
import { message, MODEL, startGateway, type TestGateway } from '../support/gateway.ts';
import { answerEvents, refusal, startProvider, stream, type Provider } from '../support/provider.ts';

let provider: Provider;
let gateway: TestGateway;
const start = async (
  answer: Parameters<typeof startProvider>[0],
  patience: NonNullable<Parameters<typeof startGateway>[1]>['patience'] = {},
): Promise<void> => {
  provider = await startProvider(answer);
  gateway = await startGateway(provider.url, { patience });
};
afterEach(async () => {
  await gateway.close();
  await provider.close();
});

const events = answerEvents.anthropic(MODEL, 'Hello.', { input: 10, output: 5 });
const text = async (answer: Promise<Response>): Promise<string> => (await answer).text();

describe('when a provider limits the rate', () => {
  test.each([429, 529])(
    '%i with retry-after is waited out for the agent, which sees an answer and no failure',
    async (status) => {
      const times: number[] = [];
      await start((_, response, index) => {
        times.push(Date.now());
        if (index === 0) refusal(response, status, { 'retry-after': '1' });
        else stream(response, events);
      });
      const { anthropic, token } = await gateway.agent();
      expect(await text(message(anthropic, token))).toContain('message_stop');
      expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(1_000);
      // What was refused cost nothing and is no call of the agent's.
      expect((await usageOfAgent(gateway.store.db, 'swarm-1')).usage).toMatchObject({
        calls: 1,
        inputTokens: 10,
      });
    },
  );

  test('the others wait as well, instead of running into it one by one', async () => {
    const times: number[] = [];
    await start((_, response, index) => {
      times.push(Date.now());
      if (index === 0) refusal(response, 429, { 'retry-after': '1' });
      else stream(response, events);
    });
    const first = await gateway.agent({ agentId: 'agent-1' });
    const second = await gateway.agent({ agentId: 'agent-2' });
    const calls = [text(message(first.anthropic, first.token))];
    while (provider.requests.length === 0) await sleep(5);
    await sleep(50);
    calls.push(text(message(second.anthropic, second.token)));
    await Promise.all(calls);
    expect(provider.requests).toHaveLength(3);
    expect(Math.min(times[1]!, times[2]!) - times[0]!).toBeGreaterThanOrEqual(1_000);
  });

  test('a wait that is longer than patience is handed on, with its length', async () => {
    await start((_, response) => refusal(response, 429, { 'retry-after': '7200' }), { holdMs: 5_000 });
    const { anthropic, token } = await gateway.agent();
    const answer = await message(anthropic, token);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '7200']);
    // Agents show the words of a refusal, and not its headers.
    expect(await answer.text()).toContain('scripted 429 (try again in 7200 s)');
  });

  test('a limit learned from headers holds calls back before they are refused', async () => {
    const times: number[] = [];
    await start((_, response) => {
      times.push(Date.now());
      response.setHeader('anthropic-ratelimit-requests-limit', '1');
      response.setHeader('anthropic-ratelimit-requests-remaining', '0');
      response.setHeader('anthropic-ratelimit-requests-reset', new Date(Date.now() + 1_000).toISOString());
      stream(response, events);
    });
    const { anthropic, token } = await gateway.agent();
    await text(message(anthropic, token));
    await text(message(anthropic, token));
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(900);
  });

  test('agents take turns: one with many calls does not hold up one with a single call', async () => {
    const order: string[] = [];
    await start(({ body }, response, index) => {
      order.push(JSON.stringify(body['messages']).includes('many') ? 'many' : 'single');
      if (index === 0) refusal(response, 429, { 'retry-after': '1' });
      else stream(response, events);
    });
    const busy = await gateway.agent({ agentId: 'agent-1' });
    const quiet = await gateway.agent({ agentId: 'agent-2' });
    const ask = (agent: typeof busy, content: string): Promise<string> =>
      text(message(agent.anthropic, agent.token, { messages: [{ role: 'user', content }] }));
    const all = [ask(busy, 'many')];
    while (provider.requests.length === 0) await sleep(5);
    for (let index = 0; index < 8; index += 1) all.push(ask(busy, 'many'));
    await sleep(200);
    all.push(ask(quiet, 'single'));
    await Promise.all(all);
    expect(order.indexOf('single')).toBeLessThanOrEqual(3);
  });
});

describe('when a provider fails', () => {
  test('a stream that falls silent is ended, and counts as its worst case', async () => {
    await start(
      (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(events.slice(0, 3).join(''));
      },
      { stallMs: 300 },
    );
    const { anthropic, token } = await gateway.agent({ budgetMicros: 1_000_000 });
    await expect(text(message(anthropic, token))).rejects.toThrow('terminated');
    expect(await provider.requests[0]?.closed).toBe('cut');
    const spending = await readSpending(gateway.store.db, 'swarm-1');
    expect(spending).toMatchObject({ reservedMicros: 0 });
    expect(spending?.spentMicros).toBeGreaterThan(100 * 10);
  });

  test.each([400, 404, 500])('%i is handed on as it is and costs nothing', async (status) => {
    await start((_, response) => refusal(response, status, { 'request-id': 'r1' }));
    const { anthropic, token } = await gateway.agent({ budgetMicros: 1_000_000 });
    const answer = await message(anthropic, token);
    expect([answer.status, answer.headers.get('request-id')]).toEqual([status, 'r1']);
    expect(await answer.text()).toContain(`scripted ${status}`);
    expect(await readSpending(gateway.store.db, 'swarm-1')).toMatchObject({
      spentMicros: 0,
      reservedMicros: 0,
    });
  });

  test('one that cannot be reached is tried a few times, then the agent is told to come again', async () => {
    await start((_, response) => stream(response, events), { holdMs: 100 });
    const { anthropic, token } = await gateway.agent({ budgetMicros: 1_000_000 });
    await provider.close();
    const answer = await message(anthropic, token);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([529, '5']);
    expect(await readSpending(gateway.store.db, 'swarm-1')).toMatchObject({
      spentMicros: 0,
      reservedMicros: 0,
    });
  });
});

test('of a wave of agents with one prompt, one goes first and warms the cache', async () => {
  const gate = Promise.withResolvers<void>();
  await start(async (_, response, index) => {
    if (index > 0) return stream(response, events);
    // The headers come before the prompt has been read.
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    await gate.promise;
    response.end(events.join(''));
    return undefined;
  });
  const system = [{ type: 'text', text: 'rules '.repeat(1_000), cache_control: { type: 'ephemeral' } }];
  const agents = await Promise.all([1, 2, 3, 4].map((index) => gateway.agent({ agentId: `agent-${index}` })));
  const calls = agents.map(({ anthropic, token }) => text(message(anthropic, token, { system })));
  while (provider.requests.length === 0) await sleep(10);
  await sleep(300);
  expect(provider.requests).toHaveLength(1);
  gate.resolve();
  await Promise.all(calls);
  expect(provider.requests).toHaveLength(4);
});
