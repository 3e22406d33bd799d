/**
 * Task records as a swarm carries them into its next run: some 50 bytes a task, because 10,000 of them have to
 * fit into one payload. Outlines are not in it; they are read again from the stored plan, in the same order.
 */
import type { AttemptNote } from './agent.ts';
import type { TaskOutline } from './plan.ts';
import { TASK_STATES } from './swarm.ts';
import type { TaskRecord } from './task-record.ts';
import { isNothing, NO_USAGE, type Usage } from './usage.ts';

/** Plain JSON. */
export interface PackedTasks {
  /** A line per task, in the order of the plan. */
  readonly lines: string;
  /** What few tasks have, by place in the plan. */
  readonly notes: Readonly<Record<string, string>>;
  readonly previous: Readonly<Record<string, readonly AttemptNote[]>>;
}

/** Characters of all notes together; with more tasks each note is cut to its share. */
const NOTES_LENGTH = 100_000;
const LANDINGS = ['landed', 'skipped', 'empty'] as const;
const NO_LANDING = '-';
const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_';

/** Three hexadecimal digits as two of base 64; a rest of one or two as one or two. */
const shorten = (hex: string): string => {
  let text = '';
  for (let at = 0; at < hex.length; at += 3) {
    const group = hex.slice(at, at + 3);
    const value = Number.parseInt(group, 16);
    text += group.length === 1 ? DIGITS[value] : `${DIGITS[value >> 6]}${DIGITS[value & 63]}`;
  }
  return text;
};

const lengthen = (text: string, length: number): string => {
  let hex = '';
  for (let at = 0; at < text.length; at += 2) {
    const group = text.slice(at, at + 2);
    const value = group.split('').reduce((sum, digit) => sum * 64 + DIGITS.indexOf(digit), 0);
    hex += value.toString(16).padStart(Math.min(3, length - hex.length), '0');
  }
  return hex;
};

/** SHA-1 commits have 40 hexadecimal digits and take 27 characters, SHA-256 ones have 64 and take 43. */
const SHORT_SHA1 = 27;

const packUsage = (usage: Usage): string =>
  isNothing(usage)
    ? ''
    : [
        usage.inputTokens.toString(36),
        usage.outputTokens.toString(36),
        usage.cacheReadTokens.toString(36),
        usage.cacheWriteTokens.toString(36),
        usage.calls.toString(36),
        `${usage.costUsd}${usage.costIncomplete ? '?' : ''}`,
      ].join(',');

const unpackUsage = (text: string): Usage => {
  if (text === '') return NO_USAGE;
  const [input = '0', output = '0', read = '0', write = '0', calls = '0', cost = '0'] = text.split(',');
  return {
    inputTokens: Number.parseInt(input, 36),
    outputTokens: Number.parseInt(output, 36),
    cacheReadTokens: Number.parseInt(read, 36),
    cacheWriteTokens: Number.parseInt(write, 36),
    calls: Number.parseInt(calls, 36),
    costUsd: Number.parseFloat(cost),
    costIncomplete: cost.endsWith('?'),
  };
};

const packLine = (task: TaskRecord, place: number, epoch: number): string => {
  const time = (ms: number | undefined): string => (ms === undefined ? '' : (ms - epoch).toString(36));
  const landing = task.landing === undefined ? NO_LANDING : String(LANDINGS.indexOf(task.landing));
  return [
    `${TASK_STATES.indexOf(task.state)}${landing}`,
    task.attempts === 0 ? '' : task.attempts.toString(36),
    task.commit === undefined ? '' : shorten(task.commit),
    time(task.startedAt),
    time(task.endedAt),
    packUsage(task.usage),
    task.ordinal === place ? '' : task.ordinal.toString(36),
    task.autoAnswers === 0 ? '' : task.autoAnswers.toString(36),
  ]
    .join(' ')
    .trimEnd();
};

/** @param epoch milliseconds that all times are counted from: the start of the swarm */
export const packTasks = (tasks: readonly TaskRecord[], epoch: number): PackedTasks => {
  const noted = tasks.filter((task) => task.note !== '').length;
  const room = Math.floor(NOTES_LENGTH / Math.max(1, noted));
  const notes: Record<string, string> = {};
  const previous: Record<string, readonly AttemptNote[]> = {};
  for (const [place, task] of tasks.entries()) {
    if (task.note !== '') notes[place] = task.note.slice(0, room).toWellFormed();
    if (task.previous.length > 0) previous[place] = task.previous;
  }
  return { lines: tasks.map((task, place) => packLine(task, place, epoch)).join('|'), notes, previous };
};

export const unpackTasks = (
  packed: PackedTasks,
  outlines: readonly TaskOutline[],
  epoch: number,
): TaskRecord[] => {
  const lines = packed.lines.split('|');
  return outlines.map((outline, place) => {
    const [codes = '', attempts = '', commit = '', started = '', ended = '', usage = '', ordinal, auto] = (
      lines[place] ?? ''
    ).split(' ');
    const landing = LANDINGS[Number.parseInt(codes[1] ?? '', 10)];
    return {
      outline,
      ordinal: ordinal === undefined || ordinal === '' ? place : Number.parseInt(ordinal, 36),
      state: TASK_STATES[Number.parseInt(codes[0] ?? '0', 10)] ?? 'pending',
      attempts: attempts === '' ? 0 : Number.parseInt(attempts, 36),
      ...(commit === '' ? {} : { commit: lengthen(commit, commit.length === SHORT_SHA1 ? 40 : 64) }),
      ...(landing === undefined ? {} : { landing }),
      note: packed.notes[place] ?? '',
      ...(started === '' ? {} : { startedAt: epoch + Number.parseInt(started, 36) }),
      ...(ended === '' ? {} : { endedAt: epoch + Number.parseInt(ended, 36) }),
      usage: unpackUsage(usage),
      previous: packed.previous[place] ?? [],
      autoAnswers: auto === undefined || auto === '' ? 0 : Number.parseInt(auto, 36),
    };
  });
};
