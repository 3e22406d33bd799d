/** Two claimers never get the same feature, on both databases. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ReleaseState } from '../../domain/backlog/backlog.ts';
import { addFeatures, removeFeatures } from '../../store/backlog/add.ts';
import { claimFeatures, type FeatureClaim } from '../../store/backlog/claim.ts';
import { countsOf, featuresOf, listFeatures } from '../../store/backlog/read.ts';
import { freeFeatures, releaseFeatures } from '../../store/backlog/release.ts';
import { openStore, type Store } from '../../store/database.ts';
import { task } from '../support/plan-task.ts';
import { postgresIsHere, startPostgres, type Postgres } from '../support/postgres.ts';
import { temporaryDirectory } from '../support/repository.ts';

const CLAIMERS = 100;

describe.each(['SQLite', ...(postgresIsHere ? ['PostgreSQL'] : [])])('on %s', (kind) => {
  let root: string;
  let postgres: Postgres | undefined;
  let store: Store;
  let place: { file: string; url?: string };
  let repositories = 0;
  beforeAll(async () => {
    root = await temporaryDirectory('drover-backlog');
    if (kind === 'PostgreSQL') postgres = await startPostgres();
    const url = await postgres?.database();
    place = { file: join(root, 'drover.db'), ...(url === undefined ? {} : { url }) };
    store = await openStore(place);
  }, 120_000);
  afterAll(async () => {
    await store.close();
    await postgres?.stop();
    await rm(root, { recursive: true, force: true });
  });

  const fresh = (): string => `/repository-${++repositories}`;
  const claim = (
    repository: string,
    owner: string,
    count: number,
    more: Partial<FeatureClaim> = {},
  ): Promise<readonly number[]> =>
    claimFeatures(store.db, { repository, owner: { kind: 'agent', id: owner }, count, ...more }).then(
      (features) => features.map(({ id }) => id),
    );
  const end = (repository: string, id: number, state: ReleaseState, owner?: string) =>
    releaseFeatures(store.db, repository, [{ id, state, notes: `${state} now` }], owner);

  test('a hundred claimers at once empty a backlog of 10,000, each feature goes to one of them, the urgent first', async () => {
    const repository = fresh();
    const tasks = Array.from({ length: 10_000 }, (_, index) =>
      task(`feature-${index}`, { priority: 1 + (index % 3) }),
    );
    await addFeatures(store.db, repository, tasks);
    // Connections of their own, as the processes of a real run have them.
    const others = await Promise.all(Array.from({ length: 4 }, () => openStore(place)));
    const taken = await Promise.all(
      Array.from({ length: CLAIMERS }, (_, claimer) => {
        const { db } = others[claimer % others.length] ?? store;
        const owner = { kind: 'agent', id: `swarm/agent-${claimer}` } as const;
        return claimFeatures(db, { repository, owner, count: 10_000 / CLAIMERS });
      }),
    );
    await Promise.all(others.map((other) => other.close()));
    const all = taken.flat();
    expect(new Set(all.map(({ id }) => id)).size).toBe(10_000);
    // In the order of the claims, none got what was less urgent while something more urgent was free.
    const batches = taken.map((features) => features.map(({ task: { priority } }) => priority));
    for (const batch of batches) expect(batch).toEqual(batch.toSorted((x, y) => x - y));
    const first = batches.toSorted((x, y) => x.join('').localeCompare(y.join(''))).flat();
    expect(first).toEqual(first.toSorted((x, y) => x - y));
    expect(await countsOf(store.db, repository)).toMatchObject({ pending: 0, claimed: 10_000 });
    expect(await claim(repository, 'late', 1)).toEqual([]);
  }, 120_000);

  test('whatever is claimed, released and given back, no feature has two owners and none is lost', async () => {
    const step = fc.record({
      owner: fc.integer({ min: 0, max: 4 }),
      count: fc.integer({ min: 1, max: 4 }),
      how: fc.constantFrom<ReleaseState | 'die' | 'keep'>('passing', 'failed', 'pending', 'die', 'keep'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const repository = fresh();
        await addFeatures(
          store.db,
          repository,
          Array.from({ length: 12 }, (_, index) =>
            task(`f${index}`, { dependsOn: index % 3 === 2 ? [`f${index - 1}`] : [] }),
          ),
        );
        await Promise.all(
          steps.map(async ({ owner, count, how }, index) => {
            const id = `${repository}/agent-${owner}-${index}`;
            const mine = await claim(repository, id, count);
            if (how === 'die') await freeFeatures(store.db, id);
            else if (how !== 'keep') for (const one of mine) await end(repository, one, how, id);
          }),
        );
        const features = await listFeatures(store.db, repository, { limit: 100 });
        expect(features).toHaveLength(12);
        const byName = new Map(features.map((feature) => [feature.task.id, feature]));
        for (const feature of features) {
          expect(feature.owner === undefined).toBe(feature.state !== 'claimed');
          const open = feature.task.dependsOn.filter((name) => byName.get(name)?.state !== 'passing');
          expect(feature.waitsFor).toBe(open.length);
          // Nothing was begun before what it builds on was there.
          if (feature.state !== 'pending') expect(open).toEqual([]);
        }
      }),
      { numRuns: 15 },
    );
  }, 120_000);

  test('priorities count before age, fewer attempts before more, and only failed ones below the limit come again', async () => {
    const repository = fresh();
    await addFeatures(store.db, repository, [
      task('old', { priority: 2 }),
      task('urgent', { priority: 1 }),
      task('also-old', { priority: 2 }),
    ]);
    expect(await claim(repository, 'a', 2)).toEqual([2, 1]);
    await end(repository, 1, 'pending', 'a');
    expect(await claim(repository, 'a', 2)).toEqual([3, 1]);
    await end(repository, 1, 'failed', 'a');
    expect(await claim(repository, 'b', 5)).toEqual([]);
    expect(await claim(repository, 'b', 5, { retryBelow: 2 })).toEqual([]);
    expect(await claim(repository, 'b', 5, { retryBelow: 3 })).toEqual([1]);
    expect(await featuresOf(store.db, repository, 'b')).toMatchObject([{ id: 1, attempts: 3 }]);
  });

  test('an owner releases only what it holds; a person may change everything, and begins anew', async () => {
    const repository = fresh();
    await addFeatures(store.db, repository, [task('x')]);
    await claim(repository, 'a', 1);
    expect(await end(repository, 1, 'passing', 'b')).toEqual({
      released: [],
      refused: [{ id: 1, owner: 'a' }],
    });
    expect(await end(repository, 7, 'passing')).toEqual({ released: [], refused: [{ id: 7 }] });
    expect(await end(repository, 1, 'passing', 'a')).toEqual({ released: [1], refused: [] });
    // The same twice is no second release.
    expect(await end(repository, 1, 'failed', 'a')).toEqual({ released: [], refused: [{ id: 1 }] });
    await end(repository, 1, 'pending');
    expect(await listFeatures(store.db, repository, { limit: 9 })).toMatchObject([
      { state: 'pending', attempts: 0, waitsFor: 0, notes: 'pending now' },
    ]);
  });

  test('a claim of a client that ran out is free again', async () => {
    const repository = fresh();
    await addFeatures(store.db, repository, [task('x')]);
    expect(await claim(repository, 'client', 1, { leaseSeconds: 0 })).toEqual([1]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await claim(repository, 'other', 1)).toEqual([1]);
    expect((await end(repository, 1, 'passing', 'client')).released).toEqual([]);
  });

  test('a swarm gets what waits only for its own features; others wait until that is passing', async () => {
    const repository = fresh();
    await addFeatures(store.db, repository, [
      task('a'),
      task('b', { dependsOn: ['a'] }),
      task('c', { dependsOn: ['a', 'b'] }),
      task('d', { dependsOn: ['c'] }),
    ]);
    expect(await claim(repository, 's', 3, { together: true })).toEqual([1, 2, 3]);
    expect(await claim(repository, 't', 3, { together: true })).toEqual([]);
    for (const id of [1, 2, 3]) await end(repository, id, 'passing', 's');
    expect(await claim(repository, 't', 3)).toEqual([4]);
  });

  test('what is there stays as it is; later features may build on it; what is removed is waited for no more', async () => {
    const repository = fresh();
    await addFeatures(store.db, repository, [task('a')]);
    await claim(repository, 'x', 1);
    const again = await addFeatures(store.db, repository, [
      task('a', { title: 'other' }),
      task('b', { dependsOn: ['a'] }),
    ]);
    expect(again).toMatchObject({ added: [{ name: 'b' }], known: ['a'] });
    await expect(addFeatures(store.db, repository, [task('c', { dependsOn: ['nowhere'] })])).rejects.toThrow(
      '"c" depends on "nowhere"',
    );
    // Nobody takes away what is being worked on.
    expect(await removeFeatures(store.db, repository, [1])).toBe(0);
    await end(repository, 1, 'failed', 'x');
    expect(await removeFeatures(store.db, repository, { state: 'failed' })).toBe(1);
    expect(await listFeatures(store.db, repository, { limit: 9 })).toMatchObject([
      { task: { id: 'b' }, state: 'pending', waitsFor: 0 },
    ]);
  });
});
