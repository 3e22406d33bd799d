/** The lessons of repositories: each once, with where it comes from; a swarm teaches once, however often it is read. */
import { createHash } from 'node:crypto';
import type { Selectable, Transaction } from 'kysely';
import { reweighed, seenAgain } from '../domain/lessons/choice.ts';
import {
  bestWords,
  LESSON_KINDS,
  type Finding,
  type Lesson,
  type LessonKind,
} from '../domain/lessons/lessons.ts';
import type { Store } from './database.ts';
import type { Tables } from './tables.ts';

/** Swarms that are named as the origin of one lesson. */
const ORIGINS = 20;
/** Of one repository; those that were seen longest ago go first. */
const KEPT = 500;

/** `times` is not counted in what was kept before it was. */
type Content = Pick<Lesson, 'text' | 'paths' | 'solved' | 'seconds' | 'costUsd' | 'from'> &
  Partial<Pick<Lesson, 'times'>>;

const timesOf = ({ times, from }: Content): number => times ?? from.length;

const lessonId = (repository: string, { kind, subject }: Pick<Finding, 'kind' | 'subject'>): string =>
  createHash('sha256')
    .update(JSON.stringify([repository, kind, subject]))
    .digest('hex')
    .slice(0, 12);

const isKind = (kind: string): kind is LessonKind => LESSON_KINDS.some((known) => known === kind);

const fromRow = (row: Selectable<Tables['lessons']>): Lesson[] => {
  if (!isKind(row.kind)) return [];
  const content = JSON.parse(row.content) as Content;
  return [
    {
      id: row.id,
      repository: row.repository,
      kind: row.kind,
      subject: row.subject,
      ...content,
      times: timesOf(content),
      weight: row.weight,
      learntAt: row.learnt_at,
      seenAt: row.seen_at,
    },
  ];
};

/** The weightiest first. @param repository all of them when absent */
export const listLessons = async ({ db }: Store, repository?: string): Promise<readonly Lesson[]> => {
  const rows = await db
    .selectFrom('lessons')
    .selectAll()
    .$if(repository !== undefined, (query) => query.where('repository', '=', repository ?? ''))
    .orderBy('repository')
    .orderBy('weight', 'desc')
    .orderBy('seen_at', 'desc')
    .orderBy('id')
    .execute();
  return rows.flatMap(fromRow);
};

/** Those whose id begins with `id`. */
export const findLessons = async (store: Store, id: string): Promise<readonly Lesson[]> =>
  (await listLessons(store)).filter((lesson) => lesson.id.startsWith(id));

/** @returns how many there were */
export const forgetLessons = async ({ db }: Store, ids: readonly string[]): Promise<number> => {
  if (ids.length === 0) return 0;
  return db.transaction().execute(async (transaction) => {
    await transaction.deleteFrom('lesson_uses').where('lesson_id', 'in', ids).execute();
    const { numDeletedRows } = await transaction
      .deleteFrom('lessons')
      .where('id', 'in', ids)
      .executeTakeFirst();
    return Number(numDeletedRows);
  });
};

/** Writes down who is told what, so that how it went weighs on the lessons. @param taskId empty for the planner */
export const recordUses = async (
  { db }: Store,
  swarmId: string,
  taskId: string,
  lessons: readonly Pick<Lesson, 'id'>[],
): Promise<void> => {
  if (lessons.length === 0) return;
  await db
    .insertInto('lesson_uses')
    .values(lessons.map(({ id }) => ({ swarm_id: swarmId, task_id: taskId, lesson_id: id })))
    .onConflict((conflict) => conflict.columns(['swarm_id', 'task_id', 'lesson_id']).doNothing())
    .execute();
};

export interface Teaching {
  readonly swarmId: string;
  readonly repository: string;
  readonly findings: readonly Finding[];
  /** Did the task succeed at its first attempt? Undefined when it says nothing (it was cancelled). Empty id: the swarm. */
  readonly helped: (taskId: string) => boolean | undefined;
}

const learnOne = async (
  transaction: Transaction<Tables>,
  { swarmId, repository }: Teaching,
  found: Finding,
  now: string,
): Promise<void> => {
  const id = lessonId(repository, found);
  const { kind, subject, ...said } = found;
  const old = await transaction
    .selectFrom('lessons')
    .select(['content', 'weight'])
    .where('id', '=', id)
    .executeTakeFirst();
  const before: Content | undefined = old && (JSON.parse(old.content) as Content);
  const from = before?.from ?? [];
  const content = JSON.stringify({
    ...bestWords(before, said),
    times: (before === undefined ? 0 : timesOf(before)) + (said.times ?? 1),
    from: [...from.filter((origin) => origin !== swarmId), swarmId].slice(-ORIGINS),
  } satisfies Content);
  if (old === undefined)
    await transaction
      .insertInto('lessons')
      .values({ id, repository, kind, subject, content, weight: 1, learnt_at: now, seen_at: now })
      .execute();
  else
    await transaction
      .updateTable('lessons')
      .set({ content, weight: seenAgain(old.weight), seen_at: now })
      .where('id', '=', id)
      .execute();
};

const reweigh = async (transaction: Transaction<Tables>, { swarmId, helped }: Teaching): Promise<void> => {
  const uses = await transaction
    .selectFrom('lesson_uses')
    .innerJoin('lessons', 'lessons.id', 'lesson_uses.lesson_id')
    .select(['lesson_uses.task_id', 'lessons.id', 'lessons.weight'])
    .where('lesson_uses.swarm_id', '=', swarmId)
    .orderBy('lesson_uses.task_id')
    .execute();
  const weights = new Map(uses.map(({ id, weight }) => [id, weight]));
  for (const { task_id: taskId, id } of uses) {
    const outcome = helped(taskId);
    if (outcome !== undefined) weights.set(id, reweighed(weights.get(id) ?? 1, outcome));
  }
  for (const [id, weight] of weights)
    await transaction.updateTable('lessons').set({ weight }).where('id', '=', id).execute();
  await transaction.deleteFrom('lesson_uses').where('swarm_id', '=', swarmId).execute();
};

const forgetOldest = async (transaction: Transaction<Tables>, repository: string): Promise<void> => {
  const rows = await transaction
    .selectFrom('lessons')
    .select('id')
    .where('repository', '=', repository)
    .orderBy('seen_at', 'desc')
    .orderBy('id')
    .execute();
  const old = rows.slice(KEPT).map(({ id }) => id);
  if (old.length > 0) await transaction.deleteFrom('lessons').where('id', 'in', old).execute();
};

/** Takes the lessons of an ended swarm, and weighs those that it was told. Once for each swarm. */
export const learn = async ({ db }: Store, teaching: Teaching): Promise<void> => {
  const now = new Date().toISOString();
  await db.transaction().execute(async (transaction) => {
    const { numInsertedOrUpdatedRows } = await transaction
      .insertInto('learnt_swarms')
      .values({ swarm_id: teaching.swarmId, at: now })
      .onConflict((conflict) => conflict.column('swarm_id').doNothing())
      .executeTakeFirst();
    if (Number(numInsertedOrUpdatedRows ?? 0) === 0) return;
    await reweigh(transaction, teaching);
    for (const found of teaching.findings) await learnOne(transaction, teaching, found, now);
    await forgetOldest(transaction, teaching.repository);
  });
};
