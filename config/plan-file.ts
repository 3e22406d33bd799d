/**
 * Reads a plan that a person or a program wrote: `{goal, summary, tasks}` or a plain list of features, in YAML or
 * JSON. Fills in defaults and finds every problem at once, with its line.
 */
import { slug } from '../domain/names.ts';
import type { Plan, PlanProblem, Task } from '../domain/plan/plan.ts';
import { cleanPlan, graphProblems, planProblems } from '../domain/plan/problems.ts';
import { taskProblems } from '../domain/plan/task-fields.ts';
import { clip, plainLine } from '../domain/text.ts';
import { planFile, type PlanFileInput, type PlanFileTask } from './plan-schema.ts';
import { configError, configWarning, inFileOrder, isError, type ConfigProblem } from './problem.ts';
import { schemaProblems } from './schema-issues.ts';
import { readYaml, type YamlText } from './yaml-text.ts';

const MAX_BYTES = 10 * 1_048_576;
/** Problems that are listed; the rest is counted. */
const LISTED = 50;

export interface ReadPlanFile {
  /** Absent when there is an error. */
  readonly plan?: Plan;
  readonly problems: readonly ConfigProblem[];
}

export interface PlanFileOptions {
  /** Of the file, as it is shown to the person. */
  readonly path: string;
  /** Counts more than the goal in the file. */
  readonly goal?: string;
}

interface Listed {
  readonly raw: PlanFileTask;
  /** Where it stands in the file. */
  readonly at: readonly PropertyKey[];
}

/** What ids and dependencies may call a task by. */
interface Named extends Listed {
  readonly id: string;
}

const isDone = ({ passes, status }: PlanFileTask): boolean =>
  passes === true || ['passing', 'done', 'completed'].includes(status?.toLowerCase() ?? '');

const nameOf = ({ title, name }: PlanFileTask): string | undefined => title ?? name;

/** Gives each task an id: its own, else one made from its title that no other task has. */
const withIds = (tasks: readonly Listed[], kind: 'task' | 'feature'): Named[] => {
  const own = tasks.map(({ raw }) =>
    typeof raw.id === 'number' ? `${kind}-${raw.id}` : raw.id === undefined ? undefined : raw.id.trim(),
  );
  const taken = new Set(own);
  return tasks.map((task, index) => {
    const given = own[index];
    if (given !== undefined) return { ...task, id: given };
    const base = slug(nameOf(task.raw) ?? task.raw.description ?? '', 36, `${kind}-${index + 1}`);
    let id = base;
    for (let count = 2; taken.has(id); count += 1) id = `${base}-${count}`.slice(-40).replace(/^-+/, '');
    taken.add(id);
    return { ...task, id };
  });
};

/** Finds the id of the task that a dependency means, by its id, its number or its title. */
const resolver = (
  tasks: readonly Named[],
  kind: 'task' | 'feature',
): ((reference: string | number) => string) => {
  const byId = new Map(tasks.map(({ id }) => [id, id]));
  const byRawId = new Map(tasks.map(({ raw, id }) => [String(raw.id ?? id), id]));
  const byName = new Map(tasks.toReversed().map(({ raw, id }) => [nameOf(raw) ?? id, id]));
  return (reference) => {
    const text = String(reference).trim();
    const numbered = /^\d+$/.test(text) ? byId.get(`${kind}-${text}`) : undefined;
    return byId.get(text) ?? byRawId.get(text) ?? numbered ?? byName.get(text) ?? text;
  };
};

const asList = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T];

const description = ({ description, steps }: PlanFileTask, title: string): string => {
  const list = steps === undefined ? '' : steps.map((step, index) => `${index + 1}. ${step}`).join('\n');
  const text = [description ?? '', list].filter((part) => part.trim() !== '').join('\n\n');
  return text === '' ? title : text;
};

const toTask = ({ raw, id }: Named, resolve: (reference: string | number) => string): Task => {
  const title = nameOf(raw) ?? clip(plainLine(raw.description ?? raw.command ?? ''), 120);
  const allowEmpty = raw.allowEmpty ?? raw.allow_empty;
  const role = raw.role ?? raw.specialist ?? raw.agent_type;
  const readOnly = raw.readOnly ?? raw.read_only;
  const estimateMinutes = raw.estimateMinutes ?? raw.estimate_minutes;
  return {
    id,
    title,
    description: description(raw, title),
    dependsOn: asList(raw.dependsOn ?? raw.depends_on).map(resolve),
    priority: raw.priority ?? 2,
    category: raw.category ?? 'default',
    files: asList(raw.files),
    ...(raw.executor === undefined ? {} : { executor: raw.executor }),
    ...(raw.model === undefined ? {} : { model: raw.model }),
    ...(raw.command === undefined ? {} : { command: raw.command }),
    ...(raw.acceptance === undefined ? {} : { acceptance: raw.acceptance }),
    ...(raw.timeout === undefined ? {} : { timeoutSeconds: raw.timeout }),
    ...(raw.retries === undefined ? {} : { retries: raw.retries }),
    ...(allowEmpty === undefined ? {} : { allowEmpty }),
    ...(role === undefined ? {} : { role }),
    ...(readOnly === undefined ? {} : { readOnly }),
    ...(raw.phase === undefined ? {} : { phase: raw.phase }),
    ...(estimateMinutes === undefined ? {} : { estimateMinutes }),
  };
};

