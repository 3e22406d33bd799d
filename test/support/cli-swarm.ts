/** A home with services, repositories in it, and plans whose agents wait for a file: what tests of the CLI need. */
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SwarmView, TaskView, Decision } from '../../domain/swarm/swarm.ts';
import { json, runCli, type CliEnvironment } from './cli.ts';
import { makeRepository, temporaryDirectory } from './repository.ts';

export interface Status {
  readonly view: SwarmView;
  readonly tasks: readonly TaskView[];
  readonly decisions: readonly Decision[];
  readonly fixers: readonly { readonly agentId: string; readonly taskId: string }[];
}

export interface CliStage {
  readonly directory: string;
  /** Where commands run: a new repository each time it is asked for. */
  repository(): Promise<CliEnvironment>;
  readonly services: CliEnvironment;
  close(): Promise<void>;
}

/** Agents outlive the services: what a failed test left running is ended first. */
const cancelAll = async (services: CliEnvironment): Promise<void> => {
  const running = async (): Promise<readonly string[]> =>
    (await json<{ swarms: { id: string; running: boolean }[] }>(services, 'status')).swarms
      .filter((swarm) => swarm.running)
      .map((swarm) => swarm.id);
  for (const id of await running()) await runCli(services, 'cancel', id);
  for (const end = Date.now() + 30_000; Date.now() < end && (await running()).length > 0;) await sleep(500);
};

export const openStage = async (): Promise<CliStage> => {
  const directory = await temporaryDirectory('drover-cli');
  const home = join(directory, 'home');
  const services: CliEnvironment = { home, cwd: directory };
  const up = await runCli(services, 'up');
  if (up.code !== 0) throw new Error(`drover up ended with ${up.code}: ${up.stderr}`);
  let count = 0;
  return {
    directory,
    services,
    repository: async () => {
      const cwd = join(directory, `repository-${++count}`);
      await makeRepository(cwd, { 'README.md': '# Project\n', 'src/a.txt': 'a\n', 'src/b.txt': 'b\n' });
      return { home, cwd };
    },
    close: async () => {
      await cancelAll(services);
      await runCli(services, 'down');
      await rm(directory, { recursive: true, force: true });
    },
  };
};

export interface PlannedTask {
  readonly id: string;
  readonly command: string;
  readonly dependsOn?: readonly string[];
  readonly retries?: number;
  readonly timeout?: number;
}

/** Writes `plan.yml` beside the repository, so that the checkout stays clean. @returns its path */
export const writePlan = async (
  { cwd }: CliEnvironment,
  tasks: readonly PlannedTask[],
  goal = 'Test the command line',
): Promise<string> => {
  const path = `${cwd}.plan.json`;
  await writeFile(path, JSON.stringify({ goal, tasks: tasks.map((task) => ({ title: task.id, ...task })) }));
  return path;
};

/** A file that agents wait for. */
export interface Barrier {
  /** Shell that waits for it. */
  readonly wait: string;
  open(): Promise<void>;
}

export const barrier = async ({ cwd }: CliEnvironment, name = 'go'): Promise<Barrier> => {
  const path = join(`${cwd}.barriers`, name);
  await mkdir(join(path, '..'), { recursive: true });
  return { wait: `while [ ! -e '${path}' ]; do sleep 0.05; done`, open: () => writeFile(path, '') };
};

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

export const statusOf = (here: CliEnvironment, swarmId: string): Promise<Status> =>
  json<Status>(here, 'status', swarmId);

/** Asks for the status until it is as `hopedFor`. */
export const untilStatus = async (
  here: CliEnvironment,
  swarmId: string,
  hopedFor: (status: Status) => boolean,
  timeoutMs = 60_000,
): Promise<Status> => {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const status = await statusOf(here, swarmId);
    if (hopedFor(status)) return status;
    if (Date.now() > end) throw new Error(`not in time: ${JSON.stringify(status, undefined, 1)}`);
    await sleep(100);
  }
};

export const inPhase =
  (phase: SwarmView['phase']) =>
  ({ view }: Status): boolean =>
    view.phase === phase;

/** Starts a swarm without following it. @returns its id */
export const detached = async (here: CliEnvironment, ...args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await runCli(here, 'run', '--executor', 'command', '--detach', ...args);
  if (code !== 0) throw new Error(`drover run ended with ${code}: ${stderr}`);
  return stdout.trim();
};
