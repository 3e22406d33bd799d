/** `drover doctor`: what this machine lacks, and what to do about it. Changes nothing. */
import type { Command } from 'commander';
import { FAILURE_TYPES } from '../../domain/failures.ts';
import { runChecks, type Check } from '../../workers/supervisor/doctor.ts';
import { answer, command, styleOf, type Cli, type CommonOptions } from '../cli.ts';
import { plain } from '../output/plain-text.ts';

const NAME_WIDTH = 18;

const checkLines = (checks: readonly Check[], cli: Cli): readonly string[] => {
  const { green, yellow, red, dim } = styleOf(cli);
  const paint = { ok: green, warn: yellow, fail: red };
  return checks.flatMap(({ name, status, detail, fix }) => [
    `${paint[status](status.padEnd(5))} ${name.padEnd(NAME_WIDTH)} ${plain(detail)}`,
    ...(fix === '' ? [] : [`${' '.repeat(6 + NAME_WIDTH)} ${dim(`→ ${plain(fix)}`)}`]),
  ]);
};

export const doctorCommand = (cli: Cli): Command =>
  command('doctor', 'Look for what this machine lacks, and say what to do about it', [
    'doctor',
    'doctor --json',
  ]).action(async (options: CommonOptions) => {
    const checks = await runChecks({ home: cli.home, env: cli.env, nodeVersion: process.versions.node });
    const failed = checks.some(({ status }) => status === 'fail');
    answer(cli, options, {
      json: { ok: !failed, checks },
      lines: checkLines(checks, cli),
      exitCode: failed ? FAILURE_TYPES.unavailable.exitCode : 0,
    });
  });
