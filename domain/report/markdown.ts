/** The report of a swarm as Markdown. Only facts; what a model writes about them is one section of its own. */
import { cell, code, inline, markdownTable, paragraphs, quote } from '../markdown.ts';
import type { PlanVersion } from '../plan/plan.ts';
import { outsideText } from '../agents/declared-files.ts';
import { comparisonSection } from './comparison.ts';
import { mergesSection } from './merges.ts';
import { flakyCommits, verificationsPart } from './verifications.ts';
import { rows, shortSha } from './rows.ts';
import type { DiskFigures, Report } from './report.ts';
import type { Decision, DecisionAction, TaskView } from '../swarm/swarm.ts';
import { clip } from '../text.ts';
import type { Usage } from '../models/usage.ts';

/** Tasks that are listed for what they changed outside of their files. */
const OUTSIDE_TASKS = 100;

export interface ReportClock {
  /** Milliseconds of an ISO 8601 time; the domain has no clock of its own. */
  readonly parse: (iso: string) => number;
}

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
const capitalised = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** `2026-11-21 07:40:12` */
const time = (iso: string | undefined): string =>
  iso === undefined ? '' : inline(iso.replace('T', ' ').replace(/(\.\d+)?Z$/, ''));

const durationText = (ms: number): string => {
  if (!Number.isFinite(ms) || ms < 0) return '';
  const seconds = ms / 1_000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

const between = (clock: ReportClock, start?: string, end?: string): string =>
  start === undefined || end === undefined ? '' : durationText(clock.parse(end) - clock.parse(start));

const costText = ({ costUsd, costIncomplete, calls }: Usage): string => {
  if (calls === 0) return '';
  const dollars = `$${costUsd.toFixed(costUsd < 1 ? 4 : 2)}`;
  return costIncomplete ? `at least ${dollars}` : dollars;
};

const section = (title: string, ...parts: readonly string[]): string[] => {
  const body = parts.filter((part) => part !== '');
  return body.length === 0 ? [] : [`## ${title}`, ...body];
};

const OUTCOMES: Readonly<Record<Report['outcome'], string>> = {
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

const headline = (report: Report): string => {
  const { outcome, result, reason } = report;
  const what =
    result === undefined
      ? 'no branch was delivered'
      : `branch ${code(result.branch)} at ${shortSha(result.commit)}`;
  return `**${OUTCOMES[outcome]}**: ${what}.${reason === undefined ? '' : ` ${inline(reason)}`}`;
};

const TASK_STATES_IN_ORDER: readonly TaskView['state'][] = [
  'completed',
  'failed',
  'timeout',
  'skipped',
  'cancelled',
  'pending',
  'assigned',
  'in_progress',
];

const taskCounts = (tasks: readonly TaskView[]): string => {
  const counts = TASK_STATES_IN_ORDER.map((state) => ({
    state,
    count: tasks.filter((task) => task.state === state).length,
  })).filter(({ count }) => count > 0);
  const states = counts.map(({ state, count }) => `${count} ${state.replaceAll('_', ' ')}`).join(', ');
  const landed = tasks.filter(({ landing }) => landing === 'landed').length;
  return `${tasks.length}${states === '' ? '' : `: ${states}`}; ${landed} landed`;
};

const glance = (report: Report, clock: ReportClock): string => {
  const { usage, verifications, decisions, planVersions } = report;
  const red = verifications.filter(({ result }) => !result.ok).length;
  const flaky = flakyCommits(verifications).size;
  const byPerson = decisions.filter(({ answer }) => answer?.by === 'person').length;
  const facts: [string, string][] = [
    ['Repository', code(report.repository)],
    ['Base', `${code(report.baseBranch)} at ${shortSha(report.baseCommit)}`],
    ['Tasks', taskCounts(report.tasks)],
    ['Versions of the plan', String(planVersions.length)],
    [
      'Verifications',
      `${verifications.length}${red === 0 ? '' : `, ${red} red`}${flaky === 0 ? '' : `, ${flaky} flaky`}`,
    ],
    ['Decisions', `${decisions.length}${byPerson === 0 ? '' : `, ${byPerson} by a person`}`],
    [
      'Time',
      `${between(clock, report.startedAt, report.endedAt)} (${time(report.startedAt)} to ${time(report.endedAt)} UTC)`,
    ],
    ['Disk', report.disk === undefined ? '' : diskText(report.disk)],
    ['Model calls', usage.calls === 0 ? 'none' : `${usage.calls}: ${tokenText(usage)}`],
    [
      'Cost',
      usage.calls === 0
        ? 'none'
        : `${costText(usage)}${usage.costIncomplete ? ' (the price of a model is not known)' : ''}`,
    ],
  ];
  return markdownTable(
    ['', ''],
    facts.filter(([, value]) => value !== ''),
  );
};

const MIB = 1_048_576;

const diskText = ({ hub, agents, verifications, caches, free }: DiskFigures): string => {
  const size = (bytes: number): string =>
    bytes < 1_024 * MIB ? `${Math.ceil(bytes / MIB)} MB` : `${(bytes / 1_024 / MIB).toFixed(1)} GB`;
  return `hub ${size(hub)}, agents' logs ${size(agents)}, verifications ${size(verifications)}, caches ${size(caches)}; ${size(free)} free`;
};

const tokenText = (usage: Usage): string =>
  [
    `${usage.inputTokens} tokens in`,
    `${usage.outputTokens} out`,
    ...(usage.cacheReadTokens === 0 ? [] : [`${usage.cacheReadTokens} read from the cache`]),
    ...(usage.cacheWriteTokens === 0 ? [] : [`${usage.cacheWriteTokens} written to it`]),
  ].join(', ');

const changesText = ({ changes }: PlanVersion): string =>
  changes
    .slice(0, 30)
    .map(({ kind, taskId, fields }) => {
      const which = fields === undefined || fields.length === 0 ? '' : ` (${fields.join(', ')})`;
      return `${kind} ${code(taskId)}${which}`;
    })
    .join(', ') + (changes.length > 30 ? ` and ${changes.length - 30} more` : '');

const planVersion = (version: PlanVersion): string =>
  [
    `### Version ${version.version}: ${version.state}`,
    `${plural(version.taskCount, 'task')}, from ${version.origin === 'model' ? 'a model' : version.origin === 'edit' ? 'edits' : 'a file'}.`,
    version.summary.trim() === '' ? '' : paragraphs(version.summary),
    version.changes.length === 0 ? '' : `Changed against the version before: ${changesText(version)}.`,
    version.feedback === undefined ? '' : `Rejected with:\n\n${quote(version.feedback)}`,
    version.warnings.length === 0 ? '' : version.warnings.map((warning) => `- ${inline(warning)}`).join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n');

const tasksTable = (tasks: readonly TaskView[], clock: ReportClock): string => {
  const head = ['Task', 'Title', 'State', 'Attempts', 'Commit', 'Result', 'Time', 'Cost', 'Note'];
  const row = (task: TaskView): string[] => [
    code(task.id),
    cell(task.title),
    task.state.replaceAll('_', ' '),
    String(task.attempts),
    task.commit === undefined ? ' ' : shortSha(task.commit),
    task.landing === 'empty' ? 'nothing to merge' : (task.landing ?? ' '),
    between(clock, task.startedAt, task.endedAt) || ' ',
    costText(task.usage) || ' ',
    cell(clip(task.note, 500)),
  ];
  return tasks.length === 0 ? '' : markdownTable(head, rows(tasks, row, head.length));
};

/** What branches changed besides the files that their tasks had declared. */
const outsideList = (tasks: readonly TaskView[]): string => {
  const found = tasks.flatMap(({ id, outside }) => (outside === undefined ? [] : [{ id, outside }]));
  if (found.length === 0) return '';
  const lines = found
    .slice(0, OUTSIDE_TASKS)
    .map(({ id, outside }) => `- ${code(id)}: ${inline(outsideText(outside))}`);
  const more = found.length - lines.length;
  return [
    'Changed besides the files that the task had declared:\n',
    ...lines,
    ...(more > 0 ? [`- … ${plural(more, 'more task')} in report.json`] : []),
  ].join('\n');
};

const WHO: Readonly<Record<NonNullable<Decision['answer']>['by'], string>> = {
  person: 'a person',
  policy: 'policy',
  timeout: 'nobody in time',
};

const ANSWERS: Readonly<Record<DecisionAction, string>> = {
  approve: 'approved',
  reject: 'rejected',
  manual: 'taken by a person',
  done: 'done by hand',
};

const decisionsTable = (decisions: readonly Decision[]): string => {
  const head = ['Decision', 'Gate', 'Question', 'Answer', 'By', 'At (UTC)', 'Feedback'];
  const row = ({ id, kind, question, answer }: Decision): string[] => [
    code(id),
    kind,
    cell(clip(question, 300)),
    answer === undefined ? 'open' : ANSWERS[answer.action],
    answer === undefined ? ' ' : WHO[answer.by],
    time(answer?.at) || ' ',
    cell(clip(answer?.feedback ?? '', 500)),
  ];
  return decisions.length === 0 ? '' : markdownTable(head, rows(decisions, row, head.length));
};

export const reportMarkdown = (report: Report, clock: ReportClock): string => {
  const { narrative, warnings } = report;
  return `${[
    `# Report of swarm ${code(report.swarmId)}`,
    headline(report),
    ...(narrative === undefined || narrative.trim() === ''
      ? []
      : section(
          'Summary',
          paragraphs(narrative, { lists: true }),
          '_Written by a model from the facts below._',
        )),
    ...section('At a glance', glance(report, clock)),
    ...section('Goal', quote(report.goal)),
    ...section('Plan', ...report.planVersions.map(planVersion)),
    ...section('Tasks', tasksTable(report.tasks, clock), outsideList(report.tasks)),
    ...section('Comparison', ...comparisonSection(report.comparison)),
    ...section('Merges', ...mergesSection(report)),
    ...section('Verification', ...verificationsPart(report)),
    ...section('Decisions', decisionsTable(report.decisions)),
    ...section('Warnings', warnings.map((warning) => `- ${capitalised(inline(warning))}`).join('\n')),
  ].join('\n\n')}\n`;
};
