/** `drover up` and `drover down`: what every command of the CLI relies on before it talks to Temporal. */
import { spawn } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EnvironmentConfig } from '../../config/environment.ts';
import { isError, problemLine } from '../../config/problem.ts';
import type { RunnerClaim } from '../../domain/agents/agent.ts';
import { DroverFailure } from '../../domain/failures.ts';
import { isAlive, signalProcess } from '../../activities/process/identity.ts';
import type { Home } from '../../store/home.ts';
import { embeddedTarget, externalTarget, type TemporalTarget } from '../temporal/connect.ts';
import type { Environment } from '../../config/environment.ts';
import { encryptionOf } from '../temporal/encryption.ts';
import { isExternal, resolveTemporal } from '../temporal/resolve.ts';
import { loadWorkerEnvironment } from '../worker/settings.ts';
import { ALREADY_SUPERVISED, type Job } from './job.ts';
import { leftBehind } from './left-behind.ts';
import { logFile, logTail, withLog } from './logs.ts';
import { endProcess } from './process.ts';
import { buildId, SUPERVISOR_ENTRY } from '../program.ts';
import { handSecrets, withoutSecrets } from './secrets.ts';
import { NODE_SERVICE_NAMES, NODE_SERVICES } from './service-table.ts';
import { readServices, type Services } from './services.ts';
import { changedSettings } from './settings.ts';

export interface UpOptions {
  readonly home: Home;
  readonly env: Environment;
  readonly onProgress: (line: string) => void;
}

export interface DownOptions {
  readonly home: Home;
  readonly onProgress: (line: string) => void;
}

const SERVICE_NAMES = ['temporal', ...NODE_SERVICE_NAMES] as const;
const POLL_MS = 50;
const READY_TIMEOUT_MS = 120_000;
/** The longest grace, then Temporal's, and a little. */
const DOWN_TIMEOUT_MS = 30_000;
const LEFTOVER_GRACE_MS = 5_000;
const PROGRESS_EVERY_MS = 5_000;
const RETRY_MS = 300;

/** How to reach the Temporal server of these services. */
export const temporalTarget = ({ temporal }: Services, env: Environment): TemporalTarget => {
  const { kind, address, namespace } = temporal;
  // Keys and certificates are in the environment only; the address may be missing there meanwhile.
  return kind === 'embedded' ? embeddedTarget(address) : { ...externalTarget(env), address, namespace };
};

/** Why running services do not serve this call, or undefined when they do. */
const whyReplace = async (services: Services, env: Environment): Promise<string | undefined> => {
  if (services.build !== (await buildId())) return 'they run another build of Drover';
  if (isExternal(env) && services.temporal.kind === 'embedded')
    return 'they run their own Temporal server, and TEMPORAL_ADDRESS or TEMPORAL_PROFILE names another one';
  const changed = changedSettings(services.settings, env);
  if (changed.length > 0) return `they were started with another ${changed.join(', ')}`;
  const failed = SERVICE_NAMES.some((name) => services[name].state === 'failed');
  return failed ? 'they had failed' : undefined;
};

interface Started {
  /** Set when the supervisor ended, with its exit code. */
  ended?: number;
}

const startSupervisor = (home: Home, job: Job, env: Environment): Started => {
  const started: Started = {};
  withLog(home, 'supervisor', (log) => {
    const child = spawn(process.execPath, [SUPERVISOR_ENTRY, JSON.stringify(job)], {
      cwd: home.root,
      env: withoutSecrets(env),
      detached: true,
      stdio: ['pipe', log, log],
    });
    handSecrets(child, env);
    child.once('error', () => (started.ended = -1));
    child.once('exit', (code) => (started.ended = code ?? -1));
    child.unref();
  });
  return started;
};

const failedService = (home: Home, services: Services): DroverFailure | undefined => {
  for (const name of SERVICE_NAMES) {
    const { state, problem = '' } = services[name];
    if (state !== 'failed') continue;
    const title = name === 'temporal' ? 'The Temporal server' : NODE_SERVICES[name].title;
    return new DroverFailure('unavailable', `${title} does not start: ${problem}`, {
      hint: `its log is ${logFile(home, name)}; drover doctor checks this machine`,
    });
  }
  return undefined;
};

