/**
 * The supervisor's work: Temporal first, then Drover's own services, each kept running on its own. Agents are not its
 * business: their runners outlive the worker on purpose.
 */
import { identityOf } from '../../activities/process/identity.ts';
import type { Home } from '../../store/home.ts';
import { embeddedTarget, externalTarget, lazyConnection } from '../temporal/connect.ts';
import { ensureSearchAttributes, waitUntilHealthy } from '../temporal/namespace.ts';
import type { Environment } from '../../config/environment.ts';
import { LOOPBACK, type Ports } from '../temporal/server.ts';
import { Board } from './board.ts';
import { keepRunning } from './keep-running.ts';
import { logTail } from './logs.ts';
import { nodeService } from './node-service.ts';
import { buildId } from '../program.ts';
import { NODE_SERVICE_NAMES, NODE_SERVICES, type NodeServiceName } from './service-table.ts';
import type { ServiceState } from './services.ts';
import { settingsOf } from './settings.ts';
import { takeOver } from './takeover.ts';
import { addressOf, temporalService, type Adoption } from './temporal-service.ts';

export interface SuperviseOptions {
  readonly home: Home;
  readonly env: Environment;
  /** Program of the embedded server; absent when the user has a cluster. */
  readonly binary?: string;
  /** Of the embedded server: those that the user wants and no others. */
  readonly ports: Partial<Ports>;
  readonly say: (line: string) => void;
}

const READY_TIMEOUT_MS = 60_000;
/** A cluster that runs answers at once. */
const EXTERNAL_TIMEOUT_MS = 20_000;
const TEMPORAL_GRACE_MS = 8_000;

const firstBoard = async ({ home, env, binary, say }: SuperviseOptions): Promise<Board> => {
  const supervisor = identityOf(process.pid);
  if (supervisor === undefined) throw new Error('this process cannot identify itself');
  const starting: ServiceState = { state: 'starting', restarts: 0 };
  const { address, namespace } = binary === undefined ? externalTarget(env) : embeddedTarget('');
  return new Board(
    home,
    {
      supervisor,
      startedAt: new Date().toISOString(),
      build: await buildId(),
      settings: settingsOf(env),
      temporal: { kind: binary === undefined ? 'external' : 'embedded', address, namespace, ...starting },
      worker: starting,
      api: { ...starting, url: '' },
      gateway: { ...starting, url: '' },
    },
    say,
  );
};

/** A cluster of the user's own is only looked at. */
const checkExternal = async (env: Environment, stop: AbortSignal): Promise<void> => {
  const target = externalTarget(env);
  const connection = lazyConnection(target);
  try {
    const { namespace, address } = target;
    if (!(await waitUntilHealthy(connection, namespace, EXTERNAL_TIMEOUT_MS, () => stop.aborted)))
      throw new Error(`Temporal at ${address} does not answer for namespace ${namespace}`);
    await ensureSearchAttributes(connection, namespace);
  } finally {
    await connection.close();
  }
};

/** Resolves when `stop` is aborted and all services have ended. */
export const supervise = async (options: SuperviseOptions, stop: AbortSignal): Promise<void> => {
  const { home, env, binary, say } = options;
  const adopt: Adoption | undefined = await takeOver(home, {
    embedded: binary !== undefined,
    temporalGraceMs: TEMPORAL_GRACE_MS,
    say,
  });
  const board = await firstBoard(options);
  board.setTemporal({
    state: 'starting',
    restarts: 0,
    ...(adopt === undefined ? {} : { process: adopt.identity }),
  });
  await board.written;

  const stopped = new Promise<void>((resolve) => {
    if (stop.aborted) resolve();
    stop.addEventListener('abort', () => resolve(), { once: true });
  });
  const temporalReady = Promise.withResolvers<void>();
  // Temporal ends last, so that the worker can still hand back what it holds.
  const stopTemporal = new AbortController();
  const onTemporal = (state: ServiceState): void => {
    board.setTemporal(state);
    if (state.state === 'running') temporalReady.resolve();
  };

  const keepTemporal = async (embedded: string): Promise<void> => {
    const service = temporalService({
      home,
      env,
      binary: embedded,
      wanted: options.ports,
      ...(adopt === undefined ? {} : { adopt }),
      onPorts: (ports) =>
        board.setTemporalFacts({ address: addressOf(ports), uiUrl: `http://${LOOPBACK}:${ports.uiPort}` }),
    });
    await keepRunning(
      {
        ...service,
        readyTimeoutMs: READY_TIMEOUT_MS,
        graceMs: TEMPORAL_GRACE_MS,
        tail: () => logTail(home, 'temporal'),
        onState: onTemporal,
        say: (line) => say(`temporal: ${line}`),
      },
      stopTemporal.signal,
    );
  };

  const lookAtExternal = async (): Promise<void> => {
    try {
      await checkExternal(env, stop);
      onTemporal({ state: 'running', restarts: 0 });
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      onTemporal({ state: 'failed', restarts: 0, problem });
    }
  };

  const keepService = async (name: NodeServiceName): Promise<void> => {
    await Promise.race([temporalReady.promise, stopped]);
    const service = nodeService({
      name,
      home,
      env,
      onUrl: (url) => board.setUrl(name, url),
      ...(binary === undefined ? {} : { temporalAddress: board.services.temporal.address }),
    });
    await keepRunning(
      {
        ...service,
        readyTimeoutMs: READY_TIMEOUT_MS,
        graceMs: NODE_SERVICES[name].graceMs,
        tail: () => logTail(home, name),
        onState: (state) => board.setService(name, state),
        say: (line) => say(`${name}: ${line}`),
      },
      stop,
    );
  };

  const temporal = binary === undefined ? lookAtExternal() : keepTemporal(binary);
  await Promise.all([...NODE_SERVICE_NAMES.map(keepService), stopped]);
  stopTemporal.abort();
  await temporal;
  await board.remove();
};
