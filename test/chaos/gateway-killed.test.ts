/**
 * The gateway's own process is killed by SIGKILL in the middle of streams, right after reserving, right before and
 * right after settling: no call is lost or counted twice, and the budget is never passed.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { costMicros } from '../../domain/models/cost.ts';
import { grantToken } from '../../store/agent-tokens.ts';
import { openBudget, readSpending } from '../../store/budgets.ts';
import { openStore, type Store } from '../../store/database.ts';
import { usageOfAgent } from '../../store/model-usage.ts';
import { homeAt } from '../../store/home.ts';
import { message, MODEL, PRICE, REAL_KEY } from '../support/gateway.ts';
import { answerEvents, startProvider, type Provider } from '../support/provider.ts';
import { temporaryDirectory } from '../support/repository.ts';

const ENTRY = fileURLToPath(new URL('../../dist/api/gateway/main.js', import.meta.url));
const BUDGET_MICROS = 90_000;
const USAGE = { input: 500, output: 60 };
const AGENTS = 6;
const GIVE_UP_MS = 10_000;

let root: string;
let store: Store;
let provider: Provider;
let gateway: ChildProcess | undefined;
/** Of answers whose end the provider sent. */
let billed: number;

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
};

beforeEach(async () => {
  root = await temporaryDirectory('drover-gateway-killed');
  store = await openStore({ file: homeAt(root).databaseFile });
  billed = 0;
  provider = await startProvider(async (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of answerEvents.anthropic(MODEL, 'x', USAGE)) {
      await sleep(15);
      if (response.destroyed) return;
      response.write(event);
    }
    response.end();
    billed += costMicros(
      {
        inputTokens: USAGE.input,
        outputTokens: USAGE.output,
        cacheReadTokens: 0,
        cacheWriteTokens: 0,
        cacheWriteHourTokens: 0,
      },
      PRICE,
    );
  });
});
afterEach(async () => {
  gateway?.kill('SIGKILL');
  await provider.close();
  await store.close();
  await rm(root, { recursive: true, force: true });
});

const start = async (port: number, env: Readonly<Record<string, string>> = {}): Promise<ChildProcess> => {
  const started = spawn(process.execPath, [ENTRY], {
    env: {
      PATH: process.env['PATH'],
      DROVER_HOME: root,
      DROVER_SERVICE_PORT: String(port),
      // Nobody is told of the budget here.
      TEMPORAL_ADDRESS: '127.0.0.1:9',
      ANTHROPIC_API_KEY: REAL_KEY,
      ANTHROPIC_BASE_URL: provider.url,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  gateway = started;
  let said = '';
  started.stdout?.on('data', (text: Buffer) => (said += text.toString()));
  started.stderr?.on('data', (text: Buffer) => (said += text.toString()));
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined);
    if (answer?.ok === true) return started;
    if (started.exitCode !== null) throw new Error(`the gateway ended: ${said}`);
    await sleep(50);
  }
};

/** Empty when the gateway died; what waits for money is given up. */
const answerText = async (port: number, token: string): Promise<string> => {
  try {
    const signal = AbortSignal.timeout(GIVE_UP_MS);
    return await (await message(`http://127.0.0.1:${port}/anthropic`, token, {}, { signal })).text();
  } catch {
    return '';
  }
};

/** One round: every agent makes calls, one after the other. @returns how many came back whole */
const calls = async (port: number, tokens: readonly string[], each: number): Promise<number> => {
  const whole = await Promise.all(
    tokens.map(async (token) => {
      let good = 0;
      for (let index = 0; index < each; index += 1) {
        if ((await answerText(port, token)).includes('message_stop')) good += 1;
      }
      return good;
    }),
  );
  return whole.reduce((sum, one) => sum + one, 0);
};

const opened = async (): Promise<readonly string[]> => {
  await openBudget(store.db, {
    swarmId: 's',
    limitMicros: BUDGET_MICROS,
    rules: { prices: { [MODEL]: PRICE }, unknownModels: false, models: [] },
  });
  return Promise.all(
    Array.from({ length: AGENTS }, (_, index) =>
      grantToken(store.db, { swarmId: 's', agentId: `agent-${index}`, taskId: 't', models: [] }),
    ),
  );
};

/** What must hold once a gateway runs that has cleared up after the killed one. */
const expectRightSums = async (whole: number): Promise<void> => {
  const spending = await readSpending(store.db, 's');
  const { usage, open } = await usageOfAgent(store.db, 's');
  const rows = await store.db.selectFrom('model_calls').select(['state', 'cost_micros']).execute();
  expect(open).toBe(0);
  expect(spending?.reservedMicros).toBe(0);
  expect(spending?.spentMicros).toBe(rows.reduce((sum, row) => sum + row.cost_micros, 0));
  expect(Math.round(usage.costUsd * 1_000_000)).toBe(spending?.spentMicros);
  expect(spending?.spentMicros).toBeLessThanOrEqual(BUDGET_MICROS);
  expect(billed).toBeLessThanOrEqual(spending?.spentMicros ?? 0);
  expect(rows.filter(({ state }) => state === 'done').length).toBeGreaterThanOrEqual(whole);
};

describe('a gateway that is killed', () => {
  test.each(['reserve.after', 'settle.before', 'settle.after'])(
    'at %s loses no call and counts none twice',
    async (at) => {
      const tokens = await opened();
      const port = await freePort();
      const onceFile = join(root, 'crashed');
      const first = await start(port, {
        DROVER_TEST: '1',
        DROVER_CRASH_AT: at,
        DROVER_CRASH_ONCE_FILE: onceFile,
      });
      const ended = once(first, 'exit');
      const before = await calls(port, tokens, 1);
      expect((await ended)[1]).toBe('SIGKILL');
      await access(onceFile);
      await start(port);
      const after = await calls(port, tokens, 1);
      expect(after).toBe(AGENTS);
      await expectRightSums(before + after);
    },
    60_000,
  );

  test('in the middle of streams, again and again, never passes the budget', async () => {
    const tokens = await opened();
    const port = await freePort();
    let whole = 0;
    for (const pause of [40, 90, 150]) {
      const running = await start(port);
      const ended = once(running, 'exit');
      const made = calls(port, tokens, 2);
      await sleep(pause);
      running.kill('SIGKILL');
      await ended;
      whole += await made;
    }
    await start(port);
    whole += await calls(port, tokens.slice(0, 2), 1);
    await expectRightSums(whole);
  }, 90_000);
});