/** @returns undefined when no supervisor runs: it ended, was never there, or another one is just ending */
const waitUntilRunning = async (options: UpOptions, started?: Started): Promise<Services | undefined> => {
  const { home, onProgress } = options;
  const begin = Date.now();
  let nextReport = PROGRESS_EVERY_MS;
  for (let waited = 0; waited < READY_TIMEOUT_MS; waited = Date.now() - begin) {
    const services = await readServices(home);
    if (services !== undefined) {
      if (SERVICE_NAMES.every((name) => services[name].state === 'running')) return services;
      const failure = failedService(home, services);
      if (failure !== undefined) throw failure;
    } else if (started === undefined || started.ended === ALREADY_SUPERVISED) {
      return undefined;
    } else if (started.ended !== undefined) {
      throw new DroverFailure(
        'unavailable',
        `The supervisor ended with ${started.ended}:\n${await logTail(home, 'supervisor')}`,
        { hint: `its log is ${logFile(home, 'supervisor')}; drover doctor checks this machine` },
      );
    }
    if (waited >= nextReport) {
      const state = services === undefined ? 'supervisor starting' : describe(services);
      onProgress(`Waiting for the services (${Math.round(waited / 1_000)} s): ${state}`);
      nextReport += PROGRESS_EVERY_MS;
    }
    await sleep(POLL_MS);
  }
  throw new DroverFailure('unavailable', `The services were not ready after ${READY_TIMEOUT_MS / 1_000} s`, {
    hint: `see the logs in ${home.logsDirectory}, then drover down and drover up`,
  });
};

const describe = (services: Services): string =>
  SERVICE_NAMES.map((name) => `${name} ${services[name].state}`).join(', ');

/** The running services when they serve this call; ends them when they do not. */
const usableServices = async (options: UpOptions): Promise<Services | undefined> => {
  const running = await readServices(options.home);
  if (running === undefined) return undefined;
  const why = await whyReplace(running, options.env);
  if (why === undefined) return waitUntilRunning(options);
  options.onProgress(`Starting the services again: ${why}`);
  await down(options);
  return undefined;
};

/** What is wrong with the environment is told here, not by services that do not start. */
const readEnvironment = (env: Environment): EnvironmentConfig => {
  encryptionOf(env);
  const { config, problems } = loadWorkerEnvironment(env);
  const errors = problems.filter(isError);
  if (errors.length > 0)
    throw new DroverFailure('invalidInput', errors.map(problemLine).join('\n'), {
      hint: 'set these variables as it says, or unset them',
    });
  return config;
};

/** Starts what is not running and waits until everything is. Safe to call from several processes at once. */
export const ensureUp = async (options: UpOptions): Promise<Services> => {
  const { home, env, onProgress } = options;
  const { temporalPort, uiPort } = readEnvironment(env);
  const usable = await usableServices(options);
  if (usable !== undefined) return usable;
  const server = await resolveTemporal({ env, onProgress });
  await mkdir(home.root, { recursive: true });
  onProgress(
    server.kind === 'external'
      ? 'Starting Drover for the Temporal cluster of the environment'
      : `Starting Temporal ${server.binary.serverVersion} (${server.binary.path}) and Drover`,
  );
  const job: Job = {
    home: home.root,
    ports: {
      ...(temporalPort === undefined ? {} : { port: temporalPort }),
      ...(uiPort === undefined ? {} : { uiPort }),
    },
    ...(server.kind === 'binary' ? { binary: server.binary.path } : {}),
  };
  const end = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < end) {
    const services = await waitUntilRunning(options, startSupervisor(home, job, env));
    if (services !== undefined) return services;
    // Another supervisor holds the home but says nothing: it has just started or is just ending.
    await sleep(RETRY_MS);
  }
  throw new DroverFailure('unavailable', `Another supervisor holds ${home.root} and does not start`, {
    hint: `see ${logFile(home, 'supervisor')}, then drover down and drover up`,
  });
};

/**
 * Ends the services of `home`. Agents that run go on; the next `up` watches them again.
 * @returns false when nothing was running
 */
export const down = async (options: DownOptions): Promise<boolean> => {
  const { home, onProgress } = options;
  const services = await readServices(home);
  if (services !== undefined) {
    onProgress('Ending the services');
    signalProcess(services.supervisor, 'SIGTERM');
    const end = Date.now() + DOWN_TIMEOUT_MS;
    while (isAlive(services.supervisor) && Date.now() < end) await sleep(POLL_MS);
    await endProcess(services.supervisor, 0);
  }
  const leftovers: RunnerClaim[] = [];
  for (const name of [...NODE_SERVICE_NAMES, 'temporal'] as const)
    leftovers.push(...(await leftBehind(home, name)));
  for (const leftover of leftovers) await endProcess(leftover, LEFTOVER_GRACE_MS);
  await rm(home.upFile, { force: true });
  return services !== undefined || leftovers.length > 0;
};
