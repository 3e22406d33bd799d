/**
 * What an agent is, seen from both sides of its run directory: `spec.json` goes in, `events.jsonl` and
 * `result.json` come out. The runner writes the latter two; the supervising activity only reads them.
 */
import type { Role } from './roles.ts';
import type { ChosenContext } from './context.ts';
import type {
  AgentLimits,
  ExecutorKind,
  ExecutorSettings,
  ProjectCommand,
  SandboxSettings,
} from '../swarm/settings.ts';
import type { PodRequest } from './pod.ts';
import type { ModelPrice } from '../models/price.ts';
import type { Usage } from '../models/usage.ts';

/** Why an earlier attempt at the same task was not accepted; the next agent is told. */
export interface AttemptNote {
  readonly agentId: string;
  readonly outcome: AgentOutcome;
  /** At most 2,000 characters. */
  readonly reason: string;
}

/** What a finished dependency left behind, for the agents that build on it. */
export interface DependencyNote {
  readonly taskId: string;
  readonly title: string;
  readonly commit: string;
  /** The agent's own closing words, at most 2,000 characters. */
  readonly summary: string;
}

/** What fixing agents may use; what is absent is not limited. */
export interface FixBudget {
  /** In and out, cache reads not counted. */
  readonly tokens?: number;
  readonly costUsd?: number;
}

/** What a fixing agent is given besides the task. */
export type FixRequest = {
  /** What all of its attempts may use together: what is left at its gate. */
  readonly budget?: FixBudget;
} & (
  | {
      readonly kind: 'conflict';
      /** The branch that did not merge. */
      readonly taskId: string;
      readonly commit: string;
      /** The tip it did not merge into; the fix is a merge commit of `onto` and `commit`. */
      readonly onto: string;
      readonly paths: readonly string[];
      /** Tasks in the train that touch the same paths. */
      readonly withTasks?: readonly string[];
    }
  | {
      readonly kind: 'build' | 'test';
      /** The tree that failed. */
      readonly onto: string;
      readonly command: string;
      /** The command is this task's acceptance. */
      readonly acceptanceOf?: string;
      /** Both ends of the failing output, at most 8,000 characters. */
      readonly output: string;
      /** Tasks whose merge made it fail. */
      readonly taskIds: readonly string[];
    }
);

/** What an agent is told of its role. */
type AgentRole = Pick<Role, 'name' | 'title' | 'version' | 'prompt' | 'tools'>;

/** What an agent may use besides its own directories, when it is in a sandbox. */
interface AgentSandbox extends SandboxSettings {
  /** Absolute path of the git objects that its workspace shares. */
  readonly objects: string;
}

/** `spec.json`: everything the runner needs. Holds no secret; those come over the runner's standard input. */
export interface AgentSpec {
  readonly version: 1;
  readonly swarmId: string;
  readonly taskId: string;
  readonly agentId: string;
  readonly attempt: number;
  /** Unguessable; in the environment of all the agent's processes as `DROVER_AGENT_MARKER`. */
  readonly marker: string;
  readonly executor: string;
  /** @default the executor's name */
  readonly executorKind?: ExecutorKind;
  readonly executorSettings?: ExecutorSettings;
  /** Full model id. Empty for executors without a model, or with one of their own choice. */
  readonly model: string;
  readonly price?: ModelPrice;
  readonly goal: string;
  readonly title: string;
  readonly description: string;
  readonly category: string;
  readonly files: readonly string[];
  readonly command?: string;
  readonly acceptance?: string;
  readonly allowEmpty: boolean;
  readonly role?: AgentRole;
  /** Nothing of what it leaves in its workspace is committed. @default false */
  readonly readOnly?: boolean;
  readonly previous: readonly AttemptNote[];
  readonly dependencies: readonly DependencyNote[];
  readonly fix?: FixRequest;
  /** What earlier swarms on the repository taught, one line each: data, not instructions. */
  readonly lessons?: readonly string[];
  /** What the project, its dependencies and other agents have to say. */
  readonly context?: ChosenContext;
  /** Absolute paths. */
  readonly workspace: string;
  readonly runDirectory: string;
  readonly branch: string;
  /** What the workspace's branch started from. */
  readonly baseCommit: string;
  /** Second parent of the agent's commit, when it resolves a conflict. */
  readonly mergeParent?: string;
  readonly setup: readonly ProjectCommand[];
  readonly env: Readonly<Record<string, string>>;
  readonly passEnv: readonly string[];
  readonly ports: number;
  /** Absent when the agent needs none. */
  readonly sandbox?: AgentSandbox;
  /** Absolute path of the caches of build tools that agents share. */
  readonly cache?: string;
  /** Directories of a sparse checkout, for an agent that makes its workspace itself. */
  readonly sparse?: readonly string[];
  /** The agent runs in a pod of its own; absent for a process of the host. */
  readonly pod?: PodRequest;
  readonly limits: Omit<AgentLimits, 'wallSeconds'> & { readonly wallSeconds: number };
}

