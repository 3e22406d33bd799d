/** What comes into a backlog and goes out of it. */
import { BACKLOG_LIMITS, type FeatureState } from '../../domain/backlog/backlog.ts';
import { DroverFailure } from '../../domain/failures.ts';
import type { Task } from '../../domain/plan/plan.ts';
import { alone, now, shiftWaits, type Db } from './rows.ts';

/** Rows of one statement: both databases limit its parameters. */
const INSERTED = 500;

export interface AddedFeatures {
  readonly added: readonly { readonly id: number; readonly name: string }[];
  /** Names that the backlog has already; what is there stays as it is. */
  readonly known: readonly string[];
}

/** Their dependencies are features of the list or of the backlog. */
export const addFeatures = (db: Db, repository: string, tasks: readonly Task[]): Promise<AddedFeatures> =>
  alone(db, repository, tasks.length, async (transaction, firstId) => {
    const rows = await transaction
      .selectFrom('features')
      .select(['id', 'name', 'state'])
      .where('repository', '=', repository)
      .execute();
    const there = new Map(rows.map((row) => [row.name, row]));
    const fresh = tasks
      .filter(({ id }) => !there.has(id))
      .map((task, index) => ({ id: firstId + index, task }));
    if (rows.length + fresh.length > BACKLOG_LIMITS.features)
      throw new DroverFailure(
        'invalidInput',
        `The backlog would have ${rows.length + fresh.length} features, the limit is ${BACKLOG_LIMITS.features}`,
        { hint: 'drover backlog remove --passing drops those that are done' },
      );
    const ids = new Map([
      ...rows.map((row) => [row.name, row.id] as const),
      ...fresh.map((one) => [one.task.id, one.id] as const),
    ]);
    const needs = fresh.flatMap(({ id, task }) =>
      [...new Set(task.dependsOn)].map((name) => {
        const found = ids.get(name);
        if (found === undefined)
          throw new DroverFailure(
            'invalidInput',
            `Feature "${task.id}" depends on "${name}", which is nowhere`,
            {
              hint: 'name a feature of the same list or of the backlog; drover backlog list shows those',
            },
          );
        return { feature: id, needs: found, open: there.get(name)?.state !== 'passing' };
      }),
    );
    const waits = new Map<number, number>();
    for (const { feature, open } of needs) waits.set(feature, (waits.get(feature) ?? 0) + Number(open));
    const at = now();
    for (let from = 0; from < fresh.length; from += INSERTED)
      await transaction
        .insertInto('features')
        .values(
          fresh.slice(from, from + INSERTED).map(({ id, task }) => ({
            repository,
            id,
            name: task.id,
            state: 'pending',
            priority: task.priority,
            waits_for: waits.get(id) ?? 0,
            task: JSON.stringify(task),
            changed_at: at,
          })),
        )
        .execute();
    for (let from = 0; from < needs.length; from += INSERTED)
      await transaction
        .insertInto('feature_needs')
        .values(
          needs
            .slice(from, from + INSERTED)
            .map(({ feature, needs: needed }) => ({ repository, feature, needs: needed })),
        )
        .execute();
    return {
      added: fresh.map(({ id, task }) => ({ id, name: task.id })),
      known: tasks.filter(({ id }) => there.has(id)).map(({ id }) => id),
    };
  });

/** Those that nobody works on. What waited for them waits no more. @returns how many are gone */
export const removeFeatures = (
  db: Db,
  repository: string,
  which: readonly number[] | { readonly state: FeatureState },
): Promise<number> =>
  alone(db, repository, 0, async (transaction) => {
    const rows = await transaction
      .selectFrom('features')
      .select(['id', 'state'])
      .where('repository', '=', repository)
      .where('state', '!=', 'claimed')
      .$if('state' in which, (query) => query.where('state', '=', 'state' in which ? which.state : ''))
      .$if(!('state' in which), (query) => query.where('id', 'in', 'state' in which ? [0] : [0, ...which]))
      .execute();
    for (let from = 0; from < rows.length; from += INSERTED) {
      const part = rows.slice(from, from + INSERTED);
      const ids = part.map(({ id }) => id);
      await shiftWaits(
        transaction,
        repository,
        part.filter(({ state }) => state !== 'passing').map(({ id }) => id),
        -1,
      );
      await transaction
        .deleteFrom('feature_needs')
        .where('repository', '=', repository)
        .where((row) => row.or([row('feature', 'in', ids), row('needs', 'in', ids)]))
        .execute();
      await transaction
        .deleteFrom('features')
        .where('repository', '=', repository)
        .where('id', 'in', ids)
        .execute();
    }
    return rows.length;
  });
