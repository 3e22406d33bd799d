/** `run_command`: a shell command in the workspace, through the runner, which bounds and cleans up after it. */
import { z } from 'zod';
import { tool } from './tool.ts';

const MAX_OUTPUT = 30_000;

export const runCommand = tool({
  name: 'run_command',
  description:
    'Runs a command by `sh -c` at the root of the workspace and answers its exit code and output. For builds, tests, formatters and the like. Nothing it starts is left running afterwards, so do not start servers in the background to use them later.',
  input: z.object({
    command: z.string().min(1).max(20_000),
    timeout_seconds: z.int().min(1).max(1800).default(120),
  }),
  run: async ({ command, timeout_seconds: timeoutSeconds }, { runShell }) => {
    const result = await runShell(command, { timeoutSeconds, maxOutput: MAX_OUTPUT });
    const ending = result.timedOut
      ? `Ended after ${timeoutSeconds} seconds: it took too long.`
      : `Exit code ${result.exitCode}.`;
    return result.output.trim() === '' ? `${ending} No output.` : `${ending}\n${result.output}`;
  },
});
