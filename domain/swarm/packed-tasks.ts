/**
 * Task records as a swarm carries them into its next run: some 50 bytes a task, because 10,000 of them have to
 * fit into one payload. Outlines are not in it; they are read again from the stored plan, in the same order.
 */
import type { AttemptNote } from '../agents/agent.ts';
import type { OutsideChanges } from '../agents/declared-files.ts';
import type { TaskOutline } from '../plan/plan.ts';
import { TASK_STATES } from './swarm.ts';
import type { TaskRecord } from './task-record.ts';
import { isNothing, NO_USAGE, type Usage } from '../models/usage.ts';

/** Plain JSON. */
export interface PackedTasks {
  /** A line per task, in the order of the plan. */
  readonly lines: string;
  /** Starts are counted from that of the task before, ends from the start; both from the epoch when absent. */
  readonly relative?: true;
  /** What few tasks have, by place in the plan. */
  readonly notes: Readonly<Record<string, string>>;
  readonly previous: Readonly<Record<string, readonly AttemptNote[]>>;
  /** Paths that were changed besides a task's files; how many is in its line. Absent when no task has any. */
  readonly outside?: Readonly<Record<string, OutsideChanges['paths']>>;
}

/** Characters of all notes together; with more tasks each note is cut to its share. */
const NOTES_LENGTH = 100_000;
/** The server warns of payloads over 512 KiB; a fifth of it is for the rest that a swarm carries. */
const TASKS_LENGTH = 420_000;
/** What a note takes beside its text. */
const NOTE_OVERHEAD = 10;
/** What is cut shorter says nothing. */
const SHORTEST_NOTE = 20;
/** Characters of these paths for all tasks; further tasks keep the number only. */
const OUTSIDE_LENGTH = 30_000;
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
  const time = (ms: number | undefined, from: number): string =>
    ms === undefined ? '' : (ms - from).toString(36);
  const landing = task.landing === undefined ? NO_LANDING : String(LANDINGS.indexOf(task.landing));
  return [
    `${TASK_STATES.indexOf(task.state)}${landing}`,
    task.attempts === 0 ? '' : task.attempts.toString(36),
    task.commit === undefined ? '' : shorten(task.commit),
    time(task.startedAt, epoch),
    time(task.endedAt, task.startedAt ?? epoch),
    packUsage(task.usage),
    task.ordinal === place ? '' : task.ordinal.toString(36),
    task.autoAnswers === 0 ? '' : task.autoAnswers.toString(36),
    packCounts(task.outside),
  ]
    .join(' ')
    .trimEnd();
};

/**
 * The notes that fit. Those of tasks that did not complete say what went wrong and come first; when many tasks
 * completed, what their agents said is in the agents' results only.
 */
const packNotes = (tasks: readonly TaskRecord[], length: number): Record<string, string> => {
  const notes: Record<string, string> = {};
  let left = length;
  const noted = [...tasks.entries()].filter(([, task]) => task.note !== '');
  for (const completed of [false, true]) {
    const group = noted.filter(([, task]) => (task.state === 'completed') === completed);
    const room = Math.floor(left / Math.max(1, group.length)) - NOTE_OVERHEAD;
    if (room < SHORTEST_NOTE) continue;
    for (const [place, task] of group) {
      const note = task.note.slice(0, room).toWellFormed();
      notes[place] = note;
      left -= note.length + NOTE_OVERHEAD;
    }
  }
  return notes;
};

/** `<count>`, or `<count>:<claimed>`. */
const packCounts = (outside: OutsideChanges | undefined): string =>
  outside === undefined
    ? ''
    : [outside.count, ...(outside.claimed === undefined ? [] : [outside.claimed])]
        .map((count) => count.toString(36))
        .join(':');

const unpackOutside = (counts: string, paths: OutsideChanges['paths'] = []): OutsideChanges => {
  const [count = 0, claimed] = counts.split(':').map((text) => Number.parseInt(text, 36));
  return { count, paths, ...(claimed === undefined ? {} : { claimed }) };
};

const packOutside = (tasks: readonly TaskRecord[]): Pick<PackedTasks, 'outside'> => {
  const outside: Record<string, OutsideChanges['paths']> = {};
  let left = OUTSIDE_LENGTH;
  for (const [place, task] of tasks.entries()) {
    const { paths = [] } = task.outside ?? {};
    const length = paths.reduce((sum, path) => sum + path.length + NOTE_OVERHEAD, 0);
    if (length === 0 || length > left) continue;
    outside[place] = paths;
    left -= length;
  }
  return Object.keys(outside).length === 0 ? {} : { outside };
};

/** @param epoch the start of the swarm, in milliseconds */
export const packTasks = (tasks: readonly TaskRecord[], epoch: number): PackedTasks => {
  const previous: Record<string, readonly AttemptNote[]> = {};
  for (const [place, task] of tasks.entries()) if (task.previous.length > 0) previous[place] = task.previous;
  let from = epoch;
  const lines = tasks
    .map((task, place) => {
      const line = packLine(task, place, from);
      from = task.startedAt ?? from;
      return line;
    })
    .join('|');
  const room = Math.min(NOTES_LENGTH, TASKS_LENGTH - lines.length);
  return { lines, relative: true, notes: packNotes(tasks, room), previous, ...packOutside(tasks) };
};

export const unpackTasks = (
  packed: PackedTasks,
  outlines: readonly TaskOutline[],
  epoch: number,
): TaskRecord[] => {
  const lines = packed.lines.split('|');
  const relative = packed.relative === true;
  let from = epoch;
  return outlines.map((outline, place) => {
    const fields = (lines[place] ?? '').split(' ');
    const [codes = '', attempts = '', commit = '', started = '', ended = '', usage = ''] = fields;
    const [ordinal, auto, outside = ''] = fields.slice(6);
    const landing = LANDINGS[Number.parseInt(codes[1] ?? '', 10)];
    const startedAt = started === '' ? undefined : from + Number.parseInt(started, 36);
    const endedAt =
      ended === '' ? undefined : (relative ? (startedAt ?? from) : epoch) + Number.parseInt(ended, 36);
    if (relative) from = startedAt ?? from;
    return {
      outline,
      ordinal: ordinal === undefined || ordinal === '' ? place : Number.parseInt(ordinal, 36),
      state: TASK_STATES[Number.parseInt(codes[0] ?? '0', 10)] ?? 'pending',
      attempts: attempts === '' ? 0 : Number.parseInt(attempts, 36),
      ...(commit === '' ? {} : { commit: lengthen(commit, commit.length === SHORT_SHA1 ? 40 : 64) }),
      ...(landing === undefined ? {} : { landing }),
      ...(outside === '' ? {} : { outside: unpackOutside(outside, packed.outside?.[place]) }),
      note: packed.notes[place] ?? '',
      ...(startedAt === undefined ? {} : { startedAt }),
      ...(endedAt === undefined ? {} : { endedAt }),
      usage: unpackUsage(usage),
      previous: packed.previous[place] ?? [],
      autoAnswers: auto === undefined || auto === '' ? 0 : Number.parseInt(auto, 36),
    };
  });
};
