/**
 * The fields of a task: their types, limits and defaults. A task may come from a file, a model, a signal or a
 * form, so nothing about it is believed before it was checked here.
 */
import { isTaskId, slug } from '../names.ts';
import { PLAN_LIMITS, TASK_PHASES, type PlanProblem, type Task } from './plan.ts';
import { clip, didYouMean, plainLine, plainText } from '../text.ts';

type FieldKind = 'line' | 'text' | 'number' | 'flag' | 'list';

interface Field {
  readonly kind: FieldKind;
  readonly required: boolean;
  /** Characters of a text, entries of a list. */
  readonly max?: number;
  /** Smallest and largest value of a number. */
  readonly range?: readonly [number, number];
}

const DAY_SECONDS = 86_400;

export const TASK_FIELDS: Readonly<Record<keyof Task, Field>> = {
  id: { kind: 'line', required: true, max: 40 },
  title: { kind: 'line', required: true, max: PLAN_LIMITS.titleLength },
  description: { kind: 'text', required: true, max: PLAN_LIMITS.descriptionLength },
  dependsOn: { kind: 'list', required: true, max: 1_000 },
  priority: { kind: 'number', required: true, range: [1, 1_000_000] },
  category: { kind: 'line', required: true, max: 60 },
  files: { kind: 'list', required: true, max: 500 },
  executor: { kind: 'line', required: false, max: 100 },
  model: { kind: 'line', required: false, max: 100 },
  command: { kind: 'text', required: false, max: 20_000 },
  acceptance: { kind: 'text', required: false, max: 20_000 },
  timeoutSeconds: { kind: 'number', required: false, range: [1, 7 * DAY_SECONDS] },
  retries: { kind: 'number', required: false, range: [0, 20] },
  allowEmpty: { kind: 'flag', required: false },
  role: { kind: 'line', required: false, max: 40 },
  readOnly: { kind: 'flag', required: false },
  phase: { kind: 'line', required: false, max: 20 },
  estimateMinutes: { kind: 'number', required: false, range: [1, 10_000] },
};

/** May a task be without this field? */
export const isOptional = (name: string): boolean =>
  Object.hasOwn(TASK_FIELDS, name) && !TASK_FIELDS[name as keyof Task].required;

const FIELD_NAMES = Object.keys(TASK_FIELDS) as (keyof Task)[];
/** Length of a path or glob in `files`. */
const PATH_LENGTH = 500;

/** What is wrong with one value of a field, as the second half of a sentence, or undefined. */
const valueProblem = (name: keyof Task, value: unknown): string | undefined => {
  const field = TASK_FIELDS[name];
  switch (field.kind) {
    case 'line':
    case 'text':
      if (typeof value !== 'string') return 'must be text';
      if (field.max !== undefined && value.length > field.max)
        return `is ${value.length} characters long, the limit is ${field.max}; shorten it`;
      return undefined;
    case 'number': {
      const [least, most] = field.range ?? [0, Number.MAX_SAFE_INTEGER];
      if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most)
        return `must be a whole number from ${least} to ${most}`;
      return undefined;
    }
    case 'flag':
      return typeof value === 'boolean' ? undefined : 'must be true or false';
    case 'list':
      if (!Array.isArray(value) || value.some((entry) => typeof entry !== 'string'))
        return 'must be a list of texts';
      if (field.max !== undefined && value.length > field.max)
        return `has ${value.length} entries, the limit is ${field.max}`;
      return undefined;
  }
};

const pathProblem = (path: string): string | undefined => {
  if (path === '') return 'has an empty path in "files"';
  if (path.length > PATH_LENGTH) return `has a path of ${path.length} characters in "files"`;
  if (path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path))
    return `names the absolute path "${clip(path, 80)}" in "files"; write it relative to the repository`;
  if (path.split('/').includes('..'))
    return `names "${clip(path, 80)}" in "files", which leads out of the repository`;
  return undefined;
};

type Finding = Pick<PlanProblem, 'field' | 'message'>;

