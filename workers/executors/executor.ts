/**
 * The one interface that an executor implements: how an agent thinks. The runner owns everything around it: the
 * workspace, limits, environment, commit and result. An executor only works in the workspace and says how it went.
 */
import type { AgentAccess } from '../../domain/agents/access.ts';
import type { AgentEvent, AgentSpec, ResumeNote } from '../../domain/agents/agent.ts';
import type { Writable } from 'node:stream';
import type { FailureType } from '../../domain/failures.ts';
import type { Usage } from '../../domain/models/usage.ts';

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

interface ShellOptions {
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

interface ShellResult {
  /** 128 + number of the signal when one ended the command. */
  readonly exitCode: number;
  /** Standard output and error as they came. */
  readonly output: string;
  readonly timedOut: boolean;
}

interface ProgramOptions {
  /** On top of the agent's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Gets the open pipe to the program, and ends it. */
  readonly onStdin: (stdin: Writable) => void;
  /** Each line of standard output; of a very long one only the beginning. Standard error is logged as output. */
  readonly onLine: (line: string) => void;
  /** Between SIGINT and SIGKILL, when the agent is ended. */
  readonly graceSeconds: number;
  /** Ends the program before the agent's end does. */
  readonly signal?: AbortSignal;
}

export interface ExecutorContext {
  readonly spec: AgentSpec;
  /** Absolute path; same as `spec.workspace`. */
  readonly workspace: string;
  /** The agent's whole environment, for processes that the executor starts itself. Holds no model key. */
  readonly env: Readonly<Record<string, string>>;
  /** The runner's own environment, which says where programs lie. Not for processes of the agent. */
  readonly ownEnv: Readonly<Record<string, string | undefined>>;
  readonly modelAccess: ModelAccess;
  /** The agent was interrupted and goes on, if the executor can. */
  readonly resume?: ResumeNote;
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
  /**
   * As `runShell`, for a program and its arguments without a shell.
   * @returns with standard error alone as its output
   * @throws {DroverFailure} when it cannot be started
   */
  runProgram(path: string, args: readonly string[], options: ProgramOptions): Promise<ShellResult>;
}

export interface ExecutorOutcome {
  /** `lost`: its program was killed from outside, and can go on in its conversation. */
  readonly outcome: 'completed' | 'failed' | 'turn_limit' | 'token_limit' | 'model_unavailable' | 'lost';
  /** What was done or went wrong; the runner caps it at 2,000 characters. */
  readonly summary: string;
  readonly exitCode?: number;
  readonly usage: Usage;
  /** For `failed`: what kind of failure, where it is known. */
  readonly failure?: FailureType;
  /** For `model_unavailable`: seconds until it is worth asking again. */
  readonly retryAfterSeconds?: number;
}

export interface Executor {
  run(context: ExecutorContext): Promise<ExecutorOutcome>;
}
