/**
 * The executor without a model: one shell command does the task. It gets the task as JSON on standard input and
 * in `DROVER_*` variables. Exit code 0 is success; the last lines that it printed are its summary.
 */
import { NO_USAGE } from '../../domain/models/usage.ts';
import type { Executor, ExecutorContext, ExecutorOutcome } from './executor.ts';
import { taskForAgent } from './task-input.ts';

const SUMMARY_LINES = 20;

const lastLines = (output: string): string => output.trimEnd().split('\n').slice(-SUMMARY_LINES).join('\n');

const run = async (context: ExecutorContext): Promise<ExecutorOutcome> => {
  const { spec } = context;
  if (spec.command === undefined || spec.command.trim() === '')
    return {
      outcome: 'failed',
      summary: 'The task has no command: set `command` in the task or in drover.yml',
      usage: NO_USAGE,
    };
  const result = await context.runShell(spec.command, {
    timeoutSeconds: 0,
    stdin: `${JSON.stringify(taskForAgent(spec))}\n`,
    stream: true,
    graceSeconds: spec.limits.graceSeconds,
  });
  const said = lastLines(result.output);
  const failed = result.exitCode !== 0 || context.signal.aborted;
  return {
    outcome: failed ? 'failed' : 'completed',
    summary: failed ? `The command ended with code ${result.exitCode}.\n${said}` : said,
    exitCode: result.exitCode,
    usage: NO_USAGE,
  };
};

export const createCommandExecutor = (): Executor => ({ run });
