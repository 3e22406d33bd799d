/** P13: what the gateway adds to a call of a model, against the same calls to the same server without it. */
import { Agent, request } from 'node:http';
import { message, MODEL, startGateway } from '../test/support/gateway.ts';
import { answerEvents, startProvider, stream } from '../test/support/provider.ts';
import { median, timed, type Bench, type Figure } from './figure.ts';

const CALLS = 300;
const WARM_UP = 30;
const AT_ONCE = 16;
const GOAL_MS = 5;
const EVENTS = answerEvents.anthropic(MODEL, 'x'.repeat(2_000), { input: 500, output: 500 });
/** As large as the prompt of an agent in the middle of its work. */
const BODY = JSON.stringify({
  model: MODEL,
  max_tokens: 100,
  stream: true,
  messages: [{ role: 'user', content: 'word '.repeat(4_000) }],
});

interface Times {
  readonly firstMs: number;
  readonly wholeMs: number;
}

/** One call as a client with kept connections makes it: until the first byte of the answer, and until its end. */
const call = (base: string, token: string, agent: Agent): Promise<Times> =>
  new Promise((resolve, reject) => {
    const start = performance.now();
    let firstMs: number | undefined;
    const sent = request(
      `${base}/v1/messages`,
      { method: 'POST', agent, headers: { 'content-type': 'application/json', 'x-api-key': token } },
      (answer) => {
        if (answer.statusCode !== 200) reject(new Error(`answered with ${answer.statusCode}`));
        answer.on('data', () => (firstMs ??= performance.now() - start));
        answer.on('end', () => resolve({ firstMs: firstMs ?? 0, wholeMs: performance.now() - start }));
        answer.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(BODY);
  });

const throughput = async (make: () => Promise<unknown>): Promise<number> => {
  let left = CALLS;
  const { ms } = await timed(() =>
    Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (left-- > 0) await make();
      }),
    ),
  );
  return CALLS / (ms / 1_000);
};

export const bench: Bench = {
  id: 'P13',
  title: 'the gateway against a direct connection',
  async run(say) {
    const provider = await startProvider((_, response) => stream(response, EVENTS));
    const gateway = await startGateway(provider.url);
    const connections = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
    try {
      const { anthropic, token } = await gateway.agent({ budgetMicros: 1_000_000_000 });
      await (await message(anthropic, token)).text();
      const direct = (): Promise<Times> => call(provider.url, token, connections);
      const through = (): Promise<Times> => call(anthropic, token, connections);
      for (let index = 0; index < WARM_UP; index += 1) await Promise.all([direct(), through()]);
      say(`${CALLS} calls each way, in turns`);
      const plain: Times[] = [];
      const gated: Times[] = [];
      // In turns, so that whatever else the machine does falls on both.
      for (let index = 0; index < CALLS; index += 1) {
        plain.push(await direct());
        gated.push(await through());
      }
      const of = (times: readonly Times[], key: keyof Times): number => median(times.map((one) => one[key]));
      const added = (what: string, key: keyof Times): Figure => {
        const figure = of(gated, key) - of(plain, key);
        return {
          id: 'P13',
          what,
          figure,
          unit: 'ms added',
          baseline: { name: 'direct, ms', value: of(plain, key) },
          goal: `<= ${GOAL_MS} ms`,
          pass: figure <= GOAL_MS,
        };
      };
      say(`${CALLS} calls each way, ${AT_ONCE} at once`);
      const rate = { direct: await throughput(direct), through: await throughput(through) };
      return [
        added('the gateway: until the first byte, p50', 'firstMs'),
        added('the gateway: whole call, p50', 'wholeMs'),
        {
          id: 'P13',
          what: `the gateway: calls, ${AT_ONCE} at once, ledger included`,
          figure: rate.through,
          unit: 'calls/s',
          baseline: { name: 'direct', value: rate.direct },
          goal: '>= 50 calls/s',
          pass: rate.through >= 50,
        },
      ];
    } finally {
      connections.destroy();
      await gateway.close();
      await provider.close();
    }
  },
};
