/** The kinds of values in what a person writes: durations, sizes, commands, paths, names. Each says what it must be. */
import { z } from 'zod';
import { settingsGroup } from './schema-issues.ts';

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;
const BYTES = { B: 1, KB: 1_024, MB: 1_048_576, GB: 1_073_741_824 } as const;
const WEEK = 7 * SECONDS.d;

/** `1h`, `30m`, `1h30m`; each unit once, largest first. */
const DURATION = /^(?=\d)(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s?)?$/;
export const DURATION_MESSAGE = 'must be seconds (1800) or a duration such as "90s", "30m", "1h30m" or "2d"';

const toSeconds = (value: number | string): number => {
  if (typeof value === 'number') return value;
  const [, days, hours, minutes, seconds] = DURATION.exec(value) ?? [];
  return (
    Number(days ?? 0) * SECONDS.d +
    Number(hours ?? 0) * SECONDS.h +
    Number(minutes ?? 0) * SECONDS.m +
    Number(seconds ?? 0)
  );
};

/** A duration in whole seconds from `least` on, at most a year. */
export const duration = (least: number) =>
  z
    .union([z.int().min(0), z.string().regex(DURATION, DURATION_MESSAGE)], { error: DURATION_MESSAGE })
    .transform(toSeconds)
    .refine((seconds) => seconds >= least && seconds <= 366 * SECONDS.d, {
      error: `must be at least ${least} ${least === 1 ? 'second' : 'seconds'} and at most a year`,
    });

const SIZE_MESSAGE = 'must be bytes (1048576) or a size such as "500KB", "20MB" or "1GB"';

export const size = z
  .union([z.int().min(0), z.string().regex(/^\d{1,9} ?(B|KB|MB|GB)$/, SIZE_MESSAGE)], { error: SIZE_MESSAGE })
  .transform((value) => {
    if (typeof value === 'number') return value;
    const [, count, unit] = /^(\d+) ?([A-Z]+)$/.exec(value) ?? [];
    return Number(count ?? 0) * BYTES[(unit ?? 'B') as keyof typeof BYTES];
  })
  .refine((bytes) => bytes >= 1_024, { error: 'must be at least 1 KB' });

const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((text) => !/\p{Cc}/u.test(text), { error: 'must be one line without control characters' });

export const shellCommand = z.string().min(1).max(20_000);

const COMMANDS_MESSAGE = 'must be a command, or a list of commands';
const namedCommand = settingsGroup({
  name: line(100).optional().meta({ description: 'Shown in reports; the command itself when absent.' }),
  run: shellCommand.meta({ description: 'Run by `sh -c` at the root of a checkout.' }),
  timeout: duration(1).optional().meta({ description: 'After this long the command counts as failed.' }),
});
export const commands = z.union(
  [
    shellCommand,
    z
      .array(
        z.union([shellCommand, namedCommand], {
          error: 'must be a command: a text, or `run` with `name` and `timeout`',
        }),
      )
      .max(50),
  ],
  { error: COMMANDS_MESSAGE },
);

export const modelName = line(100).refine((text) => !/\s/.test(text), {
  error: 'must be a name without spaces',
});
export const categoryName = z
  .string()
  .min(1)
  .max(60)
  .transform((name) => name.toLowerCase());
/** Whole micro-dollars. */
export const dollarAmount = z
  .number({ error: 'must be an amount in US dollars, such as 5.00' })
  .min(0.000001, 'must be more than 0')
  .max(1_000_000)
  .transform((amount) => Math.round(amount * 1_000_000) / 1_000_000);
const dollars = z.number().min(0).max(100_000);
const tokenPrices = { input: dollars, output: dollars, cacheWrite: dollars, cacheRead: dollars };
export const price = settingsGroup({
  ...tokenPrices,
  longPrompt: settingsGroup({ above: z.int().min(1), ...tokenPrices })
    .optional()
    .meta({ description: 'Prices of calls whose prompt has more tokens than `above`.' }),
});

export const variableName = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]{0,199}$/,
    'cannot be a variable: use letters, digits and _, and no digit first',
  );
export const variableValue = z
  .union([z.string().max(32_000), z.number(), z.boolean()], {
    error: 'must be a text, a number, true or false',
  })
  .transform(String);

export const repositoryPath = z
  .string()
  .min(1)
  .max(500)
  .refine((path) => !path.startsWith('/') && !path.startsWith('-') && !/^[A-Za-z]:[\\/]/.test(path), {
    error: 'must be relative to the repository',
  })
  .refine((path) => !path.split(/[\\/]/).some((part) => part === '..' || part.toLowerCase() === '.git'), {
    error: 'must stay in the repository, outside of .git',
  })
  .refine((path) => !/\p{Cc}/u.test(path), { error: 'must not hold control characters' });

/** Time of a task in a plan file. */
export const taskSeconds = duration(1).refine((seconds) => seconds <= WEEK, {
  error: 'must be at most a week',
});