/** What is wrong with the fields in `values`, which may be a part of a task. */
const fieldProblems = (label: string, values: Readonly<Record<string, unknown>>): Finding[] => {
  const findings: Finding[] = [];
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(TASK_FIELDS, name)) {
      const hint = didYouMean(name, FIELD_NAMES);
      findings.push({ message: `${label} has an unknown field "${clip(plainLine(name), 40)}"${hint}` });
      continue;
    }
    const field = name as keyof Task;
    const problem = valueProblem(field, value);
    if (problem !== undefined) findings.push({ field, message: `${label}: "${name}" ${problem}` });
  }
  if (typeof values.title === 'string' && plainLine(values.title) === '')
    findings.push({
      field: 'title',
      message: `${label} has an empty title; say in one line what is to be done`,
    });
  const { phase } = values;
  if (typeof phase === 'string' && !TASK_PHASES.some((known) => known === phase))
    findings.push({
      field: 'phase',
      message: `${label} has the unknown phase "${clip(plainLine(phase), 20)}"; the phases are ${TASK_PHASES.join(', ')}`,
    });
  if (Array.isArray(values.files))
    for (const path of values.files.slice(0, 500)) {
      const problem = typeof path === 'string' ? pathProblem(path) : undefined;
      if (problem !== undefined) findings.push({ field: 'files', message: `${label} ${problem}` });
    }
  return findings;
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const idProblems = (id: unknown): Finding[] => {
  if (typeof id === 'string' && isTaskId(id)) return [];
  const shown = typeof id === 'string' ? `"${clip(plainLine(id), 60)}"` : 'What is no text';
  const hint = typeof id === 'string' ? `, for example "${slug(id)}"` : '';
  return [
    {
      field: 'id',
      message: `${shown} cannot be the id of a task; use up to 40 small letters, digits and dashes, starting with a letter or digit${hint}`,
    },
  ];
};

/** How messages name a task whose id may be anything. */
const labelOf = (task: Readonly<Record<string, unknown>>, index: number): string =>
  typeof task.id === 'string' && isTaskId(task.id) ? `Task "${task.id}"` : `Task number ${index + 1}`;

/** What is wrong with one task by itself, of whatever type it may be. */
export const taskProblems = (task: unknown, index = 0): PlanProblem[] => {
  if (!isRecord(task))
    return [{ severity: 'error', message: `Task number ${index + 1} is not an object with fields` }];
  const label = labelOf(task, index);
  const missing = FIELD_NAMES.filter(
    (name) => name !== 'id' && TASK_FIELDS[name].required && task[name] === undefined,
  ).map((field) => ({ field, message: `${label} has no "${field}"` }));
  const findings: Finding[] = [
    ...idProblems(task.id),
    ...missing,
    ...fieldProblems(label, { ...task, id: undefined }),
  ];
  const id = typeof task.id === 'string' && isTaskId(task.id) ? { taskId: task.id } : {};
  return findings.map((finding) => ({ severity: 'error', ...id, ...finding }));
};

/** What is wrong with the changed fields of an edit. */
export const changedFieldProblems = (taskId: string, set: unknown): PlanProblem[] => {
  const label = `Task "${taskId}"`;
  const error = (finding: Finding): PlanProblem => ({ severity: 'error', taskId, ...finding });
  if (!isRecord(set)) return [error({ message: `${label}: the changed fields are not an object` })];
  if (Object.hasOwn(set, 'id'))
    return [
      error({
        field: 'id',
        message: `${label}: the id cannot be changed; remove the task and add another`,
      }),
    ];
  return fieldProblems(label, set).map(error);
};

/** `task` with only known fields, in their order, and nothing in its texts that a terminal would act on. */
export const cleanTask = (task: Task): Task => {
  const cleaned = FIELD_NAMES.flatMap((name) => {
    const value: unknown = task[name];
    if (value === undefined) return [];
    const { kind } = TASK_FIELDS[name];
    if (typeof value === 'string') return [[name, kind === 'line' ? plainLine(value) : plainText(value)]];
    if (Array.isArray(value)) return [[name, [...new Set(value.map((entry) => plainLine(String(entry))))]]];
    return [[name, value]];
  });
  return Object.fromEntries(cleaned) as Task;
};
