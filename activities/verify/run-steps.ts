/** Runs set-up, build, test and acceptance commands one after the other; the first red one ends it. */
import type { VerifyStep } from '../../domain/train/integration.ts';
import type { ProjectCommand, SwarmSettings } from '../../domain/swarm/settings.ts';
import { runCommand, type CommandResult } from '../process/run-command.ts';
import type { AcceptanceCommand } from './acceptance.ts';
import type { VerifyFiles } from './record.ts';

/** Of one command; the gate and the fixing agent get both ends of it. */
const OUTPUT_BYTES = 8_000;
const LOG_BYTES = 64 * 1024 * 1024;
const GRACE_SECONDS = 5;

export interface StepFailure {
  readonly step: VerifyStep;
  readonly command: string;
  readonly taskId?: string;
  readonly result: CommandResult;
  readonly logPath: string;
}

export interface StepsInput {
  readonly settings: SwarmSettings;
  readonly accept: readonly AcceptanceCommand[];
  readonly files: VerifyFiles;
  readonly workspace: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly onStep: (step: VerifyStep, command: ProjectCommand) => void;
}

/** @returns the first command that failed; undefined when all are green or `signal` was aborted */
export const runSteps = async (input: StepsInput): Promise<StepFailure | undefined> => {
  const { settings, files } = input;
  const steps: readonly (readonly [VerifyStep, ProjectCommand & { readonly taskId?: string }])[] = [
    ...(['setup', 'build', 'test'] as const).flatMap((step) =>
      settings[step].map((command) => [step, command] as const),
    ),
    ...input.accept.map((command) => ['accept', command] as const),
  ];
  for (const [index, [step, command]] of steps.entries()) {
    input.onStep(step, command);
    const logPath = files.log(step, index);
    const result = await runCommand(command.run, {
      cwd: input.workspace,
      env: input.env,
      timeoutSeconds: command.timeoutSeconds,
      signal: input.signal,
      graceSeconds: GRACE_SECONDS,
      keepBytes: OUTPUT_BYTES,
      log: { path: logPath, maxBytes: LOG_BYTES },
    });
    if (input.signal.aborted) return undefined;
    if (result.exitCode !== 0 || result.timedOut)
      return {
        step,
        command: command.run,
        ...(command.taskId === undefined ? {} : { taskId: command.taskId }),
        result,
        logPath,
      };
  }
  return undefined;
};
