/** Budgets hold: over real HTTP, on real databases, with many agents at once, and across the death of the gateway. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { costMicros } from '../../domain/models/cost.ts';
import { readSpending, setLimit } from '../../store/budgets.ts';
import { openStore, type StorePlace } from '../../store/database.ts';
import { reserveCall, settleAbandoned, settleCall, type OpenCall } from '../../store/model-calls.ts';
import { usageOfAgent } from '../../store/model-usage.ts';
import { message, MODEL, PRICE, startGateway, type TestGateway } from '../support/gateway.ts';
import { answerEvents, refusal, startProvider, stream, type Provider } from '../support/provider.ts';
import { postgresIsHere, startPostgres, type Postgres } from '../support/postgres.ts';
import { temporaryDirectory } from '../support/repository.ts';

let root: string;
let postgres: Postgres | undefined;
beforeAll(async () => {
  root = await temporaryDirectory('drover-budget');
  if (postgresIsHere) postgres = await startPostgres();
});
afterAll(async () => {
  await postgres?.stop();
  await rm(root, { recursive: true, force: true });
});

let provider: Provider | undefined;
let gateway: TestGateway | undefined;
afterEach(async () => {
  await gateway?.close();
  await provider?.close();
  gateway = undefined;
  provider = undefined;
});

let files = 0;
const all: readonly [string, () => Promise<StorePlace>][] = [
  ['SQLite', async () => ({ file: join(root, `ledger-${files++}.db`) })],
  ['PostgreSQL', async () => ({ file: join(root, 'unused.db'), url: (await postgres?.database()) ?? '' })],
];
const kinds = all.filter(([name]) => name === 'SQLite' || postgresIsHere);

/** How one scripted answer goes: its size as shares of what is allowed, and its fate. */
interface Fate {
  readonly input: number;
  readonly cached: number;
  readonly output: number;
  readonly ends: 'whole' | 'cut' | 'broken' | 'refused' | 'overloaded';
}
const fate = fc.record<Fate>({
  input: fc.double({ min: 0, max: 1, noNaN: true }),
  cached: fc.double({ min: 0, max: 1, noNaN: true }),
  output: fc.double({ min: 0, max: 1, noNaN: true }),
  ends: fc.constantFrom('whole', 'whole', 'whole', 'whole', 'cut', 'broken', 'refused', 'overloaded'),
});
const AGENTS = 50;

describe.each(kinds)('on %s', (_, place) => {
  test('50 agents at once with calls of any size never pass the budget by a cent', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2_000, max: 400_000 }),
        fc.array(
          fc.record({
            words: fc.integer({ min: 1, max: 3_000 }),
            maxTokens: fc.integer({ min: 1, max: 4_000 }),
          }),
          {
            minLength: AGENTS,
            maxLength: AGENTS,
          },
        ),
        fc.array(fate, { minLength: 7, maxLength: 40 }),
        async (budgetMicros, sizes, fates) => {
          let billed = 0;
          const made = await startProvider(({ body }, response, index) => {
            const { input, cached, output, ends } = fates[index % fates.length]!;
            if (ends === 'refused') return refusal(response, 400);
            if (ends === 'overloaded') return refusal(response, 529, { 'retry-after': '0' });
            if (ends === 'broken') return void response.destroy();
            const text = JSON.stringify(body);
            const bytes = Buffer.byteLength(text);
            const usage = {
              input: Math.floor(bytes * input * (1 - cached)),
              cacheWrite: Math.floor(bytes * input * cached),
              output: Math.max(1, Math.floor(Number(body['max_tokens']) * output)),
            };
            billed += costMicros(
              {
                inputTokens: usage.input,
                outputTokens: usage.output,
                cacheReadTokens: 0,
                cacheWriteTokens: usage.cacheWrite,
                cacheWriteHourTokens: 0,
              },
              PRICE,
            );
            const events = answerEvents.anthropic(MODEL, 'x', usage);
            if (ends === 'whole') return stream(response, events);
            response.writeHead(200, { 'content-type': 'text/event-stream' });
            response.write(events.slice(0, 2).join(''), () => response.destroy());
          });
          const running = await startGateway(made.url, {
            place: await place(),
            patience: { holdMs: 300, pollMs: 20 },
          });
          try {
            await Promise.all(
              sizes.map(async ({ words, maxTokens }, index) => {
                const { anthropic, token } = await running.agent({ agentId: `agent-${index}`, budgetMicros });
                for (let turn = 0; turn < 2; turn += 1) {
                  const content = 'word '.repeat(words);
                  const answer = await message(anthropic, token, {
                    max_tokens: maxTokens,
                    messages: [{ role: 'user', content }],
                  });
                  await answer.text().catch(() => '');
                }
              }),
            );
            const spending = await readSpending(running.store.db, 'swarm-1');
            const { usage, open } = await usageOfAgent(running.store.db, 'swarm-1');
            expect(running.errors).toEqual([]);
            expect(open).toBe(0);
            expect(spending?.reservedMicros).toBe(0);
            expect(spending?.spentMicros).toBeLessThanOrEqual(budgetMicros);
            // What was billed for answers that never came is in the ledger as well, at its worst case.
            expect(billed).toBeLessThanOrEqual(spending?.spentMicros ?? 0);
            expect(Math.round(usage.costUsd * 1_000_000)).toBe(spending?.spentMicros);
          } finally {
            await running.close();
            await made.close();
          }
        },
      ),
      { numRuns: 4, endOnFailure: true },
    );
  });

  const call = (id: string, reservedMicros: number): OpenCall => ({
    id,
    swarmId: 'swarm-1',
    agentId: 'agent-0',
    taskId: 'task-0',
    gateway: 'gateway-that-dies',
    family: 'anthropic',
    model: MODEL,
    billed: true,
    priced: true,
    reservedMicros,
    leaseMs: 3_600_000,
  });

  test('a call whose gateway died counts once, at its worst case, also when its end is told twice', async () => {
    gateway = await startGateway('http://127.0.0.1:9', { place: await place() });
    await gateway.agent({ budgetMicros: 1_000 });
    const { db } = gateway.store;
    expect(await reserveCall(db, call('a', 300))).toEqual({ kind: 'reserved' });
    expect(await reserveCall(db, call('b', 400))).toEqual({ kind: 'reserved' });
    expect(await reserveCall(db, call('c', 400))).toMatchObject({ kind: 'refused', budget: 'swarm' });
    await settleCall(db, 'b', { state: 'done', costMicros: 100 });
    expect(await settleCall(db, 'b', { state: 'done', costMicros: 100 })).toBeUndefined();
    // A gateway of another host looks through them: this one's lease still runs.
    expect(await settleAbandoned(db, 'another-gateway')).toBe(0);
    expect(await settleAbandoned(db, 'gateway-that-dies')).toBe(1);
    expect(await settleAbandoned(db, 'gateway-that-dies')).toBe(0);
    expect(await readSpending(db, 'swarm-1')).toMatchObject({
      limitMicros: 1_000,
      spentMicros: 400,
      reservedMicros: 0,
    });
  });
});

