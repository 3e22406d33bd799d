/** A plan as lines: what it says, what is new in it, what a person should know before approving. */
import { forecastLines } from '../../domain/plan/forecast.ts';
import type { Plan, PlanChange, PlanVersion, Task } from '../../domain/plan/plan.ts';
import { duration, plural, table, type Cell } from '../output/format.ts';
import { oneLine } from '../output/one-line.ts';
import { plain } from '../output/plain-text.ts';
import type { Style } from '../output/style.ts';
import type { Look } from './swarm-view.ts';

const CHANGE_SIGNS: Readonly<Record<PlanChange['kind'], string>> = { added: '+', removed: '-', changed: '~' };

const changeLines = (changes: readonly PlanChange[], style: Style): readonly string[] =>
  changes.map((change) => {
    const paint = { added: style.green, removed: style.red, changed: style.yellow }[change.kind];
    const fields = change.fields === undefined ? '' : `: ${change.fields.join(', ')}`;
    return paint(`${CHANGE_SIGNS[change.kind]} ${oneLine(change.taskId, 40)}${fields}`);
  });

const versionHead = (version: PlanVersion, style: Style): string => {
  const paint = { proposed: style.yellow, approved: style.green, rejected: style.red, superseded: style.dim }[
    version.state
  ];
  const origin = { file: 'from a file', model: 'by the planner', edit: 'edited' }[version.origin];
  return `${style.bold(`version ${version.version}`)}  ${paint(version.state)}  ${plural(version.taskCount, 'task')}, ${origin}`;
};

/** One version, without its tasks. */
export const versionLines = (version: PlanVersion, look: Look): readonly string[] => {
  const { style } = look;
  return [
    versionHead(version, style),
    ...(version.feedback === undefined ? [] : [`rejected: ${oneLine(version.feedback, 2_000)}`]),
    ...(version.version > 1 ? changeLines(version.changes, style).map((line) => `  ${line}`) : []),
    ...(version.forecast === undefined ? [] : forecastLines(version.forecast)),
    ...version.warnings.map((warning) => style.yellow(`! ${oneLine(warning, 500)}`)),
  ];
};

const taskRow = (task: Task, style: Style): readonly Cell[] => [
  { text: task.id, paint: style.bold },
  { text: String(task.priority) },
  { text: oneLine(task.dependsOn.join(', '), 40), paint: style.dim },
  {
    text: oneLine([task.role, task.executor, task.model].filter((word) => word !== undefined).join(' '), 30),
  },
  { text: oneLine(task.title, 200) },
];

/** The tasks as a table. */
const planTaskLines = (plan: Plan, look: Look): readonly string[] => {
  const { style } = look;
  const names = ['task', 'prio', 'after', '', 'what'];
  const head = names.map((text): Cell => ({ text, paint: style.dim }));
  return table(
    head,
    plan.tasks.map((task) => taskRow(task, style)),
    look.width,
  );
};

/** A version with its tasks, for approval. */
export const planLines = (version: PlanVersion, plan: Plan, look: Look): readonly string[] => {
  const summary = plain(plan.summary).trim();
  return [
    ...versionLines(version, look),
    ...(summary === '' ? [] : ['', ...summary.split('\n')]),
    '',
    ...planTaskLines(plan, look),
  ];
};

/** Everything that a plan says of one task. */
export const taskDetailLines = (task: Task, style: Style): readonly string[] => {
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['title', oneLine(task.title, 500)],
    ['priority', String(task.priority)],
    ['after', task.dependsOn.join(', ')],
    ['category', task.category],
    ['files', task.files.join(', ')],
    ['executor', task.executor],
    ['model', task.model],
    ['command', task.command],
    ['acceptance', task.acceptance],
    ['time limit', task.timeoutSeconds === undefined ? undefined : duration(task.timeoutSeconds * 1_000)],
    ['phase', task.phase],
    ['role', task.role],
    ['estimate', task.estimateMinutes === undefined ? undefined : `${task.estimateMinutes} min`],
    ['retries', task.retries === undefined ? undefined : String(task.retries)],
  ];
  const shown = facts.flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [`${style.dim(name.padEnd(10))}  ${oneLine(value, 2_000)}`],
  );
  const description = plain(task.description).trim();
  return description === '' ? shown : [...shown, '', ...description.split('\n')];
};
