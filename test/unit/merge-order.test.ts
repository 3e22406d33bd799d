import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { BranchTip, PairFacts } from '../../domain/train/integration.ts';
import { mergeOrder } from '../../domain/train/merge-order.ts';

const tip = (taskId: string, options: Partial<BranchTip> = {}): BranchTip => ({
  taskId,
  commit: '0'.repeat(40),
  priority: 2,
  dependsOn: [],
  ...options,
});

const pair = (a: string, b: string, facts: Partial<PairFacts> = {}): PairFacts => ({
  a,
  b,
  sharedPaths: ['shared'],
  overlappingHunks: 0,
  conflictPaths: [],
  ...facts,
});

const conflict = (a: string, b: string): PairFacts =>
  pair(a, b, { overlappingHunks: 1, conflictPaths: ['shared'] });

const ids = (branches: readonly BranchTip[], pairs: readonly PairFacts[] = []): readonly string[] =>
  mergeOrder(branches, { pairs }).map((branch) => branch.taskId);

describe('the merge order', () => {
  test('takes the branch that conflicts with the fewest first', () => {
    const pairs = [conflict('hub', 'a'), conflict('hub', 'b'), conflict('hub', 'c')];
    expect(ids([tip('hub', { priority: 1 }), tip('a'), tip('b'), tip('c')], pairs)).toEqual([
      'a',
      'b',
      'c',
      'hub',
    ]);
  });

  test('counts anew after each pick, so that what is already lost does not hold back the others', () => {
    // x conflicts with a, which lands; y conflicts with x alone and must not wait for it.
    const pairs = [conflict('a', 'x'), conflict('x', 'y'), conflict('x', 'z')];
    const order = ids([tip('x'), tip('a'), tip('y'), tip('z')], pairs);
    expect(order.at(-1)).toBe('x');
  });

  test('prefers less overlap of hunks, then of files, then the more urgent, then the name', () => {
    expect(ids([tip('a'), tip('b'), tip('c')], [pair('a', 'b', { overlappingHunks: 2 })])).toEqual([
      'c',
      'a',
      'b',
    ]);
    expect(ids([tip('a'), tip('b'), tip('c')], [pair('a', 'b')])).toEqual(['c', 'a', 'b']);
    expect(ids([tip('a'), tip('b', { priority: 1 }), tip('c')])).toEqual(['b', 'a', 'c']);
  });

  test('lets nothing land before what it builds on', () => {
    const branches = [
      tip('a', { dependsOn: ['b'], priority: 1 }),
      tip('b', { dependsOn: ['c'] }),
      tip('c', { priority: 3 }),
    ];
    expect(ids(branches)).toEqual(['c', 'b', 'a']);
  });

  test('says why each branch has its place', () => {
    expect(mergeOrder([tip('a'), tip('b')], { pairs: [conflict('a', 'b')] })).toMatchObject([
      { taskId: 'a', reason: 'conflicts with 1 still to come, no other with fewer' },
      { taskId: 'b', reason: 'last, because it conflicts with a' },
    ]);
    const branches = [tip('a'), tip('b'), tip('c', { dependsOn: ['b'] })];
    expect(mergeOrder(branches, { pairs: [conflict('a', 'b')] })).toMatchObject([
      { taskId: 'b', reason: 'nothing in common with those to come' },
      { taskId: 'c', reason: 'after what it builds on (b); nothing in common with those to come' },
      { taskId: 'a', reason: 'last, because more of the others land without it' },
    ]);
  });

  const cases = fc.integer({ min: 1, max: 14 }).chain((size) => {
    const name = (index: number): string => `t${index}`;
    const index = fc.nat({ max: size - 1 });
    return fc.record({
      branches: fc
        .array(
          fc.record({ priority: fc.integer({ min: 1, max: 3 }), before: fc.array(index, { maxLength: 3 }) }),
          {
            minLength: size,
            maxLength: size,
          },
        )
        .map((items) =>
          items.map((item, own) =>
            // Only earlier ones: a plan has no cycles.
            tip(name(own), {
              priority: item.priority,
              dependsOn: item.before.filter((other) => other < own).map(name),
            }),
          ),
        ),
      pairs: fc.array(
        fc
          .record({ a: index, b: index, hunks: fc.nat({ max: 3 }), conflicts: fc.boolean() })
          .map(({ a, b, hunks, conflicts }) =>
            pair(name(Math.min(a, b)), name(Math.max(a, b)), {
              overlappingHunks: hunks,
              conflictPaths: conflicts ? ['shared'] : [],
            }),
          ),
        { maxLength: 30 },
      ),
      seed: fc.integer(),
    });
  });

  test('never loses or repeats a branch, and respects dependencies', () => {
    fc.assert(
      fc.property(cases, ({ branches, pairs }) => {
        const order = ids(branches, pairs);
        expect(order.toSorted()).toEqual(branches.map((branch) => branch.taskId).toSorted());
        const place = new Map(order.map((id, at) => [id, at]));
        for (const branch of branches)
          for (const before of branch.dependsOn)
            expect(place.get(before) ?? Infinity).toBeLessThan(place.get(branch.taskId) ?? -1);
      }),
    );
  });

  test('does not depend on the order of its input', () => {
    const unique = (pairs: readonly PairFacts[]): readonly PairFacts[] => [
      ...new Map(pairs.map((one) => [`${one.a} ${one.b}`, one])).values(),
    ];
    fc.assert(
      fc.property(cases, ({ branches, pairs, seed }) => {
        const shuffled = <T>(items: readonly T[]): readonly T[] =>
          items
            .map((item, at) => ({ item, key: Math.sin(seed + at * 7919) }))
            .toSorted((a, b) => a.key - b.key)
            .map(({ item }) => item);
        const once = unique(pairs);
        expect(ids(shuffled(branches), shuffled(once))).toEqual(ids(branches, once));
      }),
    );
  });

  /** The most branches without dependencies that can land together, by trying all sets. */
  const optimum = (branches: readonly BranchTip[], conflicts: ReadonlySet<string>): number => {
    let best = 0;
    for (let set = 0; set < 2 ** branches.length; set += 1) {
      const chosen = branches.filter((_, index) => (set >> index) & 1);
      const clean = chosen.every((a, index) =>
        chosen.slice(index + 1).every((b) => !conflicts.has(`${a.taskId} ${b.taskId}`)),
      );
      if (clean) best = Math.max(best, chosen.length);
    }
    return best;
  };

  test('lands at least 98 % of what the best order could land, over 300 random graphs', () => {
    let landed = 0;
    let possible = 0;
    const random = (round: number, a: number, b: number): number => {
      const x = Math.sin(round * 374_761 + a * 668_265 + b * 2_147) * 43_758.5453;
      return x - Math.floor(x);
    };
    for (let round = 0; round < 300; round += 1) {
      const branches = Array.from({ length: 9 }, (_, index) => tip(`t${index}`));
      const pairs = branches.flatMap((a, i) =>
        branches
          .slice(i + 1)
          .flatMap((b, j) => (random(round, i, i + 1 + j) < 0.3 ? [conflict(a.taskId, b.taskId)] : [])),
      );
      const conflicts = new Set(pairs.map((one) => `${one.a} ${one.b}`));
      const train: string[] = [];
      for (const id of ids(branches, pairs))
        if (train.every((other) => !conflicts.has(`${other} ${id}`) && !conflicts.has(`${id} ${other}`)))
          train.push(id);
      landed += train.length;
      possible += optimum(branches, conflicts);
    }
    expect(landed / possible).toBeGreaterThanOrEqual(0.98);
  });

  /** What lands when branches come in this order, without those that conflict and those that build on them. */
  const landing = (
    order: readonly string[],
    branches: readonly BranchTip[],
    pairs: readonly PairFacts[],
  ): number => {
    const conflicts = new Set(
      pairs.filter((one) => one.conflictPaths.length > 0).flatMap(({ a, b }) => [`${a} ${b}`, `${b} ${a}`]),
    );
    const landed = new Set<string>();
    for (const id of order) {
      const dependsOn = branches.find((branch) => branch.taskId === id)?.dependsOn ?? [];
      if (!dependsOn.every((dependency) => landed.has(dependency))) continue;
      if (![...landed].some((other) => conflicts.has(`${id} ${other}`))) landed.add(id);
    }
    return landed.size;
  };

  /** What builds on another branch contains it, so that the two cannot conflict. */
  const unrelated = (branches: readonly BranchTip[], pairs: readonly PairFacts[]): PairFacts[] => {
    const above = (id: string): string[] => {
      const direct = branches.find((branch) => branch.taskId === id)?.dependsOn ?? [];
      return [...direct, ...direct.flatMap(above)];
    };
    return pairs.filter(({ a, b }) => a !== b && !above(a).includes(b) && !above(b).includes(a));
  };

  test('never lands fewer than first come, first served', () => {
    fc.assert(
      fc.property(cases, ({ branches, pairs }) => {
        const real = unrelated(branches, pairs);
        const given = branches.map((branch) => branch.taskId);
        expect(landing(ids(branches, real), branches, real)).toBeGreaterThanOrEqual(
          landing(given, branches, real),
        );
      }),
    );
  });

  test('lands as many as any order could, dependencies included', () => {
    fc.assert(
      fc.property(cases, ({ branches, pairs }) => {
        const real = unrelated(branches, pairs);
        let most = 0;
        for (let set = 0; set < 2 ** branches.length; set += 1) {
          const chosen = branches.filter((_, index) => (set >> index) & 1).map((branch) => branch.taskId);
          if (chosen.length > most) most = Math.max(most, landing(chosen, branches, real));
        }
        expect(landing(ids(branches, real), branches, real)).toBe(most);
      }),
      { numRuns: 30 },
    );
  });

  test('is exact in each part of twenty, however many parts there are', () => {
    // A crown: greedy by degree takes the rim or the spokes, only a search finds which is more.
    const crown = (name: string): { branches: BranchTip[]; pairs: PairFacts[] } => {
      const branches = Array.from({ length: 20 }, (_, at) => tip(`${name}-${String(at).padStart(2, '0')}`));
      const idOf = (at: number): string => branches[at % 20]?.taskId ?? '';
      const pairs = branches.flatMap((_, at) => [
        conflict(idOf(at), idOf(at + 1)),
        conflict(idOf(at), idOf(at * 7 + 3)),
        conflict(idOf(at), idOf(at * 3 + 11)),
      ]);
      return { branches, pairs: pairs.filter(({ a, b }) => a !== b) };
    };
    const parts = ['a', 'b', 'c', 'd', 'e'].map(crown);
    const branches = parts.flatMap((part) => part.branches);
    const pairs = parts.flatMap((part) => part.pairs);
    const best = parts.map((part) => {
      const foes = part.branches.map(({ taskId }) =>
        part.branches.reduce(
          (mask, other, at) =>
            part.pairs.some(
              ({ a, b }) => (a === taskId && b === other.taskId) || (b === taskId && a === other.taskId),
            )
              ? mask | (1 << at)
              : mask,
          0,
        ),
      );
      const most = (open: number): number => {
        if (open === 0) return 0;
        const at = 31 - Math.clz32(open);
        const without = most(open & ~(1 << at));
        return Math.max(without, 1 + most(open & ~(1 << at) & ~(foes[at] ?? 0)));
      };
      return most(2 ** 20 - 1);
    });
    expect(landing(ids(branches, pairs), branches, pairs)).toBe(best.reduce((sum, one) => sum + one, 0));
  });

  test('goes on from what is merged: what conflicts with that comes last, the rest by what is left', () => {
    const pairs = [conflict('merged', 'a'), conflict('a', 'b'), conflict('b', 'c')];
    const order = mergeOrder([tip('a'), tip('b', { priority: 3 }), tip('c')], { pairs }, new Set(['merged']));
    expect(order).toMatchObject([
      { taskId: 'c', lands: true },
      { taskId: 'a', lands: false, reason: 'last, because it conflicts with merged' },
      { taskId: 'b', lands: false },
    ]);
  });

  test('survives what a checked plan never holds: a cycle, an unknown dependency, itself', () => {
    const branches = [
      tip('a', { dependsOn: ['b'] }),
      tip('b', { dependsOn: ['a'] }),
      tip('c', { dependsOn: ['c', 'gone'] }),
    ];
    expect(ids(branches, [pair('a', 'a'), pair('a', 'nobody')])).toEqual(['c', 'a', 'b']);
  });

  test('of 500 branches that all share a file is found within seconds', () => {
    const branches = Array.from({ length: 500 }, (_, index) => tip(`t${index}`));
    const pairs = branches.flatMap((a, i) =>
      branches
        .slice(i + 1)
        .map((b, j) =>
          (i * 31 + j * 17) % 10 === 0 ? conflict(a.taskId, b.taskId) : pair(a.taskId, b.taskId),
        ),
    );
    const started = performance.now();
    expect(ids(branches, pairs)).toHaveLength(500);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