describe('a budget that is used up', () => {
  const costly = { input: 100, output: 90 };
  const start = async (patience: { holdMs: number }): Promise<TestGateway> => {
    provider = await startProvider((_, response) =>
      stream(response, answerEvents.anthropic(MODEL, 'x', costly)),
    );
    gateway = await startGateway(provider.url, { patience: { pollMs: 20, ...patience } });
    return gateway;
  };

  test('lets agents wait, and go on as soon as it is raised', async () => {
    const { agent, store, news } = await start({ holdMs: 60_000 });
    const { anthropic, token } = await agent({ budgetMicros: 100 });
    const waiting = message(anthropic, token);
    while (news.length === 0) await sleep(10);
    expect(news[0]).toMatchObject({ kind: 'reached', swarmId: 'swarm-1', spending: { limitMicros: 100 } });
    expect(provider?.requests).toHaveLength(0);
    await setLimit(store.db, 'swarm-1', 1_000_000);
    expect((await waiting).status).toBe(200);
  });

  test('tells agents that waited for long to come again, in words of which they know that it is no failure', async () => {
    const { agent } = await start({ holdMs: 100 });
    const { anthropic, token } = await agent({ budgetMicros: 100 });
    const answer = await message(anthropic, token);
    expect([answer.status, answer.headers.get('retry-after'), answer.headers.get('x-should-retry')]).toEqual([
      429,
      '30',
      'true',
    ]);
    expect(await answer.json()).toMatchObject({
      error: { type: 'rate_limit_error', message: expect.stringContaining('A person was asked') },
    });
  });

  test('is announced when four fifths of it are spent', async () => {
    const used = { input: 2_000, output: 90 };
    provider = await startProvider((_, response) =>
      stream(response, answerEvents.anthropic(MODEL, 'x', used)),
    );
    gateway = await startGateway(provider.url, { patience: { pollMs: 20, holdMs: 100 } });
    const { anthropic, token } = await gateway.agent({ budgetMicros: 60_000 });
    const spend = async (): Promise<string> => (await message(anthropic, token, { max_tokens: 90 })).text();
    // 4,900 micro-dollars each: 9 of them are 44,100 and 10 are 49,000.
    for (let calls = 0; calls < 9; calls += 1) await spend();
    expect(gateway.news).toEqual([]);
    await spend();
    expect(gateway.news).toEqual([expect.objectContaining({ kind: 'warning', swarmId: 'swarm-1' })]);
  });

  test('of one agent ends that agent alone', async () => {
    const { agent } = await start({ holdMs: 10_000 });
    const poor = await agent({ agentId: 'agent-1', limitMicros: 100 });
    const rich = await agent({ agentId: 'agent-2' });
    const answer = await message(poor.anthropic, poor.token);
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('limit of agent-1');
    expect((await message(rich.anthropic, rich.token)).status).toBe(200);
  });

  test('is not mistaken for one that is only reserved by calls under way', async () => {
    const gate = Promise.withResolvers<void>();
    provider = await startProvider(async (_, response, index) => {
      if (index === 0) await gate.promise;
      stream(response, answerEvents.anthropic(MODEL, 'x', { input: 10, output: 1 }));
    });
    gateway = await startGateway(provider.url, { patience: { pollMs: 20, holdMs: 30_000 } });
    const { anthropic, token } = await gateway.agent({ budgetMicros: 50_000 });
    const large = { max_tokens: 3_000 };
    const first = message(anthropic, token, large);
    while (provider.requests.length === 0) await sleep(10);
    const second = message(anthropic, token, large);
    await sleep(100);
    expect(gateway.news).toEqual([]);
    gate.resolve();
    expect([(await first).status, (await second).status]).toEqual([200, 200]);
  });
});

test('a store that is opened again has the ledger it had', async () => {
  const at = { file: join(root, 'again.db') };
  gateway = await startGateway('http://127.0.0.1:9', { place: at });
  await gateway.agent({ budgetMicros: 5 });
  const again = await openStore(at);
  expect(await readSpending(again.db, 'swarm-1')).toMatchObject({
    limitMicros: 5,
    spentMicros: 0,
    reservedMicros: 0,
  });
  await again.close();
});
