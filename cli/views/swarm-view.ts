/** One swarm as lines: its phase, its tasks, the agents at work, and what it waits for. */
import { hasEnded, isRunning } from '../../api/swarm-actions.ts';
import { deliveryLines } from '../../domain/delivery/delivery.ts';
import {
  TASK_STATES,
  type Decision,
  type SwarmView,
  type TaskState,
  type TaskView,
} from '../../domain/swarm/swarm.ts';
import type { Snapshot } from '../follow/snapshot.ts';
import { columns, cost, elapsed, plural, table, type Cell } from '../output/format.ts';
import { oneLine } from '../output/one-line.ts';
import { plain } from '../output/plain-text.ts';
import type { Style } from '../output/style.ts';
import { countsText, phasePaint, phaseText, taskPaint, taskSign, taskStateName } from './words.ts';

/** `drover status` of a plan with more tasks shows those that matter most; `--json` has all. */
const STATUS_TASKS = 200;

export interface Look {
  readonly style: Style;
  readonly width: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The newest line of each agent at work. */
export type LastWords = ReadonlyMap<string, string>;

export const headLines = (view: SwarmView, look: Look): readonly string[] => {
  const { style } = look;
  const paid = cost(view.usage);
  const facts = [
    phasePaint(view.phase, style)(phaseText(view)),
    elapsed(view.startedAt, view.endedAt, look.now),
    countsText(view.counts),
    ...(view.landed > 0 ? [`${view.landed} landed`] : []),
    ...(paid === '' ? [] : [paid]),
  ];
  return [
    `${style.bold(view.swarmId)}  ${oneLine(view.goal, Math.max(20, look.width - view.swarmId.length - 2))}`,
    facts.join(style.dim(' · ')),
  ];
};

const note = (task: TaskView, lastWords: LastWords): string => {
  // A note on a running task says why its agent waits.
  if (isRunning(task) && task.note !== '') return oneLine(task.note);
  if (isRunning(task)) return task.agentId === undefined ? '' : (lastWords.get(task.agentId) ?? '');
  if (task.state === 'pending' && task.dependsOn.length > 0 && task.note === '')
    return `after ${task.dependsOn.join(', ')}`;
  return task.landing === 'landed' && task.note === '' ? 'landed' : oneLine(task.note);
};

const taskRow = (task: TaskView, lastWords: LastWords, look: Look): readonly Cell[] => {
  const paint = task.landing === 'skipped' ? look.style.yellow : taskPaint(task.state, look.style);
  const attempt = task.attempts > 1 ? ` (attempt ${task.attempts})` : '';
  return [
    { text: taskSign(task.state), paint },
    { text: task.id },
    { text: (task.landing === 'skipped' ? 'left out' : taskStateName(task.state)) + attempt, paint },
    { text: task.agentId ?? '' },
    { text: elapsed(task.startedAt, task.endedAt, look.now) },
    { text: cost(task.usage) },
    { text: note(task, lastWords), paint: look.style.dim },
  ];
};

const urgency = (task: TaskView): number => {
  if (isRunning(task)) return 0;
  if (task.state === 'failed' || task.state === 'timeout') return 1;
  return task.state === 'pending' ? 2 : 3;
};

/** The tasks that matter most when not all fit: at work, failed, waiting, then the last that ended. */
const chosen = (tasks: readonly TaskView[], rows: number): readonly TaskView[] => {
  if (tasks.length <= rows) return tasks;
  const ranked = [...tasks].sort(
    (a, b) => urgency(a) - urgency(b) || (b.endedAt ?? '').localeCompare(a.endedAt ?? ''),
  );
  const kept = new Set(ranked.slice(0, rows));
  return tasks.filter((task) => kept.has(task));
};

const countStates = (tasks: readonly TaskView[]): Record<TaskState, number> => {
  const counts = Object.fromEntries(TASK_STATES.map((state) => [state, 0])) as Record<TaskState, number>;
  for (const task of tasks) counts[task.state]++;
  return counts;
};

/** At most `rows` tasks, and what the rest is. */
export const someTaskLines = (
  tasks: readonly TaskView[],
  lastWords: LastWords,
  look: Look,
  options: { readonly rows: number; readonly heading: boolean },
): readonly string[] => {
  const shown = new Set(chosen(tasks, options.rows));
  const left = tasks.filter((task) => !shown.has(task));
  return [
    ...taskLines([...shown], lastWords, look, options.heading),
    ...(left.length > 0 ? [look.style.dim(`… ${left.length} more: ${countsText(countStates(left))}`)] : []),
  ];
};

/** The tasks as a table; `heading` as its first line. */
export const taskLines = (
  tasks: readonly TaskView[],
  lastWords: LastWords,
  look: Look,
  heading = true,
): readonly string[] => {
  const head: readonly Cell[] = ['', 'task', 'state', 'agent', 'time', 'cost', ''].map((text) => ({
    text,
    paint: look.style.dim,
  }));
  const rows = tasks.map((task) => taskRow(task, lastWords, look));
  const lines = tasks.length === 0 ? [] : table(head, rows, look.width);
  return heading ? lines : lines.slice(1);
};

/** Agents that repair a conflict or a red build, with what they did last. */
export const fixerLines = (snapshot: Snapshot, lastWords: LastWords, look: Look): readonly string[] =>
  columns(
    snapshot.fixers.map((fixer) => [
      { text: taskSign('in_progress'), paint: look.style.cyan },
      { text: fixer.agentId },
      { text: `repairs the ${fixer.fixes ?? 'branch'} of ${fixer.taskId}`, paint: look.style.cyan },
      { text: lastWords.get(fixer.agentId) ?? '', paint: look.style.dim },
    ]),
    look.width,
  );

/** How to answer a decision, as commands ready to copy. */
const answerHints = (swarmId: string, decision: Decision): readonly string[] => [
  ...(decision.choices ?? []).slice(0, 10).map((choice) => `drover pick ${swarmId} ${choice}`),
  `drover decide ${swarmId} ${decision.id} approve    ${oneLine(decision.approveMeans)}`,
  `drover decide ${swarmId} ${decision.id} reject     ${oneLine(decision.rejectMeans)}`,
  ...(decision.worktree !== undefined
    ? [
        `drover decide ${swarmId} ${decision.id} --done     You have resolved it in ${oneLine(decision.worktree)}`,
      ]
    : decision.manualMeans === undefined
      ? []
      : [`drover decide ${swarmId} ${decision.id} manual     ${oneLine(decision.manualMeans)}`]),
];

/** A decision in full: the question, what is needed to answer it, and how. */
export const decisionLines = (swarmId: string, decision: Decision, look: Look): readonly string[] => {
  const { style } = look;
  const tasks = decision.taskIds.length === 0 ? '' : ` (${decision.taskIds.slice(0, 10).join(', ')})`;
  const head = `${decision.id}  ${decision.kind}${tasks}: ${oneLine(decision.question, 500)}`;
  if (decision.answer !== undefined) {
    const feedback = decision.answer.feedback === undefined ? '' : `: ${oneLine(decision.answer.feedback)}`;
    return [
      `${style.dim('✓')} ${head}`,
      style.dim(`    ${decision.answer.action} by ${decision.answer.by}${feedback}`),
    ];
  }
  const detail = plain(decision.detail).trim();
  return [
    style.yellow(`? ${head}`),
    ...(decision.refused === undefined
      ? []
      : [style.red(`    Not taken over: ${oneLine(decision.refused.reason, 2_000)}`)]),
    ...(detail === '' ? [] : detail.split('\n').map((line) => style.dim(`    ${line}`))),
    ...answerHints(swarmId, decision).map((hint) => `    ${hint}`),
  ];
};

/** A plan from a file is changed by hand; one by the model is sent back to it. */
export const changeHint = ({ swarmId, plan }: SwarmView): string =>
  plan?.origin === 'model'
    ? `drover reject ${swarmId} --feedback "<what should be different>"`
    : `drover plan ${swarmId} --edit`;

/** That of the swarm's own plan is told in its own words; that of a member of a team is a decision like any. */
export const isOfOwnPlan = ({ kind, taskIds }: Decision): boolean => kind === 'plan' && taskIds.length === 0;

/** What the swarm waits for from a person, as commands ready to copy. */
export const waitingLines = (
  snapshot: Pick<Snapshot, 'view' | 'decisions'>,
  look: Look,
): readonly string[] => {
  const { view, decisions } = snapshot;
  const lines: string[] = [];
  if (view.phase === 'awaiting_approval' && view.plan !== undefined)
    lines.push(
      look.style.yellow(
        `? version ${view.plan.version} of the plan (${plural(view.plan.taskCount, 'task')}) awaits approval`,
      ),
      `    drover plan ${view.swarmId}`,
      `    drover approve ${view.swarmId}`,
      `    ${changeHint(view)}`,
    );
  for (const decision of decisions)
    if (decision.answer === undefined && !isOfOwnPlan(decision))
      lines.push(...decisionLines(view.swarmId, decision, look));
  return lines;
};

export const endLines = (view: SwarmView, look: Look): readonly string[] => {
  if (!hasEnded(view)) return [];
  const { style } = look;
  return [
    ...(view.reason === undefined ? [] : [style.red(oneLine(view.reason, 2_000))]),
    ...(view.result === undefined
      ? []
      : [
          `branch  ${style.bold(view.result.branch)} at ${view.result.commit.slice(0, 12)} in ${plain(view.repository)}`,
          ...deliveryLines(view.delivered ?? {}).map((line) => `        ${plain(line)}`),
        ]),
    ...(view.result === undefined ? [] : [`report  drover report ${view.swarmId}`]),
  ];
};

const warningLines = (view: SwarmView, style: Style): readonly string[] =>
  view.warnings.map((warning) => style.yellow(`! ${oneLine(warning, 500)}`));

/** All of it, for `drover status <swarm>`. */
export const swarmLines = (snapshot: Snapshot, lastWords: LastWords, look: Look): readonly string[] => {
  const { view, tasks } = snapshot;
  const facts: readonly Cell[][] = [
    [{ text: 'repository' }, { text: plain(view.repository) }],
    [{ text: 'base' }, { text: `${plain(view.baseBranch)} at ${view.baseCommit.slice(0, 12)}` }],
    [{ text: 'directory' }, { text: plain(view.directory) }],
    [{ text: 'at once' }, { text: plural(view.parallelism, 'agent') }],
  ];
  const sections = [
    headLines(view, look),
    columns(facts, look.width).map((line) => look.style.dim(line)),
    warningLines(view, look.style),
    someTaskLines(tasks, lastWords, look, { rows: STATUS_TASKS, heading: true }),
    fixerLines(snapshot, lastWords, look),
    waitingLines(snapshot, look),
    endLines(view, look),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
};
