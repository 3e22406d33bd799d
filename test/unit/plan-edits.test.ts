import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { PlanEdit, Task, TaskOutline } from '../../domain/plan/plan.ts';
import { planChanges } from '../../domain/plan/diff.ts';
import { applyEdits, editProblems } from '../../domain/plan/edits.ts';
import { planProblems } from '../../domain/plan/problems.ts';
import { task } from '../support/plan-task.ts';

const outline = ({ id, title, dependsOn, priority }: Task): TaskOutline => ({
  id,
  title,
  dependsOn,
  priority,
});
const problems = (tasks: readonly Task[], edits: unknown, frozen: readonly string[] = []): string[] =>
  editProblems(tasks.map(outline), edits as PlanEdit[], new Set(frozen)).map(({ message }) => message);

const tasks = [task('a'), task('b', { dependsOn: ['a'] }), task('c', { dependsOn: ['b'] })];

describe('edits', () => {
  test('who waited for a removed task waits for what it waited for', () => {
    expect(applyEdits(tasks, [{ kind: 'remove', taskId: 'b' }])).toEqual([
      task('a'),
      task('c', { dependsOn: ['a'] }),
    ]);
  });

  test('a split task leaves its place, its dependencies and its dependents to its parts', () => {
    const edits: PlanEdit[] = [
      { kind: 'split', taskId: 'b', into: [task('b'), task('b2', { dependsOn: ['b'] })] },
    ];
    expect(problems(tasks, edits)).toEqual([]);
    expect(applyEdits(tasks, edits)).toEqual([
      task('a'),
      task('b', { dependsOn: ['a'] }),
      task('b2', { dependsOn: ['a', 'b'] }),
      task('c', { dependsOn: ['b', 'b2'] }),
    ]);
  });

  test('a modified field changes alone; null takes an override back', () => {
    const given = [task('a', { model: 'opus' })];
    const edits = [
      { kind: 'modify', taskId: 'a', set: { model: null, priority: 1 } },
    ] as unknown as PlanEdit[];
    expect(problems(given, edits)).toEqual([]);
    expect(applyEdits(given, edits)).toEqual([task('a', { priority: 1 })]);
    expect(problems(given, [{ kind: 'modify', taskId: 'a', set: { title: null } }])).toEqual([
      expect.stringContaining('"title" must be text'),
    ]);
  });

  test('a reorder puts the named tasks in the given order and leaves the others alone', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 3, maxLength: 12 }).chain((priorities) =>
          fc.tuple(
            fc.constant(priorities.map((priority, i) => task(`t${i}`, { priority }))),
            fc.shuffledSubarray(
              priorities.map((_, i) => `t${i}`),
              { minLength: 2 },
            ),
          ),
        ),
        ([given, order]) => {
          const edits: PlanEdit[] = [{ kind: 'reorder', taskIds: order }];
          expect(problems(given, edits)).toEqual([]);
          const after = applyEdits(given, edits);
          const schedule = after.toSorted((a, b) => a.priority - b.priority).map(({ id }) => id);
          expect(schedule.filter((id) => order.includes(id))).toEqual(order);
          for (const { id, priority } of after)
            if (!order.includes(id)) expect(priority).toBe(given.find((old) => old.id === id)?.priority);
        },
      ),
    );
  });
});

describe('refused edits', () => {
  test('a task that has started is not changed', () => {
    for (const edit of [
      { kind: 'modify', taskId: 'a', set: { priority: 1 } },
      { kind: 'remove', taskId: 'a' },
      { kind: 'split', taskId: 'a', into: [task('x')] },
      { kind: 'reorder', taskIds: ['b', 'a'] },
    ])
      expect(problems(tasks, [edit], ['a'])).toEqual([expect.stringContaining('"a" has started')]);
    expect(problems(tasks, [{ kind: 'add', task: task('d', { dependsOn: ['a'] }) }], ['a'])).toEqual([]);
  });

  test.each([
    [[{ kind: 'remove', taskId: 'bb' }], 'did you mean "b"?'],
    [[{ kind: 'add', task: task('a') }], 'There is a task "a" in the plan already'],
    [[{ kind: 'add', task: { id: 'x' } }], 'has no "title"'],
    [[{ kind: 'modify', taskId: 'a', set: { dependsOn: ['c'] } }], 'a → c → b → a'],
    [[{ kind: 'modify', taskId: 'a', set: { id: 'z' } }], 'the id cannot be changed'],
    [[{ kind: 'modify', taskId: 'a', set: { tittle: 'z' } }], 'did you mean "title"?'],
    [[{ kind: 'modify', taskId: 'a' }], 'not an object'],
    [tasks.map(({ id }) => ({ kind: 'remove', taskId: id })), 'no tasks'],
    [[{ kind: 'split', taskId: 'a', into: [] }], 'split into nothing'],
    [[{ kind: 'reorder', taskIds: ['a', 'a'] }], 'names a task twice'],
    [[{ kind: 'explode' }], 'unknown kind'],
    [[null], 'unknown kind'],
    [[], 'no edits'],
    ['edits', 'no edits'],
  ])('%j: %s', (edits, expected) => {
    expect(problems(tasks, edits).join('\n')).toContain(expected);
  });
});

/** Edits that mostly make sense for tasks t0…t7. */
const anyEdit: fc.Arbitrary<PlanEdit> = fc
  .tuple(fc.nat(4), fc.nat(9), fc.nat(9), fc.integer({ min: 1, max: 5 }))
  .map(([kind, a, b, priority]): PlanEdit => {
    const id = `t${a}`;
    const other = `t${b}`;
    if (kind === 0) return { kind: 'add', task: task(`n${a}`, { dependsOn: [other], priority }) };
    if (kind === 1) return { kind: 'modify', taskId: id, set: { dependsOn: [other], priority } };
    if (kind === 2) return { kind: 'remove', taskId: id };
    if (kind === 3)
      return { kind: 'split', taskId: id, into: [task(`${id}-x`), task(`${id}-y`, { priority })] };
    return { kind: 'reorder', taskIds: [id, other] };
  });

test('edits found sound make a sound plan, and the differences tell all of it', () => {
  const given = Array.from({ length: 8 }, (_, i) =>
    task(`t${i}`, { dependsOn: i % 3 === 0 ? [] : [`t${i - 1}`] }),
  );
  let applied = 0;
  fc.assert(
    fc.property(fc.array(anyEdit, { minLength: 1, maxLength: 5 }), (edits) => {
      const frozen = ['t0', 't3'];
      if (problems(given, edits, frozen).length > 0) return;
      applied += 1;
      const after = applyEdits(given, edits);
      const found = planProblems({ goal: 'g', summary: '', tasks: after });
      expect(found.filter(({ severity }) => severity === 'error')).toEqual([]);
      for (const id of frozen)
        expect(after.find((candidate) => candidate.id === id)).toEqual(
          given.find((candidate) => candidate.id === id),
        );
      const changes = planChanges(given, after);
      const ids = (kind: string): string[] => changes.filter((c) => c.kind === kind).map((c) => c.taskId);
      const before = new Set(given.map(({ id }) => id));
      expect(ids('added')).toEqual(after.filter(({ id }) => !before.has(id)).map(({ id }) => id));
      expect(ids('removed')).toEqual(
        given.filter(({ id }) => !after.some((now) => now.id === id)).map(({ id }) => id),
      );
      for (const now of after) {
        const old = given.find(({ id }) => id === now.id);
        if (old === undefined || ids('changed').includes(now.id)) continue;
        expect(now).toEqual(old);
      }
    }),
    { numRuns: 500 },
  );
  expect(applied).toBeGreaterThan(20);
});
