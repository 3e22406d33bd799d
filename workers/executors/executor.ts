/**
 * The one interface that an executor implements: how an agent thinks. The runner owns everything around it: the
 * workspace, limits, environment, commit and result. An executor only works in the workspace and says how it went.
 */
import type { AgentAccess } from '../../domain/agent-access.ts';
import type { AgentEvent, AgentSpec } from '../../domain/agent.ts';
import type { Usage } from '../../domain/usage.ts';

type WithoutTime<Event> = Event extends unknown ? Omit<Event, 'at'> : never;
/** A line for `events.jsonl`; the runner adds the time, caps the texts and drops what is over the limit. */
export type ExecutorEvent = WithoutTime<AgentEvent>;

/** How to reach the model. Comes over the runner's standard input and is in no environment. */
export interface ModelAccess {
  readonly apiKey?: string;
  readonly baseUrl?: string;
  /** With a gateway there is no key: `agentEndpoints` says where the models and the swarm's MCP server are. */
  readonly gateway?: AgentAccess;
}

export interface ShellOptions {
  /** 0 for no limit but the agent's own. */
  readonly timeoutSeconds: number;
  readonly stdin?: string;
  /** Characters of output kept, half from each end. @default 30000 */
  readonly maxOutput?: number;
  /** Writes the output as events, line by line as it comes. @default false */
  readonly stream?: boolean;
  /** Between SIGINT and SIGKILL, when the command is ended. @default 1 */
  readonly graceSeconds?: number;
}

export interface ShellResult {
  /** 128 + number of the signal when one ended the command. */
  readonly exitCode: number;
  /** Standard output and error as they came. */
  readonly output: string;
  readonly timedOut: boolean;
}

export interface ExecutorContext {
  readonly spec: AgentSpec;
  /** Absolute path; same as `spec.workspace`. */
  readonly workspace: string;
  /** The agent's whole environment, for processes that the executor starts itself. Holds no model key. */
  readonly env: Readonly<Record<string, string>>;
  readonly modelAccess: ModelAccess;
  /** `usage` events carry what one model call used, not a running total. */
  emit(event: ExecutorEvent): void;
  /** Aborted when the agent is to end (limits, cancel). The executor then returns or throws soon. */
  readonly signal: AbortSignal;
  /** Messages delivered since the last call, oldest first. */
  inbox(): Promise<readonly string[]>;
  /**
   * Runs `sh -c command` in the workspace with the agent's environment. Nothing that it started is left when this
   * returns. Ends at once when `signal` is aborted. A red command is a value.
   */
  runShell(command: string, options: ShellOptions): Promise<ShellResult>;
}

export interface ExecutorOutcome {
  readonly outcome: 'completed' | 'failed' | 'turn_limit' | 'token_limit';
  /** What was done or went wrong; the runner caps it at 2,000 characters. */
  readonly summary: string;
  readonly exitCode?: number;
  readonly usage: Usage;
}

export interface Executor {
  run(context: ExecutorContext): Promise<ExecutorOutcome>;
}
