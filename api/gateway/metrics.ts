/** What the gateway tells Prometheus. Labels are few: no agent and no swarm, and models only once they are known. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { TokenCounts } from '../../domain/models/cost.ts';
import { toDollars } from '../../domain/models/money.ts';

export const createMetrics = (waiting: () => number) => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const calls = new Counter({
    name: 'drover_model_calls_total',
    help: 'Calls to models by what the provider answered; status 0 when there was no answer',
    labelNames: ['family', 'model', 'status'],
    registers,
  });
  const tokens = new Counter({
    name: 'drover_model_tokens_total',
    help: 'Tokens as the providers counted them',
    labelNames: ['family', 'model', 'kind'],
    registers,
  });
  const cost = new Counter({
    name: 'drover_model_cost_dollars_total',
    help: "Cost of the calls that were paid for with the gateway's keys",
    labelNames: ['family', 'model'],
    registers,
  });
  const refused = new Counter({
    name: 'drover_model_calls_refused_total',
    help: 'Calls that the gateway refused itself',
    labelNames: ['reason'],
    registers,
  });
  const firstByte = new Histogram({
    name: 'drover_model_first_byte_seconds',
    help: 'From the request of an agent to the first byte of its answer, waiting included',
    labelNames: ['family'],
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    registers,
  });
  const queue: Gauge = new Gauge({
    name: 'drover_model_calls_waiting',
    help: 'Calls that wait for room in a rate limit',
    registers,
    collect: (): void => queue.set(waiting()),
  });
  return {
    registry,
    called: (family: string, model: string, status: number) => calls.inc({ family, model, status }),
    used: (family: string, model: string, counts: TokenCounts, micros: number) => {
      tokens.inc({ family, model, kind: 'input' }, counts.inputTokens);
      tokens.inc({ family, model, kind: 'output' }, counts.outputTokens);
      tokens.inc({ family, model, kind: 'cache_read' }, counts.cacheReadTokens);
      tokens.inc({ family, model, kind: 'cache_write' }, counts.cacheWriteTokens);
      cost.inc({ family, model }, toDollars(micros));
    },
    refused: (reason: string) => refused.inc({ reason }),
    firstByte: (family: string, seconds: number) => firstByte.observe({ family }, seconds),
  };
};

export type Metrics = ReturnType<typeof createMetrics>;
