/**
 * What tells one agent CLI from another: how it is started, how its output reads and how it goes on. Everything
 * that is the same for all of them (processes, messages, the end) is in `run.ts`.
 */
import type { ExecutorContext, ExecutorEvent, ExecutorOutcome } from '../executor.ts';

export interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  /** On top of the agent's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Written to standard input first. */
  readonly stdin: string;
  /** How a further message is written to standard input; absent when the CLI takes none while it works. */
  readonly message?: (text: string) => string;
  readonly reader: StreamReader;
}

/** Understands the CLI's standard output, line by line. Pure, and never throws: what it does not know it skips. */
export interface StreamReader {
  read(line: string): readonly ExecutorEvent[];
  /** The CLI has nothing left to do and waits for a message or for the end of its input. */
  isIdle(): boolean;
  /** It was given a message, so it is not idle any more. */
  goesOn(): void;
  /** Called once, when the process has ended. */
  end(exit: CliExit): { readonly events: readonly ExecutorEvent[]; readonly verdict: Verdict };
}

export interface CliExit {
  readonly exitCode: number;
  /** Both ends of standard error. */
  readonly errors: string;
}

export type Verdict = Pick<ExecutorOutcome, 'outcome' | 'summary' | 'retryAfterSeconds'>;

export interface Dialect {
  /** Writes what the CLI needs into the run directory, and says how to start it. */
  launch(context: ExecutorContext): Promise<Launch>;
}
