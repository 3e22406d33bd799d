/** The worker as a service. It says over its channel when it polls. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Home } from '../../store/home.ts';
import type { Environment } from '../../config/environment.ts';
import { cacheDirectory } from '../temporal/places.ts';
import { withLog } from './logs.ts';
import { startedProcess, type ServiceProcess } from './process.ts';
import { WORKER_ENTRY } from '../program.ts';
import { serviceMarker } from './left-behind.ts';

export interface WorkerServiceOptions {
  readonly home: Home;
  readonly env: Environment;
  /** Of the embedded server; absent when the worker shall read the user's settings. */
  readonly temporalAddress?: string;
}

export interface WorkerService {
  readonly launch: () => Promise<ServiceProcess>;
  readonly ready: (process: ServiceProcess) => Promise<void>;
}

export const READY_MESSAGE = 'ready';

export const workerService = ({ home, env, temporalAddress }: WorkerServiceOptions): WorkerService => {
  const readiness = new WeakMap<ServiceProcess, Promise<void>>();

  const launch = async (): Promise<ServiceProcess> =>
    withLog(home, 'worker', (log) => {
      const child = spawn(process.execPath, [WORKER_ENTRY], {
        cwd: home.root,
        env: {
          ...env,
          DROVER_HOME: home.root,
          // A worker that was killed is back sooner: a quarter of its start is compiling modules.
          NODE_COMPILE_CACHE: join(cacheDirectory(env), 'node'),
          ...(temporalAddress === undefined ? {} : { DROVER_EMBEDDED_TEMPORAL: temporalAddress }),
          ...serviceMarker(home, 'worker'),
        },
        detached: true,
        stdio: ['ignore', log, log, 'ipc'],
      });
      const started = startedProcess(child);
      const ready = new Promise<void>((resolve) => {
        child.on('message', (message) => {
          if (message === READY_MESSAGE) resolve();
        });
      });
      readiness.set(started, ready);
      return started;
    });

  return { launch, ready: (process) => readiness.get(process) ?? Promise.resolve() };
};
