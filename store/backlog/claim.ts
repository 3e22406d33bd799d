/**
 * Claims of features. Claimers get what is most urgent in exactly that order, and no two of them the same: each has
 * the backlog to itself for that moment.
 */
import { BACKLOG_LIMITS, type Feature, type FeatureState } from '../../domain/backlog/backlog.ts';
import { alone, FREE, now, toFeature, type Db, type Row } from './rows.ts';

interface FeatureOwner {
  /** A claim of a client ends by itself; those of agents and swarms end with them. */
  readonly kind: 'agent' | 'swarm' | 'client';
  readonly id: string;
}

type Next = Pick<Row, 'id' | 'priority' | 'attempts'>;
/** The most urgent first (1), then what was tried least, then what came first. */
const byUrgency = (a: Next, b: Next): number =>
  a.priority - b.priority || a.attempts - b.attempts || a.id - b.id;

export interface FeatureClaim {
  readonly repository: string;
  readonly owner: FeatureOwner;
  readonly count: number;
  /** Failed features with fewer attempts are taken again, too. @default 0: none */
  readonly retryBelow?: number;
  /** With those that wait for nothing but others of this claim. @default false */
  readonly together?: boolean;
  /** Of a client: how long it may take. */
  readonly leaseSeconds?: number;
}

/** Features that wait only for what was chosen before them. */
const withDependents = async (
  db: Db,
  { repository, count, retryBelow = 0 }: FeatureClaim,
  first: readonly Next[],
): Promise<readonly Next[]> => {
  const chosen = [...first];
  const missing = new Map<number, number>();
  for (let layer = chosen; layer.length > 0 && chosen.length < count;) {
    const rows = await db
      .selectFrom('feature_needs')
      .innerJoin('features', (join) =>
        join
          .onRef('features.repository', '=', 'feature_needs.repository')
          .onRef('features.id', '=', 'feature_needs.feature'),
      )
      .select(['features.id', 'features.priority', 'features.attempts', 'features.waits_for'])
      .where('feature_needs.repository', '=', repository)
      .where(
        'feature_needs.needs',
        'in',
        layer.map(({ id }) => id),
      )
      .where((row) =>
        row.or([
          row('features.state', '=', 'pending'),
          row.and([row('features.state', '=', 'failed'), row('features.attempts', '<', retryBelow)]),
        ]),
      )
      .execute();
    for (const row of rows) missing.set(row.id, (missing.get(row.id) ?? row.waits_for) - 1);
    const free = new Map(rows.filter(({ id }) => missing.get(id) === 0).map((row) => [row.id, row]));
    layer = [...free.values()].sort(byUrgency).slice(0, count - chosen.length);
    chosen.push(...layer);
  }
  return chosen;
};

const endLeases = async (db: Db, repository: string): Promise<void> => {
  await db
    .updateTable('features')
    .set({ ...FREE, state: 'pending', notes: 'its claim ran out', changed_at: now() })
    .where('repository', '=', repository)
    .where('state', '=', 'claimed')
    .where('lease_until', '<', now())
    .execute();
};

/** @returns what the owner has now of it, the most urgent first; empty when nothing is free */
export const claimFeatures = (db: Db, claim: FeatureClaim): Promise<readonly Feature[]> =>
  alone(db, claim.repository, 0, async (transaction) => {
    const { repository, owner, retryBelow = 0, leaseSeconds } = claim;
    const count = Math.min(claim.count, BACKLOG_LIMITS.claim);
    await endLeases(transaction, repository);
    const free = (state: FeatureState) =>
      transaction
        .selectFrom('features')
        .select(['id', 'priority', 'attempts'])
        .where('repository', '=', repository)
        .where('state', '=', state)
        .where('waits_for', '=', 0)
        .orderBy('priority')
        .orderBy('attempts')
        .orderBy('id')
        .limit(count);
    const failed = retryBelow > 0 ? await free('failed').where('attempts', '<', retryBelow).execute() : [];
    const ready = [...(await free('pending').execute()), ...failed].sort(byUrgency).slice(0, count);
    const chosen =
      claim.together === true ? await withDependents(transaction, { ...claim, count }, ready) : ready;
    if (chosen.length === 0) return [];
    const at = now();
    const rows = await transaction
      .updateTable('features')
      .set((row) => ({
        state: 'claimed',
        owner: owner.id,
        owner_kind: owner.kind,
        claimed_at: at,
        changed_at: at,
        lease_until:
          leaseSeconds === undefined ? null : new Date(Date.now() + leaseSeconds * 1_000).toISOString(),
        attempts: row('attempts', '+', 1),
      }))
      .where('repository', '=', repository)
      .where(
        'id',
        'in',
        chosen.map(({ id }) => id),
      )
      .returningAll()
      .execute();
    const found = new Map(rows.map((row) => [row.id, toFeature(row)]));
    return chosen.flatMap(({ id }) => found.get(id) ?? []);
  });
