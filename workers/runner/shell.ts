/** How an agent's commands are run: in its workspace, with its environment, metered, logged, ended with it. */
import { runCommand } from '../../activities/process/run-command.ts';
import type { ExecutorEvent, ShellOptions, ShellResult } from '../executors/executor.ts';
import { TEXT_LIMIT, type EventLog } from './event-log.ts';
import { LineSplitter } from './line-splitter.ts';

export interface ShellDeps {
  readonly workspace: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly log: EventLog;
  readonly emit: (event: ExecutorEvent) => void;
  readonly meter: (stream: 'stdout' | 'stderr', chunk: Buffer) => void;
}

export type RunShell = (command: string, options: ShellOptions) => Promise<ShellResult>;

const DEFAULT_OUTPUT = 30_000;

export const createShell =
  (deps: ShellDeps): RunShell =>
  async (command, options) => {
    const splitters = {
      stdout: new LineSplitter(TEXT_LIMIT, (text) => deps.emit({ kind: 'output', stream: 'stdout', text })),
      stderr: new LineSplitter(TEXT_LIMIT, (text) => deps.emit({ kind: 'output', stream: 'stderr', text })),
    };
    const result = await runCommand(command, {
      cwd: deps.workspace,
      env: deps.env,
      stdin: options.stdin,
      timeoutSeconds: options.timeoutSeconds,
      signal: deps.signal,
      graceSeconds: options.graceSeconds ?? 1,
      keepBytes: options.maxOutput ?? DEFAULT_OUTPUT,
      onOutput: (stream, chunk) => {
        deps.meter(stream, chunk);
        if (options.stream === true && !deps.log.truncated) splitters[stream].add(chunk);
        return undefined;
      },
    });
    splitters.stdout.end();
    splitters.stderr.end();
    return { exitCode: result.exitCode, output: result.output, timedOut: result.timedOut };
  };
