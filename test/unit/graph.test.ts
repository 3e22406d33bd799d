import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  criticalPath,
  findCycle,
  orderedPairs,
  topologicalOrder,
  transitiveDependents,
  type GraphNode,
} from '../../domain/plan/graph.ts';

const node = (id: string, ...dependsOn: string[]): GraphNode => ({ id, dependsOn });

/** Graphs without a cycle: each node may only wait for earlier ones, then the order is shuffled. */
const acyclic = fc
  .integer({ min: 1, max: 25 })
  .chain((size) =>
    fc.tuple(
      fc.tuple(
        ...Array.from({ length: size }, (_, index) =>
          fc
            .uniqueArray(fc.nat({ max: Math.max(0, index - 1) }), { maxLength: index === 0 ? 0 : 4 })
            .map((earlier) => node(`t${index}`, ...earlier.map((other) => `t${other}`))),
        ),
      ),
      fc.nat(),
    ),
  )
  .chain(([nodes]) => fc.shuffledSubarray(nodes, { minLength: nodes.length }));

const anyGraph = fc
  .integer({ min: 1, max: 12 })
  .chain((size) =>
    fc.tuple(
      ...Array.from({ length: size }, (_, index) =>
        fc
          .uniqueArray(fc.nat({ max: size - 1 }), { maxLength: 3 })
          .map((others) => node(`t${index}`, ...others.map((other) => `t${other}`))),
      ),
    ),
  );

const chain = (length: number): GraphNode[] =>
  Array.from({ length }, (_, index) => node(`t${index}`, ...(index === 0 ? [] : [`t${index - 1}`])));

/** Does `a` wait for `b`? By the definition, without any cleverness. */
const waitsFor = (nodes: readonly GraphNode[], a: string, b: string, seen = new Set<string>()): boolean => {
  if (seen.has(a)) return false;
  seen.add(a);
  const dependsOn = nodes.find((candidate) => candidate.id === a)?.dependsOn ?? [];
  return dependsOn.some((other) => other === b || waitsFor(nodes, other, b, seen));
};

describe('cycles', () => {
  test('a cycle is named in the direction of waiting, and starts and ends with the same task', () => {
    expect(findCycle([node('a', 'b'), node('b', 'a')])).toEqual(['a', 'b', 'a']);
    expect(findCycle([node('x', 'a'), node('a', 'b'), node('b', 'c'), node('c', 'a')])).toEqual([
      'a',
      'b',
      'c',
      'a',
    ]);
    expect(findCycle([node('a', 'a')])).toEqual(['a', 'a']);
  });

  test('every named cycle is one, and one is named exactly when the order cannot hold all tasks', () => {
    fc.assert(
      fc.property(anyGraph, (nodes) => {
        const cycle = findCycle(nodes);
        expect(cycle === undefined).toBe(topologicalOrder(nodes).length === nodes.length);
        if (cycle === undefined) return;
        expect(cycle.at(0)).toBe(cycle.at(-1));
        for (const [index, id] of cycle.slice(0, -1).entries())
          expect(nodes.find((candidate) => candidate.id === id)?.dependsOn).toContain(cycle[index + 1]);
      }),
    );
  });
});

describe('orders', () => {
  test('each task comes after all that it waits for', () => {
    fc.assert(
      fc.property(acyclic, (nodes) => {
        const order = topologicalOrder(nodes);
        expect([...order].sort()).toEqual(nodes.map(({ id }) => id).sort());
        for (const { id, dependsOn } of nodes)
          for (const other of dependsOn) expect(order.indexOf(other)).toBeLessThan(order.indexOf(id));
      }),
    );
  });

  test('transitive dependents and ordered pairs agree with the definition', () => {
    fc.assert(
      fc.property(acyclic, (nodes) => {
        const ordered = orderedPairs(nodes);
        for (const a of nodes) {
          const dependents = transitiveDependents(nodes, [a.id]);
          for (const b of nodes) {
            expect(dependents.has(b.id)).toBe(waitsFor(nodes, b.id, a.id));
            expect(ordered(a.id, b.id)).toBe(waitsFor(nodes, a.id, b.id) || waitsFor(nodes, b.id, a.id));
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  test('no chain is longer than the critical path, and the critical path is a chain', () => {
    fc.assert(
      fc.property(acyclic, (nodes) => {
        const weight = (id: string): number => (id.length * 7 + id.charCodeAt(id.length - 1)) % 11;
        const longest = (id: string): number =>
          weight(id) +
          Math.max(
            0,
            ...(nodes.find((other) => other.id === id)?.dependsOn ?? []).map((other) => longest(other)),
          );
        const { ids, length } = criticalPath(nodes, weight);
        expect(length).toBe(Math.max(...nodes.map(({ id }) => longest(id))));
        expect(ids.reduce((sum, id) => sum + weight(id), 0)).toBe(length);
        for (const [index, id] of ids.slice(1).entries())
          expect(nodes.find((other) => other.id === id)?.dependsOn).toContain(ids[index]);
      }),
      { numRuns: 60 },
    );
  });

  test('a chain of 10,000 tasks needs no recursion', () => {
    const nodes = chain(10_000);
    expect(findCycle(nodes)).toBeUndefined();
    expect(topologicalOrder(nodes)).toHaveLength(10_000);
    expect(transitiveDependents(nodes, ['t0']).size).toBe(9_999);
    expect(criticalPath(nodes).ids.at(-1)).toBe('t9999');
    const closed = [node('t0', 't9999'), ...nodes.slice(1)];
    expect(findCycle(closed)).toHaveLength(10_001);
  });
});
