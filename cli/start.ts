/** Runs one command line in the surroundings of this process: its streams, its signals, its exit code. */
import { proxyVariables } from '../config/proxy.ts';
import { homeAt } from '../store/home.ts';
import type { Cli } from './cli.ts';
import { EXIT_INTERRUPTED } from './exit-codes.ts';
import { errorReport, errorText } from './output/errors.ts';
import { safeJson } from './output/plain-text.ts';
import { style, wantsColour } from './output/style.ts';
import { completeEnvironment } from './own-environment.ts';
import { listAsText } from './option-values.ts';
import { runProgram } from './program.ts';

const COLUMNS = 80;

/** The first Ctrl-C lets the command say goodbye; whoever presses again wants out. */
const onInterrupt = (): (() => AbortSignal) => {
  let interrupted: AbortController | undefined;
  return () => {
    if (interrupted !== undefined) return interrupted.signal;
    const controller = new AbortController();
    process.on('SIGINT', () => {
      if (controller.signal.aborted) process.exit(EXIT_INTERRUPTED);
      controller.abort();
    });
    interrupted = controller;
    return controller.signal;
  };
};

/** A reader that has seen enough, such as `head`, closes the pipe; a terminal that is gone gives EIO. */
const endWhenNobodyReads = (): void => {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || error.code === 'EIO') process.exit(0);
      throw error;
    });
};

export const start = async (env: NodeJS.ProcessEnv, args: readonly string[]): Promise<void> => {
  endWhenNobodyReads();
  // A terminal that nobody gave a size has none, and questions would be written one letter to a line.
  if (process.stdout.isTTY && process.stdout.columns === 0) process.stdout.columns = COLUMNS;
  try {
    completeEnvironment(env);
  } catch (error) {
    const report = errorReport(error);
    process.stderr.write(
      `${args.includes('--json') ? safeJson({ error: report }, 2) : errorText(report, style(wantsColour(process.stderr.isTTY, env)))}\n`,
    );
    process.exitCode = report.exitCode;
    return;
  }
  // Loaded only where there is one: HTTP is a third of what a short command costs.
  if (proxyVariables(env) !== undefined) (await import('../workers/proxy.ts')).useProxies(env);
  const cli: Cli = {
    env,
    cwd: process.cwd(),
    home: homeAt(env['DROVER_HOME']),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    onInterrupt: onInterrupt(),
    exitCode: 0,
  };
  await runProgram(cli, args.map(listAsText));
  process.exitCode = cli.exitCode;
  // A prompt leaves the terminal open for reading, which would keep the process.
  if (process.stdin.isTTY) process.stdin.unref();
};
