/**
 * A Drover home with one swarm, its hub and agents that are ready to run: what the activities around agents find
 * on a real host. Runners are real processes, started from source.
 */
import { readFile, rm, writeFile, mkdir } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ActivityCancellationDetails } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createAgentActivities } from '../../activities/agents/activities.ts';
import type { AgentActivities, AgentReport } from '../../activities/contract/agents.ts';
import type { LaunchDeps } from '../../activities/agents/launch.ts';
import { createWorkspace } from '../../activities/git/workspace.ts';
import { findMarked } from '../../activities/process/sweep.ts';
import type { AgentEvent, AgentResult, AgentSpec, RunnerClaim } from '../../domain/agents/agent.ts';
import { agentDirectory, homeAt, swarmDirectory, type AgentDirectory, type Home } from '../../store/home.ts';
import { openDoors } from './doors.ts';
import { git, makeRepository, temporaryDirectory } from './repository.ts';
import { userHome } from './user-home.ts';

const RUNNER_ENTRY = fileURLToPath(new URL('../../workers/runner/main.ts', import.meta.url));
export const SWARM = 'swarm-1';

type RunAgent = (input: Parameters<AgentActivities['runAgent']>[0]) => Promise<AgentReport>;

export interface PreparedAgent {
  readonly id: string;
  readonly spec: AgentSpec;
  readonly directory: AgentDirectory;
  readonly marker: string;
}

export interface Run {
  readonly env: MockActivityEnvironment;
  readonly report: Promise<AgentReport>;
  /** As a person who cancels. */
  readonly cancel: () => void;
  /** As a worker that shuts down. */
  readonly shutDown: () => void;
}

export type SpecChanges = Partial<Omit<AgentSpec, 'limits'>> & {
  readonly limits?: Partial<AgentSpec['limits']>;
  /** Directories of a sparse checkout. */
  readonly sparse?: readonly string[];
};

const FILES = {
  'README.md': '# A library\n',
  'src/add.js': 'export const add = (a, b) => a + b;\n',
  'src/sub.js': 'export const sub = (a, b) => a - b;\n',
};

export interface AgentHomeOptions {
  readonly name?: string;
  /** Called before anything is in the home. */
  readonly beforeSwarm?: (home: Home) => Promise<void>;
}

export const openAgentHome = async (options: AgentHomeOptions = {}) => {
  const root = await temporaryDirectory(options.name ?? 'drover');
  const home = homeAt(join(root, 'home'));
  const swarm = swarmDirectory(home, SWARM);
  const user = await userHome(join(root, 'user'));
  await options.beforeSwarm?.(home);
  const repository = join(root, 'repository');
  const base = await makeRepository(repository, FILES);
  await mkdir(dirname(swarm.hub), { recursive: true });
  await git(root, 'clone', '--quiet', '--bare', repository, swarm.hub);
  const markers: string[] = [];
  const deps: LaunchDeps & { runnerEntry: string; env: NodeJS.ProcessEnv } = {
    home,
    doors: openDoors({ gatewayUrl: 'http://127.0.0.1:9', token: 'token-canary-1234567890' }),
    runnerEntry: RUNNER_ENTRY,
    nodePath: process.execPath,
    env: {
      ...process.env,
      ...user,
      ANTHROPIC_API_KEY: 'sk-canary-1234567890',
    },
  };
  const activities = createAgentActivities(deps);

  const prepare = async (
    command: string,
    { sparse = [], ...changes }: SpecChanges = {},
  ): Promise<PreparedAgent> => {
    const id = changes.agentId ?? `agent-${markers.length}`;
    const directory = agentDirectory(swarm, id);
    const marker = randomBytes(16).toString('hex');
    markers.push(marker);
    const spec: AgentSpec = {
      version: 1,
      swarmId: SWARM,
      taskId: 'task-1',
      agentId: id,
      attempt: 1,
      marker,
      executor: 'command',
      model: '',
      goal: 'Make it better',
      title: 'Add a file',
      description: 'Adds a file.',
      category: 'default',
      files: [],
      command,
      allowEmpty: false,
      previous: [],
      dependencies: [],
      workspace: directory.workspace,
      runDirectory: directory.root,
      branch: id,
      baseCommit: base,
      setup: [],
      env: {},
      passEnv: [],
      ports: 0,
      ...changes,
      limits: {
        wallSeconds: 60,
        graceSeconds: 1,
        logBytes: 1_000_000,
        outputBytes: 500_000_000,
        turns: 10,
        tokens: 1_000,
        ...changes.limits,
      },
    };
    await createWorkspace({
      hub: swarm.hub,
      path: spec.workspace,
      branch: id,
      commit: spec.baseCommit,
      sparse,
    });
    await mkdir(directory.root, { recursive: true });
    await writeFile(directory.spec, JSON.stringify(spec));
    return { id, spec, directory, marker };
  };

  /** The activity as a worker runs it; several calls for one agent are several tries. */
  const start = (agent: PreparedAgent): Run => {
    const env = new MockActivityEnvironment();
    const report = env.run<[Parameters<AgentActivities['runAgent']>[0]], AgentReport, RunAgent>(
      async (input) => activities.runAgent(input),
      { swarmId: SWARM, agentId: agent.id },
    );
    // A test that is only interested in the agent does not wait for every try.
    report.catch(() => undefined);
    return {
      env,
      report,
      cancel: () => env.cancel('CANCELLED', new ActivityCancellationDetails({ cancelRequested: true })),
      shutDown: () =>
        env.cancel('WORKER_SHUTDOWN', new ActivityCancellationDetails({ workerShutdown: true })),
    };
  };

  return {
    root,
    user: user.HOME,
    home,
    swarm,
    base,
    repository,
    deps,
    activities,
    prepare,
    start,
    /** Prepares an agent and runs it to its end. */
    run: async (command: string, changes: SpecChanges = {}) => {
      const agent = await prepare(command, changes);
      return { agent, report: await start(agent).report };
    },
    /** Processes of agents that still live. */
    left: () => findMarked(new Set(markers)),
    /** Ends what a test left, and tells what that was. */
    close: async (): Promise<readonly RunnerClaim[]> => {
      const left = await findMarked(new Set(markers));
      for (const { pid } of left) process.kill(pid, 'SIGKILL');
      await rm(root, { recursive: true, force: true });
      return left;
    },
  };
};

export type AgentHome = Awaited<ReturnType<typeof openAgentHome>>;

export const readJson = async <T>(path: string): Promise<T> => JSON.parse(await readFile(path, 'utf8')) as T;

export const resultOf = (agent: PreparedAgent): Promise<AgentResult> => readJson(agent.directory.result);

export const eventsOf = async (agent: PreparedAgent): Promise<readonly AgentEvent[]> =>
  (await readFile(agent.directory.events, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as AgentEvent);

/** Takes the agent's bundle into the hub, as the handover does. @returns the agent's tip */
export const fetchBundle = async (home: AgentHome, agent: PreparedAgent): Promise<string> => {
  const ref = `refs/heads/${agent.spec.branch}`;
  await git(home.swarm.hub, 'fetch', '--quiet', agent.directory.bundle, `${ref}:${ref}`);
  return git(home.swarm.hub, 'rev-parse', ref);
};

/** Waits until `look` gives something. */
export const eventually = async <T>(
  look: () => Promise<T | undefined> | T | undefined,
  seconds = 20,
): Promise<T> => {
  const deadline = Date.now() + seconds * 1_000;
  for (;;) {
    const found = await Promise.resolve(look()).catch(() => undefined);
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`It did not happen within ${seconds} s: ${look.toString()}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
};
