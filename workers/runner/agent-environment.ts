/** The environment of an agent's processes: a short list, never Drover's own environment and never a key. */
import { dirname } from 'node:path';
import { passableEnvironment } from '../../activities/process/environment.ts';
import { AGENT_MARKER } from '../../activities/process/sweep.ts';
import type { AgentSpec } from '../../domain/agents/agent.ts';
import { cacheVariables } from '../../domain/agents/build-caches.ts';
import { cap } from '../../domain/failures.ts';

/** Linux takes 128 KiB in one variable; a character takes at most 4 bytes. */
const VALUE_LIMIT = 30_000;

const IDENTITY = ['GIT_AUTHOR_NAME', 'GIT_AUTHOR_EMAIL', 'GIT_COMMITTER_NAME', 'GIT_COMMITTER_EMAIL'];

/** Who commits, when the settings' `env` names somebody; otherwise it is Drover. */
export const gitIdentity = (spec: AgentSpec): Record<string, string> =>
  Object.fromEntries(Object.entries(spec.env).filter(([name]) => IDENTITY.includes(name)));

const taskVariables = (spec: AgentSpec): Record<string, string> => {
  const failure = spec.previous.at(-1);
  return {
    DROVER_SWARM: spec.swarmId,
    DROVER_TASK: spec.taskId,
    DROVER_AGENT: spec.agentId,
    DROVER_ATTEMPT: String(spec.attempt),
    DROVER_TITLE: spec.title,
    DROVER_DESCRIPTION: spec.description,
    DROVER_GOAL: spec.goal,
    DROVER_FILES: spec.files.join('\n'),
    DROVER_PREVIOUS_FAILURE: failure === undefined ? '' : `${failure.outcome}: ${failure.reason}`,
    DROVER_FIX: spec.fix === undefined ? '' : JSON.stringify(spec.fix),
    AGENT_WORKTREE_PATH: spec.workspace,
    AGENT_BRANCH: spec.branch,
  };
};

export interface AgentEnvironmentInput {
  readonly spec: AgentSpec;
  /** The runner's environment. */
  readonly own: Readonly<Record<string, string | undefined>>;
  readonly temporaryDirectory: string;
  readonly ports: readonly number[];
  /** Where build tools put what they make on the way. */
  readonly built: Readonly<Record<string, string>>;
}

export const agentEnvironment = ({
  spec,
  own,
  temporaryDirectory,
  ports,
  built,
}: AgentEnvironmentInput): Record<string, string> => {
  const all: Record<string, string> = {
    GIT_TERMINAL_PROMPT: '0',
    ...passableEnvironment(own, spec.passEnv),
    ...Object.fromEntries(ports.map((port, index) => [`DROVER_PORT_${index}`, String(port)])),
    ...(ports[0] === undefined ? {} : { PORT: String(ports[0]) }),
    ...(spec.cache === undefined ? {} : cacheVariables(spec.cache)),
    ...built,
    ...spec.env,
    ...taskVariables(spec),
    TMPDIR: temporaryDirectory,
    // An agent that lost its `.git` must not work on a repository further up.
    GIT_CEILING_DIRECTORIES: dirname(spec.workspace),
    [AGENT_MARKER]: spec.marker,
  };
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [name, cap(value.replaceAll('\0', ''), VALUE_LIMIT)]),
  );
};
