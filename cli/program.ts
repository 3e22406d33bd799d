/** The commands of `drover`, and what becomes of their errors. */
import { Command, CommanderError } from 'commander';
import { styleOf, type Cli } from './cli.ts';
import { agentsCommand } from './commands/agents.ts';
import { approveCommand } from './commands/approve.ts';
import { backlogCommand } from './commands/backlog.ts';
import { cancelCommand } from './commands/cancel.ts';
import { cleanupCommand } from './commands/cleanup.ts';
import { storeCommand } from './commands/store.ts';
import { compareCommand } from './commands/compare.ts';
import { completionCommand, completeCommand } from './commands/completion.ts';
import { costsCommand } from './commands/costs.ts';
import { decideCommand } from './commands/decide.ts';
import { demoCommand } from './commands/demo.ts';
import { diffCommand } from './commands/diff.ts';
import { discardCommand } from './commands/discard.ts';
import { discussCommand } from './commands/discuss.ts';
import { doctorCommand } from './commands/doctor.ts';
import { downCommand } from './commands/down.ts';
import { executePlanCommand } from './commands/execute-plan.ts';
import { lessonsCommand } from './commands/lessons.ts';
import { killCommand } from './commands/kill.ts';
import { logsCommand } from './commands/logs.ts';
import { mergeCommand } from './commands/merge.ts';
import { messageCommand } from './commands/message.ts';
import { parallelCommand } from './commands/parallel.ts';
import { pauseCommand } from './commands/pause.ts';
import { pickCommand } from './commands/pick.ts';
import { planContinueCommand } from './commands/plan-continue.ts';
import { planListCommand } from './commands/plan-list.ts';
import { planCommand } from './commands/plan.ts';
import { prCommand } from './commands/pr.ts';
import { pushCommand } from './commands/push.ts';
import { rejectCommand } from './commands/reject.ts';
import { reportCommand } from './commands/report.ts';
import { resumeCommand } from './commands/resume.ts';
import { rolesCommand } from './commands/roles.ts';
import { retryCommand } from './commands/retry.ts';
import { runCommand } from './commands/run.ts';
import { scheduleCommand } from './commands/schedule.ts';
import { statusCommand } from './commands/status.ts';
import { submitCommand } from './commands/submit.ts';
import { taskCommand } from './commands/task.ts';
import { teamCommand } from './commands/team.ts';
import { upCommand } from './commands/up.ts';
import { webhooksCommand } from './commands/webhooks.ts';
import { errorReport, errorText } from './output/errors.ts';
import { safeJson } from './output/plain-text.ts';
import { packageVersion } from './version.ts';

const GROUPS: readonly (readonly [string, readonly ((cli: Cli) => Command)[]])[] = [
  ['Run a swarm:', [runCommand, teamCommand, submitCommand, backlogCommand, scheduleCommand, demoCommand]],
  [
    'Plan:',
    [planCommand, planListCommand, planContinueCommand, discussCommand, executePlanCommand, rolesCommand],
  ],
  [
    'See what happens:',
    [
      statusCommand,
      taskCommand,
      agentsCommand,
      logsCommand,
      diffCommand,
      compareCommand,
      reportCommand,
      costsCommand,
      lessonsCommand,
    ],
  ],
  ['Answer its questions:', [approveCommand, rejectCommand, decideCommand, pickCommand]],
  [
    'Steer it:',
    [
      pauseCommand,
      resumeCommand,
      parallelCommand,
      cancelCommand,
      retryCommand,
      killCommand,
      messageCommand,
      discardCommand,
    ],
  ],
  ['Take the result further:', [mergeCommand, pushCommand, prCommand]],
  [
    'Services and disk:',
    [upCommand, downCommand, doctorCommand, cleanupCommand, storeCommand, webhooksCommand, completionCommand],
  ],
];

export const EXIT_CODES = `
Exit codes:
  0 done · 1 unexpected · 2 invalid input · 3 repository unusable · 4 not found · 5 not possible in this state
  6 something is not available · 7 disk or memory used up · 8 model failed · 9 superseded · 10 a tool broke
  11 the swarm failed · 12 the swarm was cancelled · 130 Ctrl-C`;

export const program = async (cli: Cli): Promise<Command> => {
  const root = new Command('drover')
    .description('Many coding agents at once on one repository, one verified branch as the result')
    .version(await packageVersion(), '-v, --version')
    .showSuggestionAfterError(true)
    .addHelpText('after', EXIT_CODES);
  for (const [heading, commands] of GROUPS)
    for (const make of commands) root.addCommand(make(cli).helpGroup(heading));
  root.addCommand(completeCommand(cli, root), { hidden: true });
  // Errors are told by `runProgram`, in one form for all.
  const quiet = (command: Command): void => {
    command.exitOverride().configureOutput({
      writeOut: (text) => cli.stdout.write(text),
      writeErr: () => {},
    });
    for (const child of command.commands) quiet(child);
  };
  quiet(root);
  return root;
};

const isHelp = (error: unknown): boolean =>
  error instanceof CommanderError && error.exitCode === 0 && error.code.startsWith('commander.');

/** Runs one command line. What it says goes to the streams of `cli`, its exit code to `cli.exitCode`. */
export const runProgram = async (cli: Cli, args: readonly string[]): Promise<void> => {
  try {
    const root = await program(cli);
    if (args.length === 0) {
      cli.stdout.write(root.helpInformation());
      cli.stdout.write(`${EXIT_CODES}\n`);
      return;
    }
    await root.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (isHelp(error)) return;
    const report = errorReport(error);
    const asJson = args.includes('--json');
    cli.stderr.write(
      `${asJson ? safeJson({ error: report }, 2) : errorText(report, styleOf(cli, cli.stderr))}\n`,
    );
    if (report.type === 'unexpected' && (cli.env['DROVER_DEBUG'] ?? '') !== '' && error instanceof Error)
      cli.stderr.write(`${error.stack ?? ''}\n`);
    cli.exitCode = report.exitCode;
  }
};
