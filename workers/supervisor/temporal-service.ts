/** The embedded Temporal server as a service: its ports, taking it over, when it is ready. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { RunnerClaim } from '../../domain/agents/agent.ts';
import { readIfThere, replaceFile } from '../../store/files.ts';
import type { Home } from '../../store/home.ts';
import { embeddedTarget, lazyConnection } from '../temporal/connect.ts';
import { ensureSearchAttributes, isHealthy, raiseRetention } from '../temporal/namespace.ts';
import type { Environment } from '../../config/environment.ts';
import {
  choosePorts,
  LOOPBACK,
  preferredPorts,
  serverEnvironment,
  startServer,
  type Ports,
} from '../temporal/server.ts';
import { listensOn } from './listening.ts';
import { withLog } from './logs.ts';
import { adoptedProcess, startedProcess, type ServiceProcess } from './process.ts';
import { serviceMarker } from './left-behind.ts';

export interface Adoption {
  readonly identity: RunnerClaim;
  readonly ports: Ports;
}

export interface TemporalServiceOptions {
  readonly home: Home;
  readonly binary: string;
  readonly env: Environment;
  /** Ports that the user wants and no others. */
  readonly wanted: Partial<Ports>;
  /** A server that an earlier supervisor left behind, healthy on these ports. */
  readonly adopt?: Adoption;
  readonly onPorts: (ports: Ports) => void;
}

export interface TemporalService {
  readonly launch: () => Promise<ServiceProcess>;
  readonly ready: (process: ServiceProcess) => Promise<void>;
}

const READY_POLL_MS = 50;
const PortsFile = z.object({ port: z.number().int(), uiPort: z.number().int() });

export const addressOf = (ports: Ports): string => `${LOOPBACK}:${ports.port}`;

const portsFile = (home: Home): string => join(home.temporalDirectory, 'ports.json');

/** The ports that this home had last time, so that links into the Web UI keep working. */
export const recordedPorts = async (home: Home): Promise<Ports | undefined> => {
  const text = await readIfThere(portsFile(home));
  try {
    return text === undefined ? undefined : PortsFile.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
};

const portsFor = async (home: Home, wanted: Partial<Ports>): Promise<Ports> => {
  const ports = await choosePorts({ ...preferredPorts(home), ...(await recordedPorts(home)), ...wanted });
  for (const [name, variable] of [
    ['port', 'DROVER_TEMPORAL_PORT'],
    ['uiPort', 'DROVER_UI_PORT'],
  ] as const)
    if (wanted[name] !== undefined && wanted[name] !== ports[name])
      throw new Error(`port ${wanted[name]} is in use by another program; unset ${variable} or change it`);
  return ports;
};

/** Does the process answer as a Temporal server on these ports? */
export const answersOn = async (identity: RunnerClaim, ports: Ports): Promise<boolean> => {
  if (!listensOn(identity.pid, ports.port)) return false;
  const target = embeddedTarget(addressOf(ports));
  const connection = lazyConnection(target);
  try {
    return await isHealthy(connection, target.namespace);
  } finally {
    await connection.close();
  }
};

const prepareNamespace = async (ports: Ports): Promise<void> => {
  const target = embeddedTarget(addressOf(ports));
  const connection = lazyConnection(target);
  try {
    await ensureSearchAttributes(connection, target.namespace);
    await raiseRetention(connection, target.namespace);
  } finally {
    await connection.close();
  }
};

export const temporalService = (options: TemporalServiceOptions): TemporalService => {
  const { home } = options;
  let adopt = options.adopt;
  let ports = adopt?.ports;
  // Until the server has been ready once its ports are a guess; from then on clients know them.
  let proven = adopt !== undefined;

  const launch = async (): Promise<ServiceProcess> => {
    if (adopt !== undefined) {
      const adopted = adoptedProcess(adopt.identity);
      options.onPorts(adopt.ports);
      adopt = undefined;
      return adopted;
    }
    if (ports === undefined || !proven) ports = await portsFor(home, options.wanted);
    options.onPorts(ports);
    const given = { ...ports, databaseFile: join(home.temporalDirectory, 'temporal.db') };
    mkdirSync(home.temporalDirectory, { recursive: true });
    return withLog(home, 'temporal', (log) =>
      startedProcess(
        startServer(
          options.binary,
          given,
          { ...serverEnvironment(options.env), ...serviceMarker(home, 'temporal') },
          log,
        ),
      ),
    );
  };

  const ready = async ({ identity }: ServiceProcess): Promise<void> => {
    if (identity === undefined || ports === undefined) throw new Error('it ended at once');
    while (!(await answersOn(identity, ports))) await sleep(READY_POLL_MS);
    if (proven) return;
    await prepareNamespace(ports);
    await replaceFile(portsFile(home), JSON.stringify(ports));
    proven = true;
  };

  return { launch, ready };
};
