/** What Prometheus reads: requests, live clients, swarms by phase, the process itself. */
import type { RequestHandler } from 'express';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { SwarmSummary } from '../list-swarms.ts';

export interface Metrics {
  /** Measures each request. */
  readonly measure: RequestHandler;
  readonly answer: RequestHandler;
}

const BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

export const createMetrics = (
  swarms: () => Promise<readonly SwarmSummary[]>,
  liveClients: () => number,
  waitingTasks: () => Promise<number | undefined>,
): Metrics => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'drover_http_request_seconds',
    help: 'Time to answer, by route',
    labelNames: ['method', 'route', 'status'],
    buckets: BUCKETS_S,
    registers: [registry],
  });
  const running = new Gauge({
    name: 'drover_swarms',
    help: 'Swarms by phase',
    labelNames: ['phase'],
    registers: [registry],
  });
  const waiting = new Gauge({
    name: 'drover_swarms_awaiting_decision',
    help: 'Swarms that wait for a person',
    registers: [registry],
  });
  const queued = new Gauge({
    name: 'drover_task_queue_backlog',
    help: 'Tasks of the queue of new swarms that no worker has taken yet; absent when Temporal does not tell',
    registers: [registry],
  });
  const live = new Gauge({
    name: 'drover_live_clients',
    help: 'Open event streams and WebSockets',
    registers: [registry],
  });
  return {
    measure: (request, response, next) => {
      const end = requests.startTimer();
      response.on('finish', () => {
        // Never the path itself: ids would make a series each.
        const route = (request.route as { path?: unknown } | undefined)?.path;
        end({
          method: request.method,
          route: typeof route === 'string' ? route : 'other',
          status: response.statusCode,
        });
      });
      next();
    },
    answer: async (_request, response) => {
      const all = await swarms();
      running.reset();
      for (const { phase } of all) running.inc({ phase });
      waiting.set(all.filter(({ awaitingDecision }) => awaitingDecision).length);
      live.set(liveClients());
      const tasks = await waitingTasks();
      if (tasks === undefined) queued.remove();
      else queued.set(tasks);
      response.type(registry.contentType).send(await registry.metrics());
    },
  };
};
