/**
 * A plan without a model: a goal that is a list becomes one task for each open point, any other goal one task.
 * Numbered points follow each other, others run at the same time; headings that speak of design or testing put their
 * points before or behind the rest. Words choose category and role.
 */
import { slug } from '../names.ts';
import { PLAN_LIMITS, type Plan, type Task } from './plan.ts';
import { chooseRole, CRITIC_ROLE, type RoleTable } from '../agents/roles.ts';
import { clip, plainLine, plainText } from '../text.ts';

type Phase = 'design' | 'implementation' | 'testing';

interface Point {
  readonly numbered: boolean;
  readonly phase: Phase;
  readonly title: string;
  readonly lines: string[];
}

const ITEM = /^(\s*)(?:[-*+]|(\d{1,3})[.)])\s+(?:\[([ xX])\]\s+)?(\S.*)$/u;
const HEADING = /^#{1,6}\s+(.*)$/u;
/** A point that begins further right belongs to the one above. */
const NESTED = 2;

const phaseOf = (heading: string): Phase => {
  if (/\b(?:design|architecture|schema|interface|plan)/iu.test(heading)) return 'design';
  return /\b(?:test|verif|qa\b|acceptance)/iu.test(heading) ? 'testing' : 'implementation';
};

/** The open points of a list; nested ones and the lines between are part of the point above. */
const pointsOf = (goal: string): readonly Point[] => {
  const points: Point[] = [];
  let phase: Phase = 'implementation';
  /** Undefined where lines belong to no point: before the first one, and behind one that is done. */
  let current: Point | undefined;
  for (const line of plainText(goal).split('\n')) {
    const heading = HEADING.exec(line)?.[1];
    if (heading !== undefined) {
      phase = phaseOf(heading);
      current = undefined;
      continue;
    }
    const item = ITEM.exec(line);
    const nested = (item?.[1] ?? '').length >= NESTED && points.length > 0;
    if (item === null || nested) {
      current?.lines.push(line);
      continue;
    }
    const [, , number, mark = ' ', title = ''] = item;
    current =
      mark === ' '
        ? { numbered: number !== undefined, phase, title: plainLine(title), lines: [] }
        : undefined;
    if (current !== undefined) points.push(current);
  }
  return points;
};

/** The first that fits; testing and documentation before the parts of a system that they are about. */
const CATEGORIES: readonly (readonly [string, RegExp])[] = [
  ['testing', /\b(?:tests?|testing|coverage|e2e)\b/iu],
  ['documentation', /\b(?:docs?|documentation|document|readme|changelog)\b/iu],
  ['frontend', /\b(?:frontend|ui|css|component|page|react|vue)\b/iu],
  ['database', /\b(?:database|sql|migration|schema|table)\b/iu],
  ['backend', /\b(?:backend|api|server|endpoint|service)\b/iu],
];

const categoryOf = (text: string): string =>
  CATEGORIES.find(([, words]) => words.test(text))?.[0] ?? 'default';

/** Paths in the words of a point: with a slash, or in backticks with an ending. */
const PATHS = /(?<![\w./-])(?:[\w.-]+\/)+[\w.-]*\w|(?<=`)[\w.-]+\.\w{1,6}(?=`)/gu;

const filesOf = (text: string): readonly string[] =>
  [...new Set(text.match(PATHS) ?? [])].filter((path) => !path.split('/').includes('..')).slice(0, 50);

const uniqueId = (title: string, taken: Set<string>): string => {
  const base = slug(title, 36);
  let id = base;
  for (let count = 2; taken.has(id); count += 1) id = `${base}-${count}`.slice(0, 40);
  taken.add(id);
  return id;
};

const roleOf = (roles: RoleTable, text: string): { role?: string } => {
  const role = chooseRole(roles, text, ({ name, writes }) => writes && name !== CRITIC_ROLE);
  return role === undefined ? {} : { role: role.name };
};

const taskOf = (id: string, point: Point, dependsOn: readonly string[], roles: RoleTable): Task => {
  const text = [point.title, ...point.lines].join('\n').trim();
  return {
    id,
    title: clip(point.title, PLAN_LIMITS.titleLength),
    description: clip(text, PLAN_LIMITS.descriptionLength),
    dependsOn,
    priority: 2,
    category: categoryOf(point.title),
    files: filesOf(text),
    phase: point.phase,
    ...roleOf(roles, text),
  };
};

const ORDER: readonly Phase[] = ['design', 'implementation', 'testing'];

const fromPoints = (points: readonly Point[], roles: RoleTable): readonly Task[] => {
  const taken = new Set<string>();
  const tasks: Task[] = [];
  let before: readonly string[] = [];
  for (const phase of ORDER) {
    const made: string[] = [];
    let last: string | undefined;
    for (const point of points.filter((one) => one.phase === phase)) {
      const id = uniqueId(point.title, taken);
      tasks.push(
        taskOf(id, point, [...before, ...(point.numbered && last !== undefined ? [last] : [])], roles),
      );
      made.push(id);
      last = point.numbered ? id : undefined;
    }
    if (made.length > 0) before = made;
  }
  return tasks;
};

/** @param roles those that tasks may have; none when empty */
export const planByRules = (goal: string, roles: RoleTable = {}): Plan => {
  const points = pointsOf(goal);
  const first = plainLine(goal.split('\n').find((line) => line.trim() !== '') ?? goal).replace(/^#+\s*/u, '');
  const whole: Point = { numbered: false, phase: 'implementation', title: first, lines: [plainText(goal)] };
  return {
    goal,
    summary:
      points.length === 0
        ? 'One task, as the goal is no list.'
        : `One task for each of the ${points.length} open points of the goal.`,
    tasks: fromPoints(points.length === 0 ? [whole] : points, roles),
  };
};