/**
 * How an attempt ended. `completed` alone is handed over. `lost` is the fault of the machine, not of the agent,
 * and does not use up an attempt; nor does `model_unavailable`: the model takes no more for a while (a limit, too much
 * load, no connection), and the agent goes on later where it was.
 */
export const AGENT_OUTCOMES = [
  'completed',
  'no_changes',
  'failed',
  'rejected_by_acceptance',
  'setup_failed',
  'timeout',
  'output_limit',
  'resources_exhausted',
  'turn_limit',
  'token_limit',
  'model_unavailable',
  'killed',
  'cancelled',
  'lost',
] as const;
export type AgentOutcome = (typeof AGENT_OUTCOMES)[number];

/** `resume.json`: the agent has worked before and goes on where it was. */
export interface ResumeNote {
  /** The CLI's name for the conversation. */
  readonly session: string;
  /** Why it was interrupted, as it is told. */
  readonly reason: string;
  /** What the agent has used so far, over all its runs. */
  readonly used: Usage;
  /** Of its wall time, so far. */
  readonly seconds: number;
}

/** `result.json`, written once, by create-if-absent. */
export interface AgentResult {
  readonly version: 1;
  readonly agentId: string;
  readonly outcome: AgentOutcome;
  /** What went wrong or what was done, at most 2,000 characters. */
  readonly summary: string;
  readonly exitCode?: number;
  /** Tip of the agent's branch, for `completed` with changes. */
  readonly commit?: string;
  /** File in the run directory with the commits that are new since `baseCommit`. */
  readonly bundle?: string;
  readonly usage: Usage;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly logTruncated: boolean;
  /** For `model_unavailable`: when it is worth asking again, ISO 8601. */
  readonly resumeAt?: string;
}

/** A line of `events.jsonl`. `at` is ISO 8601. Texts are capped at 16,000 characters a line. */
export type AgentEvent = { readonly at: string } & (
  | { readonly kind: 'phase'; readonly phase: 'setup' | 'working' | 'acceptance' | 'committing' | 'ended' }
  | { readonly kind: 'output'; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'tool_call'; readonly id: string; readonly tool: string; readonly input: string }
  | { readonly kind: 'tool_result'; readonly id: string; readonly ok: boolean; readonly text: string }
  /** Of one model call; the sum over all of them is what the agent used. */
  | { readonly kind: 'usage'; readonly usage: Usage }
  /** A tool that the agent wanted and did not get: nobody is there to be asked. */
  | { readonly kind: 'permission_denied'; readonly tool: string; readonly text: string }
  /** The CLI's own name for its conversation, by which it can be taken up again. */
  | { readonly kind: 'session'; readonly id: string }
  | { readonly kind: 'waiting'; readonly reason: string; readonly seconds: number }
  | { readonly kind: 'progress'; readonly percent?: number; readonly note: string }
  | { readonly kind: 'notice'; readonly text: string }
  | { readonly kind: 'error'; readonly text: string }
);

/** `runner.json`: who supervises this agent. Created exclusively, never removed: an agent starts at most once. */
export interface RunnerClaim {
  readonly pid: number;
  /** Clock ticks since boot, field 22 of `/proc/<pid>/stat`; tells a reused pid from the same process. */
  readonly startTime: string;
  readonly bootId: string;
}