/** Names of a field in the file, for finding its line. */
const KEYS: Partial<Record<keyof Task, readonly string[]>> = {
  title: ['title', 'name'],
  dependsOn: ['dependsOn', 'depends_on'],
  timeoutSeconds: ['timeout'],
  allowEmpty: ['allowEmpty', 'allow_empty'],
  role: ['role', 'specialist', 'agent_type'],
  readOnly: ['readOnly', 'read_only'],
  phase: ['phase'],
  estimateMinutes: ['estimateMinutes', 'estimate_minutes'],
};

/** What the file calls the field of a task, if it is there. */
const keyOf = ({ raw }: Named, field: keyof Task | undefined): string | undefined =>
  (field === undefined ? [] : (KEYS[field] ?? [field])).find((name) => Object.hasOwn(raw, name));

const located = (
  { severity, field, message }: PlanProblem,
  task: Named | undefined,
  path: string,
  locate: YamlText['locate'],
): ConfigProblem => {
  const key = task === undefined ? undefined : keyOf(task, field);
  const position = task === undefined ? undefined : locate(key === undefined ? task.at : [...task.at, key]);
  return severity === 'error' ? configError(path, message, position) : configWarning(path, message, position);
};

const capped = (problems: readonly ConfigProblem[], path: string): readonly ConfigProblem[] =>
  problems.length <= LISTED
    ? problems
    : [...problems.slice(0, LISTED), configError(path, `… and ${problems.length - LISTED} more`)];

/** The tasks of the file with their places, and what the goal and the summary are. */
const parts = (value: PlanFileInput | readonly PlanFileTask[]) => {
  const file: PlanFileInput = Array.isArray(value)
    ? { features: value as readonly PlanFileTask[] as PlanFileTask[] }
    : (value as PlanFileInput);
  const inList = Array.isArray(value);
  const listed = (tasks: readonly PlanFileTask[] | undefined, key: string): Listed[] =>
    (tasks ?? []).map((raw, index) => ({ raw, at: inList ? [index] : [key, index] }));
  return {
    goal: file.goal,
    summary: file.summary,
    kind: file.features === undefined ? ('task' as const) : ('feature' as const),
    tasks: [...listed(file.tasks, 'tasks'), ...listed(file.features, 'features')],
  };
};

/** Tasks of the plan: those that are done are left out, and nobody waits for them. */
const tasksOf = (listed: readonly Listed[], kind: 'task' | 'feature') => {
  const named = withIds(listed, kind);
  const resolve = resolver(named, kind);
  const done = new Set(named.filter(({ raw }) => isDone(raw)).map(({ id }) => id));
  const open = named.filter(({ id }) => !done.has(id));
  const tasks = open.map((task) => {
    const made = toTask(task, resolve);
    return { ...made, dependsOn: made.dependsOn.filter((id) => !done.has(id)) };
  });
  return { open, tasks, done };
};

/** @param text of the file, YAML or JSON */
export const readPlanFile = (text: string, options: PlanFileOptions): ReadPlanFile => {
  const { path } = options;
  const { value, problems, locate } = readYaml(text, { source: path, maxBytes: MAX_BYTES });
  if (problems.length > 0) return { problems };
  if (value === null || value === undefined)
    return {
      problems: [
        configError(path, 'The file is empty; write a list of tasks, each with a title and a description'),
      ],
    };
  const parsed = planFile(value).safeParse(value);
  if (!parsed.success)
    return { problems: capped(schemaProblems(parsed.error.issues, { source: path, value, locate }), path) };
  const { goal, summary, kind, tasks: listed } = parts(parsed.data);
  const { open, tasks, done } = tasksOf(listed, kind);
  const place = ({ taskId, field }: PlanProblem): Named | undefined => {
    const isIt = ({ id }: Named): boolean => id === taskId;
    // Of two tasks with one id, the later is the one to rename.
    if (field === 'id') return open.findLast(isIt);
    return open.find((task) => isIt(task) && keyOf(task, field) !== undefined) ?? open.find(isIt);
  };
  const wrong = inFileOrder([
    ...tasks.flatMap((task, index) =>
      taskProblems(task, index).map((problem) => located(problem, open[index], path, locate)),
    ),
    ...graphProblems(tasks).map((problem) => located(problem, place(problem), path, locate)),
  ]);
  if (wrong.length > 0) return { problems: capped(wrong, path) };
  const fallback = `Complete the ${tasks.length} ${kind}s of ${path.split(/[\\/]/).at(-1) ?? path}`;
  const plan = cleanPlan({
    goal: options.goal ?? goal ?? (summary === undefined || summary.trim() === '' ? fallback : summary),
    summary: summary ?? '',
    tasks,
  });
  const found = planProblems(plan).map((problem) => located(problem, place(problem), path, locate));
  if (done.size > 0)
    found.push(configWarning(path, `${done.size} of the ${kind}s are done already and were left out`));
  return found.some(isError) ? { problems: found } : { plan, problems: found };
};
