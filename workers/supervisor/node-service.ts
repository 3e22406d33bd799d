/** One of Drover's own processes as a service. It says over its channel when it does its work. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Home } from '../../store/home.ts';
import type { Environment } from '../../config/environment.ts';
import { cacheDirectory } from '../temporal/places.ts';
import { LOOPBACK } from '../temporal/server.ts';
import { withLog } from './logs.ts';
import { startedProcess, type ServiceProcess } from './process.ts';
import { serviceMarker } from './left-behind.ts';
import { handSecrets, withoutSecrets } from './secrets.ts';
import { chooseServicePort, recordServicePort } from './service-ports.ts';
import { NODE_SERVICES, type NodeServiceName, type NodeServiceRow } from './service-table.ts';

export interface NodeServiceOptions {
  readonly name: NodeServiceName;
  readonly home: Home;
  readonly env: Environment;
  /** Of the embedded server; absent when the service shall read the user's settings. */
  readonly temporalAddress?: string;
  /** Tells where a service that listens is to be found. */
  readonly onUrl: (url: string) => void;
}

export interface NodeService {
  readonly launch: () => Promise<ServiceProcess>;
  readonly ready: (process: ServiceProcess) => Promise<void>;
}

export const READY_MESSAGE = 'ready';

export const nodeService = ({ name, home, env, temporalAddress, onUrl }: NodeServiceOptions): NodeService => {
  const row: NodeServiceRow = NODE_SERVICES[name];
  const { port: rule } = row;
  const readiness = new WeakMap<ServiceProcess, Promise<void>>();
  let port: number | undefined;
  // Until the service has been ready once its port is a guess; from then on clients know it.
  let proven = false;

  const launch = async (): Promise<ServiceProcess> => {
    if (rule !== undefined && !proven) {
      const wanted = Number(env[rule.variable] ?? '');
      port = await chooseServicePort(home, name, rule, wanted > 0 ? wanted : undefined);
      onUrl(`http://${LOOPBACK}:${port}`);
    }
    return withLog(home, name, (log) => {
      const child = spawn(process.execPath, [...row.nodeArguments, row.entry], {
        cwd: home.root,
        env: {
          ...row.variables,
          ...withoutSecrets(env),
          DROVER_HOME: home.root,
          // A service that was killed is back sooner: a quarter of its start is compiling modules.
          NODE_COMPILE_CACHE: join(cacheDirectory(env), 'node'),
          ...(port === undefined ? {} : { DROVER_SERVICE_PORT: String(port) }),
          ...(temporalAddress === undefined ? {} : { DROVER_EMBEDDED_TEMPORAL: temporalAddress }),
          ...serviceMarker(home, name),
        },
        detached: true,
        stdio: ['pipe', log, log, 'ipc'],
      });
      handSecrets(child, env, row.secrets);
      const started = startedProcess(child);
      const ready = new Promise<void>((resolve) => {
        child.on('message', (message) => {
          if (message === READY_MESSAGE) resolve();
        });
      });
      readiness.set(started, ready);
      return started;
    });
  };

  const ready = async (process: ServiceProcess): Promise<void> => {
    await readiness.get(process);
    if (port === undefined || proven) return;
    await recordServicePort(home, name, port);
    proven = true;
  };

  return { launch, ready };
};
