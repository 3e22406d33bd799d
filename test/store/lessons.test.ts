/** Lessons are kept once, with where they come from, on both databases. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Finding } from '../../domain/lessons/lessons.ts';
import { openStore, type Store } from '../../store/database.ts';
import { findLessons, forgetLessons, learn, listLessons, recordUses } from '../../store/lessons.ts';
import { postgresIsHere, startPostgres, type Postgres } from '../support/postgres.ts';
import { temporaryDirectory } from '../support/repository.ts';

const finding = (subject: string, text = subject): Finding => ({ kind: 'failure', subject, text, paths: [] });
const helped = (): boolean => true;

describe.each(['SQLite', ...(postgresIsHere ? ['PostgreSQL'] : [])])('on %s', (kind) => {
  let root: string;
  let postgres: Postgres | undefined;
  let store: Store;
  beforeAll(async () => {
    root = await temporaryDirectory('drover-lessons');
    if (kind === 'PostgreSQL') postgres = await startPostgres();
    const url = await postgres?.database();
    store = await openStore({ file: join(root, 'drover.db'), ...(url === undefined ? {} : { url }) });
  }, 120_000);
  afterAll(async () => {
    await store.close();
    await postgres?.stop();
    await rm(root, { recursive: true, force: true });
  });

  test('a swarm teaches once, however often its report is written', async () => {
    const teaching = { swarmId: 's1', repository: '/a', findings: [finding('x')], helped };
    await Promise.all([learn(store, teaching), learn(store, teaching), learn(store, teaching)]);
    expect(await listLessons(store, '/a')).toMatchObject([{ subject: 'x', weight: 1, from: ['s1'] }]);
  });

  test('seen again it weighs more and names both swarms; another repository learns its own', async () => {
    const again = { ...finding('x', 'newer words'), times: 2 };
    await learn(store, { swarmId: 's2', repository: '/a', findings: [again], helped });
    await learn(store, { swarmId: 's3', repository: '/b', findings: [finding('x')], helped });
    expect(await listLessons(store, '/a')).toMatchObject([
      { text: 'newer words', times: 3, weight: 1.25, from: ['s1', 's2'] },
    ]);
    expect(await listLessons(store)).toHaveLength(2);
  });

  test('a failure that comes again does not bury what helped against it', async () => {
    for (const [swarmId, found] of [
      ['s8', { ...finding('y', 'failed; what worked: z'), solved: true }],
      ['s9', finding('y', 'failed once more')],
    ] as const)
      await learn(store, { swarmId, repository: '/c', findings: [found], helped });
    expect(await listLessons(store, '/c')).toMatchObject([
      { text: 'failed; what worked: z', times: 2, from: ['s8', 's9'] },
    ]);
  });

  test('it weighs less when those who were told it failed, more when they succeeded', async () => {
    const [lesson] = await listLessons(store, '/b');
    if (lesson === undefined) throw new Error('no lesson');
    await recordUses(store, 's4', 't1', [lesson]);
    await recordUses(store, 's4', 't1', [lesson]);
    await recordUses(store, 's4', 't2', [lesson]);
    await learn(store, {
      swarmId: 's4',
      repository: '/b',
      findings: [],
      helped: (task) => (task === 't1' ? false : undefined),
    });
    expect((await listLessons(store, '/b'))[0]?.weight).toBeCloseTo(0.7);
    await recordUses(store, 's5', 't1', [lesson]);
    await learn(store, { swarmId: 's5', repository: '/b', findings: [], helped });
    expect((await listLessons(store, '/b'))[0]?.weight).toBeCloseTo(0.8);
  });

  test('a forgotten lesson is gone', async () => {
    const [lesson] = await listLessons(store, '/b');
    const id = lesson?.id ?? '';
    expect(await findLessons(store, id.slice(0, 6))).toMatchObject([{ id }]);
    expect(await forgetLessons(store, [id])).toBe(1);
    expect(await listLessons(store, '/b')).toEqual([]);
  });

  test('a repository keeps its newest lessons only', async () => {
    const findings = Array.from({ length: 600 }, (_, index) => finding(`f${index}`));
    await learn(store, { swarmId: 's6', repository: '/many', findings, helped });
    expect(await listLessons(store, '/many')).toHaveLength(500);
  });
});
