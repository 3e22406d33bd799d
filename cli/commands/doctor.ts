/** `drover doctor`: what this machine lacks, and what to do about it. Changes nothing. */
import type { Command } from 'commander';
import { isError, problemLine } from '../../config/problem.ts';
import { FAILURE_TYPES } from '../../domain/failures.ts';
import { runChecks, type Check } from '../../workers/supervisor/doctor.ts';
import { answer, command, styleOf, type Cli, type CommonOptions } from '../cli.ts';
import { plain } from '../output/plain-text.ts';
import { CONFIG_FILE, settingsIn } from '../settings-here.ts';

const NAME_WIDTH = 18;

const checkLines = (checks: readonly Check[], cli: Cli): readonly string[] => {
  const { green, yellow, red, dim } = styleOf(cli);
  const paint = { ok: green, warn: yellow, fail: red };
  return checks.flatMap(({ name, status, detail, fix }) => [
    `${paint[status](status.padEnd(5))} ${name.padEnd(NAME_WIDTH)} ${plain(detail)}`,
    ...(fix === '' ? [] : [`${' '.repeat(6 + NAME_WIDTH)} ${dim(`→ ${plain(fix)}`)}`]),
  ]);
};

/** What is wrong with the configuration of this folder, and which of its wishes do not hold. */
const configChecks = async (folder: string): Promise<readonly Check[]> => {
  const config = await settingsIn(folder);
  if (config === undefined) return [];
  return config.problems.length === 0
    ? [{ name: CONFIG_FILE, status: 'ok', detail: 'is understood', fix: '' }]
    : config.problems.map((problem): Check => ({
        name: CONFIG_FILE,
        status: isError(problem) ? 'fail' : 'warn',
        detail: problemLine(problem),
        fix: isError(problem) ? `correct ${CONFIG_FILE}` : '',
      }));
};

export const doctorCommand = (cli: Cli): Command =>
  command('doctor', 'Look for what this machine lacks, and say what to do about it', [
    'doctor',
    'doctor --json',
  ]).action(async (options: CommonOptions) => {
    const machine = await runChecks({ home: cli.home, env: cli.env, nodeVersion: process.versions.node });
    const checks = [...machine, ...(await configChecks(cli.cwd))];
    const failed = checks.some(({ status }) => status === 'fail');
    answer(cli, options, {
      json: { ok: !failed, checks },
      lines: checkLines(checks, cli),
      exitCode: failed ? FAILURE_TYPES.unavailable.exitCode : 0,
    });
  });
