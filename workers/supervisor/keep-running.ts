/** Keeps one service running: starts it, waits until it is ready, starts it again when it dies. */
import { setTimeout as sleep } from 'node:timers/promises';
import { endProcess, type ServiceProcess } from './process.ts';
import { nextStart, NO_DEATHS, type Deaths } from './restarts.ts';
import type { ServiceState } from './services.ts';

export interface ServiceSpec {
  readonly launch: () => Promise<ServiceProcess>;
  /** Resolves when the service works. Rejects, or never resolves, when it does not. */
  readonly ready: (process: ServiceProcess) => Promise<void>;
  readonly readyTimeoutMs: number;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  /** The end of its log. */
  readonly tail: () => Promise<string>;
  readonly onState: (state: ServiceState) => void;
  readonly say: (line: string) => void;
}

/** A launch that fails is a process that ended at once. */
const launch = async (spec: ServiceSpec): Promise<ServiceProcess> => {
  try {
    return await spec.launch();
  } catch (error) {
    return { exited: Promise.resolve(error instanceof Error ? error.message : String(error)) };
  }
};

/** Resolves when `stop` is aborted and the service has ended, or when it cannot be kept running. */
export const keepRunning = async (spec: ServiceSpec, stop: AbortSignal): Promise<void> => {
  const stopped = new Promise<'stopped'>((resolve) => {
    if (stop.aborted) resolve('stopped');
    stop.addEventListener('abort', () => resolve('stopped'), { once: true });
  });
  let deaths: Deaths = NO_DEATHS;
  for (let restarts = 0; !stop.aborted; restarts += 1) {
    const process = await launch(spec);
    const known = { restarts, ...(process.identity === undefined ? {} : { process: process.identity }) };
    spec.onState({ state: restarts === 0 ? 'starting' : 'restarting', ...known });
    const launched = Date.now();
    const start = await Promise.race([
      // First, so that the reason of a process that ended at once wins.
      process.exited,
      spec.ready(process).then(
        () => 'ready' as const,
        (error: unknown) => `not ready: ${String(error)}`,
      ),
      stopped,
      sleep(spec.readyTimeoutMs, `not ready after ${spec.readyTimeoutMs / 1_000} s`, { ref: false }),
    ]);
    const wasReady = start === 'ready';
    const readyAt = Date.now();
    if (wasReady) {
      spec.say(`ready after ${readyAt - launched} ms, pid ${process.identity?.pid}`);
      spec.onState({ state: 'running', ...known });
    }
    const end = wasReady ? await Promise.race([process.exited, stopped]) : start;
    if (stop.aborted) spec.onState({ state: 'stopping', ...known });
    if (process.identity !== undefined) await endProcess(process.identity, wasReady ? spec.graceMs : 0);
    if (stop.aborted) return;
    const next = nextStart(deaths, { wasReady, livedMs: Date.now() - readyAt });
    if (next.kind === 'giveUp') {
      spec.say(`gave up: ${end}`);
      spec.onState({ state: 'failed', restarts, problem: `${end}\n${await spec.tail()}`.trim() });
      return;
    }
    spec.say(`${end}; starting again in ${next.afterMs} ms`);
    spec.onState({ state: 'restarting', restarts: restarts + 1 });
    deaths = next.deaths;
    await Promise.race([sleep(next.afterMs), stopped]);
  }
};
