/**
 * Drover as its users have it, for tests and benches: a `DROVER_HOME` of its own, the built CLI, the services that
 * `drover up` starts. Each of their processes can be killed alone. What is left at the end is found and reported.
 */
import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect, type DroverClient } from '../../api/client.ts';
import { startSwarm } from '../../api/start-swarm.ts';
import type { SwarmHandle } from '../../api/swarm-handle.ts';
import { DEFAULTS } from '../../config/defaults.ts';
import type { DeliveryRequest } from '../../domain/delivery/delivery.ts';
import type { Plan, Task } from '../../domain/plan/plan.ts';
import type { SwarmSettings } from '../../domain/swarm/settings.ts';
import type { SwarmOutcome } from '../../domain/swarm/swarm.ts';
import { homeAt, type Home } from '../../store/home.ts';
import { recordedServices, type Services } from '../../workers/supervisor/services.ts';
import { embeddedTarget } from '../../workers/temporal/connect.ts';
import { temporaryDirectory } from './repository.ts';

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type ServiceName = 'temporal' | 'worker' | 'api' | 'gateway' | 'supervisor';

export interface Drover {
  /** Holds the home and whatever the test puts there; removed at the end. */
  readonly root: string;
  readonly home: Home;
  /** Runs one command of the built CLI to its end. */
  cli(args: readonly string[], options?: { cwd?: string; env?: Record<string, string> }): Promise<CliResult>;
  /** Starts services or waits for them, with `env` added to their environment. */
  up(env?: Record<string, string>): Promise<void>;
  /** From now on the CLI is the one of this checkout, whose `up` replaces the services of an earlier release. */
  upgrade(): Promise<void>;
  services(): Promise<Services>;
  pid(service: ServiceName): Promise<number>;
  /** Sends the signal to that one process. @returns its pid */
  kill(service: ServiceName, signal?: NodeJS.Signals): Promise<number>;
  client(): Promise<DroverClient>;
  /** Starts a swarm of `command` agents with an approved plan; nothing is asked unless `settings` says so. */
  start(
    repository: string,
    tasks: readonly Task[],
    settings?: Partial<SwarmSettings>,
    options?: { readonly approve?: boolean; readonly delivery?: DeliveryRequest },
  ): Promise<SwarmHandle>;
  /** Ends everything and removes the root. @throws when a process was left */
  close(): Promise<void>;
}

/** Nothing is asked: what would be a question to a person ends the swarm. */
export const QUIET_SETTINGS: SwarmSettings = {
  ...DEFAULTS,
  executor: 'command',
  portsPerAgent: 0,
  retries: 0,
  gates: { plan: 'auto', task: 'fail', conflict: 'fail', build: 'fail', test: 'fail', phase: 'fail' },
};

const run = (
  args: readonly string[],
  env: Record<string, string | undefined>,
  cwd: string,
): Promise<CliResult> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...args], { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });

/** Living processes that work for the home: it is in their environment, or they stand in it. */
const processesOf = async (root: string): Promise<number[]> => {
  const pids = (await readdir('/proc')).filter(
    (name) => /^[0-9]+$/.test(name) && Number(name) !== process.pid,
  );
  const belongs = async (pid: string): Promise<boolean> => {
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
    const directory = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    return environment.includes(root) || directory.startsWith(root);
  };
  const found = await Promise.all(pids.map(async (pid) => ((await belongs(pid)) ? [Number(pid)] : [])));
  return found.flat();
};

const describe = async (pid: number): Promise<string> =>
  `${pid} ${(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => 'gone')).replaceAll('\0', ' ')}`;

/** @returns what was left, in words; all of it is ended */
const endProcesses = async (root: string): Promise<string[]> => {
  const left: string[] = [];
  for (let pids = await processesOf(root); pids.length > 0; pids = await processesOf(root)) {
    for (const pid of pids) {
      left.push(await describe(pid));
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
    await sleep(50);
  }
  return left;
};

/** Environment of the services: this process's, without what belongs to the test run or the developer. */
const cleanEnvironment = (): Record<string, string | undefined> => {
  const {
    TEMPORAL_ADDRESS: _,
    TEMPORAL_PROFILE: __,
    ANTHROPIC_API_KEY: ___,
    NODE_OPTIONS: ____,
    ...rest
  } = process.env;
  return rest;
};

/** @param released gives the CLI of an earlier release, which is put into the directory that it is called with */
export const startDrover = async (
  env: Record<string, string> = {},
  released?: (directory: string) => Promise<string>,
): Promise<Drover> => {
  const root = await temporaryDirectory();
  let program = released === undefined ? CLI : await released(join(root, 'release'));
  const home = homeAt(join(root, 'home'));
  await mkdir(home.root);
  let added = env;
  let client: DroverClient | undefined;

  const cli: Drover['cli'] = (args, options = {}) =>
    run(
      [program, ...args],
      { ...cleanEnvironment(), DROVER_HOME: home.root, ...added, ...options.env },
      options.cwd ?? root,
    );
  const services = async (): Promise<Services> => {
    const found = await recordedServices(home);
    if (found === undefined) throw new Error(`no services are recorded in ${home.upFile}`);
    return found;
  };
  const pid = async (name: ServiceName): Promise<number> => {
    const found = await services();
    const identity = name === 'supervisor' ? found.supervisor : found[name].process;
    if (identity === undefined) throw new Error(`the ${name} does not run`);
    return identity.pid;
  };
  const connected = async (): Promise<DroverClient> => {
    client ??= await connect(embeddedTarget((await services()).temporal.address), home);
    return client;
  };

  const drover: Drover = {
    root,
    home,
    cli,
    services,
    pid,
    up: async (more = {}) => {
      added = { ...env, ...more };
      const { code, stderr } = await cli(['up']);
      if (code !== 0) throw new Error(`drover up ended with ${code}: ${stderr}`);
    },
    upgrade: async () => {
      program = CLI;
      await drover.up();
    },
    kill: async (name, signal = 'SIGKILL') => {
      const target = await pid(name);
      process.kill(target, signal);
      return target;
    },
    client: connected,
    start: async (repository, tasks, settings = {}, { approve = true, delivery } = {}) => {
      const plan: Plan = { goal: 'try what Drover promises', summary: '', tasks };
      return startSwarm(await connected(), {
        goal: plan.goal,
        repository,
        plan,
        settings: { ...QUIET_SETTINGS, ...settings },
        approve,
        ...(delivery === undefined ? {} : { delivery }),
      });
    },
    close: async () => {
      await client?.close();
      await cli(['down']);
      const left = await endProcesses(root);
      await rm(root, { recursive: true, force: true });
      if (left.length > 0) throw new Error(`left running:\n${left.join('\n')}`);
    },
  };
  try {
    await drover.up();
  } catch (error) {
    await endProcesses(root);
    throw error;
  }
  return drover;
};

/** Waits until `what` gives something. @throws after `seconds` */
export const until = async <T>(
  what: () => Promise<T | undefined | false>,
  seconds: number,
  described: string,
): Promise<T> => {
  const end = Date.now() + seconds * 1_000;
  for (;;) {
    const value = await what();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`after ${seconds} s still not: ${described}`);
    await sleep(50);
  }
};

/** Waits for the end of the swarm and says why it is not completed, if it is not. */
export const completed = async (swarm: SwarmHandle): Promise<SwarmOutcome> => {
  const outcome = await swarm.outcome();
  if (outcome.phase !== 'completed')
    throw new Error(`swarm ${swarm.id} ${outcome.phase}: ${outcome.reason ?? 'no reason given'}`);
  return outcome;
};
