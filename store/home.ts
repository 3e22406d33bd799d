/**
 * Where things lie under `$DROVER_HOME`. Only this file joins such paths, and only from names that Drover made.
 *
 *   host.json                  the id of this host
 *   up.json                    what `drover up` runs: ports, pids, start times
 *   ports.json                 ports of Drover's own services, from one `drover up` to the next
 *   drover.db                  the store, unless `DROVER_DATABASE_URL` names a PostgreSQL
 *   api-token                  what a client of the API must show; for this user only
 *   temporal/                  database of the embedded server
 *   logs/                      logs of the services
 *   runs/run-<swarm>/
 *     repo/                    the hub: a bare repository; `git diff main..agent-0` works here
 *     agent-0/                 the workspace of an agent, a clone that shares the hub's objects
 *     agents/agent-0/          its run directory: spec.json, runner.json, events.jsonl, result.json, inbox/
 *     artifacts/<sha256>       plans, settings, matrices, by content
 *     verify/                  results and logs of verifications
 *     model-calls/             answers of the planner and of the report's writer, so that none is paid twice
 *     cache/                   what package managers and compilers keep, for agents and for verifications apart
 *     report.md, report.json
 */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { CachePlace } from '../domain/agents/build-caches.ts';
import { isSwarmId } from '../domain/names.ts';
import { DroverFailure } from '../domain/failures.ts';

export interface Home {
  readonly root: string;
  readonly hostFile: string;
  readonly upFile: string;
  readonly portsFile: string;
  readonly databaseFile: string;
  readonly tokenFile: string;
  readonly temporalDirectory: string;
  readonly logsDirectory: string;
  readonly runsDirectory: string;
  /** Where processes on several machines share one store. */
  readonly shelf?: Shelf;
}

/** @param path value of `DROVER_HOME`; `~/.drover` when absent */
export const homeAt = (path?: string): Home => {
  const root = path === undefined || path === '' ? join(homedir(), '.drover') : resolve(path);
  return {
    root,
    hostFile: join(root, 'host.json'),
    upFile: join(root, 'up.json'),
    portsFile: join(root, 'ports.json'),
    databaseFile: join(root, 'drover.db'),
    tokenFile: join(root, 'api-token'),
    temporalDirectory: join(root, 'temporal'),
    logsDirectory: join(root, 'logs'),
    runsDirectory: join(root, 'runs'),
  };
};

export interface SwarmDirectory {
  readonly root: string;
  /** The hub. */
  readonly hub: string;
  readonly agentsDirectory: string;
  readonly artifactsDirectory: string;
  readonly verifyDirectory: string;
  readonly modelCallsDirectory: string;
  readonly cacheDirectory: string;
  readonly reportMarkdown: string;
  readonly reportJson: string;
  /** Copies of small files of this swarm for processes without this disk. */
  readonly shelf?: SwarmShelf;
}

/** Small files by swarm and name; `shelf.ts` makes it. */
export interface Shelf {
  put(swarmId: string, name: string, content: string): Promise<void>;
  get(swarmId: string, name: string): Promise<string | undefined>;
}

interface SwarmShelf {
  put(name: string, content: string): Promise<void>;
  get(name: string): Promise<string | undefined>;
}

export const swarmDirectory = (home: Home, swarmId: string): SwarmDirectory => {
  if (!isSwarmId(swarmId))
    throw new DroverFailure('invalidInput', `"${swarmId}" is not the id of a swarm`, {
      hint: 'drover status lists the ids of all swarms',
    });
  const root = join(home.runsDirectory, `run-${swarmId}`);
  const { shelf } = home;
  return {
    root,
    hub: join(root, 'repo'),
    agentsDirectory: join(root, 'agents'),
    artifactsDirectory: join(root, 'artifacts'),
    verifyDirectory: join(root, 'verify'),
    modelCallsDirectory: join(root, 'model-calls'),
    cacheDirectory: join(root, 'cache'),
    reportMarkdown: join(root, 'report.md'),
    reportJson: join(root, 'report.json'),
    ...(shelf === undefined
      ? {}
      : {
          shelf: {
            put: (name: string, content: string) => shelf.put(swarmId, name, content),
            get: (name: string) => shelf.get(swarmId, name),
          },
        }),
  };
};

/**
 * Where caches of build tools lie. Agents can write to theirs what they like, so that verifications have others.
 * @returns undefined when the user's own are used
 */
export const cacheDirectory = (
  home: Home,
  swarm: SwarmDirectory,
  place: CachePlace,
  whose?: 'agents' | 'verify',
): string | undefined => {
  if (place === 'off') return undefined;
  const root = place === 'home' ? join(home.root, 'cache') : swarm.cacheDirectory;
  return whose === undefined ? root : join(root, whose);
};

export interface AgentDirectory {
  /** The run directory. */
  readonly root: string;
  readonly workspace: string;
  readonly spec: string;
  readonly claim: string;
  readonly events: string;
  readonly result: string;
  /** The agent's closing words, when they do not fit into its result. */
  readonly answer: string;
  readonly resume: string;
  readonly log: string;
  readonly inbox: string;
  readonly bundle: string;
}

const AGENT_ID = /^agent-[0-9]{1,6}(\.[0-9]{1,4})?$/;

export const isAgentId = (value: string): boolean => AGENT_ID.test(value);

export const agentDirectory = (swarm: SwarmDirectory, agentId: string): AgentDirectory => {
  if (!isAgentId(agentId))
    throw new DroverFailure('invalidInput', `"${agentId}" is not the id of an agent`, {
      hint: 'agents are named agent-0, agent-1, and agent-0.2 for a second attempt',
    });
  const root = join(swarm.agentsDirectory, agentId);
  return {
    root,
    workspace: join(swarm.root, agentId),
    spec: join(root, 'spec.json'),
    claim: join(root, 'runner.json'),
    events: join(root, 'events.jsonl'),
    result: join(root, 'result.json'),
    answer: join(root, 'answer.md'),
    resume: join(root, 'resume.json'),
    log: join(root, 'runner.log'),
    inbox: join(root, 'inbox'),
    bundle: join(root, 'work.bundle'),
  };
};
