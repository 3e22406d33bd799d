/** Schedules as text. */
import type { ScheduleDetails, ScheduleView } from '../../api/schedules/read.ts';
import { plural, table, type Cell } from '../output/format.ts';
import { oneLine } from '../output/one-line.ts';
import type { Look } from './swarm-view.ts';

const SHOWN_TIMES = 3;

/** In the schedule's own time zone, where its times are as they were asked for. */
const minute = (iso: string, zone = 'UTC'): string => {
  try {
    const local = new Intl.DateTimeFormat('sv-SE', {
      timeZone: zone,
      dateStyle: 'short',
      timeStyle: 'short',
    });
    return `${local.format(new Date(iso))} ${zone}`;
  } catch {
    // A zone that Temporal knows and this machine does not.
    return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
  }
};

export const schedulesTable = (
  schedules: readonly ScheduleView[],
  { style, width }: Look,
): readonly string[] => {
  const head = ['schedule', 'when', 'next', 'latest swarm', 'goal'].map((text): Cell => ({
    text,
    paint: style.dim,
  }));
  const rows = schedules.map((one): readonly Cell[] => [
    { text: one.name },
    { text: oneLine(one.when, 40) },
    one.paused
      ? { text: 'paused', paint: style.yellow }
      : { text: one.next[0] === undefined ? 'never' : minute(one.next[0], one.timezone) },
    { text: one.recent.at(-1)?.swarmId ?? 'none yet' },
    { text: oneLine(one.goal, 200) },
  ]);
  return schedules.length === 0
    ? ['No schedules. drover schedule create <name> "<goal>" --cron "0 3 * * *" makes one']
    : table(head, rows, width);
};

const OVERLAP_WORDS: Readonly<Record<ScheduleDetails['overlap'], string>> = {
  skip: 'the next one is left out while one is at work',
  'buffer-one': 'one waits while another is at work',
  'buffer-all': 'all wait while another is at work',
  'cancel-other': 'the next one cancels the one at work',
  'terminate-other': 'the next one ends the one at work at once',
  'allow-all': 'they may work at the same time',
};

export const scheduleLines = (schedule: ScheduleDetails): readonly string[] => {
  const { start, taken, missed, skipped, next, recent } = schedule;
  const plan =
    start?.plan === undefined
      ? 'made by a model each time'
      : `${plural(start.plan.tasks.length, 'task')}, fixed`;
  const at = (iso: string): string => minute(iso, schedule.timezone);
  return [
    `${schedule.name}: ${oneLine(schedule.goal, 500)}`,
    `  repository  ${oneLine(schedule.repository, 500)}${start?.base === undefined ? '' : `, from ${oneLine(start.base, 200)}`}`,
    ...(start === undefined
      ? ['  ! what it starts is not in this store; delete it and create it again']
      : [`  plan        ${plan}, ${start.approve ? 'approved beforehand' : 'waits for your approval'}`]),
    `  when        ${oneLine(schedule.when, 500)}`,
    `  overlap     ${schedule.overlap}: ${OVERLAP_WORDS[schedule.overlap]}`,
    `  so far      ${taken} started, ${skipped} left out, ${missed} missed`,
    ...(schedule.paused ? [`  paused      ${oneLine(schedule.note, 500)}`] : []),
    ...(schedule.paused || next.length === 0
      ? []
      : [`  next        ${next.slice(0, SHOWN_TIMES).map(at).join(', ')}`]),
    ...recent.slice(-SHOWN_TIMES).map(({ swarmId, startedAt }) => `  ${at(startedAt)}  ${swarmId}`),
  ];
};
