import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { editsBetween } from '../../domain/plan/edits-between.ts';
import { planChanges } from '../../domain/plan/diff.ts';
import { applyEdits } from '../../domain/plan/edits.ts';
import type { Task } from '../../domain/plan/plan.ts';

const task = (id: string, more: Partial<Task> = {}): Task => ({
  id,
  title: id,
  description: '',
  dependsOn: [],
  priority: 2,
  category: 'default',
  files: [],
  ...more,
});

/** Plans without cycles: each task depends on tasks before it in the alphabet. */
const plans = fc
  .uniqueArray(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 8 })
  .chain((numbers) => {
    const sorted = [...numbers].sort((a, b) => a - b);
    return fc.tuple(
      ...sorted.map((number, index) =>
        fc.record({
          id: fc.constant(`t${number}`),
          dependsOn: fc.subarray(sorted.slice(0, index).map((one) => `t${one}`)),
          priority: fc.integer({ min: 1, max: 4 }),
          command: fc.option(fc.constantFrom('make a', 'make b'), { nil: undefined }),
          retries: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
        }),
      ),
    );
  })
  .map((tasks) =>
    tasks.map(({ id, command, retries, ...rest }) =>
      task(id, {
        ...rest,
        ...(command === undefined ? {} : { command }),
        ...(retries === undefined ? {} : { retries }),
      }),
    ),
  );

describe('edits between two plans', () => {
  test('applied to the old plan they make the new one, also after a trip through JSON', () => {
    fc.assert(
      fc.property(plans, plans, (before, after) => {
        const edits = JSON.parse(JSON.stringify(editsBetween(before, after))) as ReturnType<
          typeof editsBetween
        >;
        const made = edits.length === 0 ? before : applyEdits(before, edits);
        expect(planChanges(made, after)).toEqual([]);
        expect(made.map((one) => one.id).sort()).toEqual(after.map((one) => one.id).sort());
      }),
    );
  });

  test('a plan that was saved unchanged gives no edits', () => {
    fc.assert(fc.property(plans, (plan) => expect(editsBetween(plan, structuredClone(plan))).toEqual([])));
  });

  test('who waited for a removed task waits for exactly what the new text says', () => {
    const before = [task('a'), task('b', { dependsOn: ['a'] }), task('c', { dependsOn: ['b'] })];
    const after = [task('a'), task('c')];
    const made = applyEdits(before, editsBetween(before, after));
    expect(made.find((one) => one.id === 'c')?.dependsOn).toEqual([]);
  });
});
