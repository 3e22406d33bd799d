import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { TaskOutline } from '../../domain/plan/plan.ts';
import { createSchedule, type Schedule } from '../../domain/swarm/schedule.ts';

const outline = (id: string, dependsOn: readonly string[] = [], priority = 2): TaskOutline => ({
  id,
  title: id,
  dependsOn,
  priority,
});

const fresh = (tasks: readonly TaskOutline[]): Schedule => createSchedule(tasks, () => 'waiting');

/** The order in which one agent would do the tasks. */
const orderOf = (tasks: readonly TaskOutline[]): string[] => {
  const schedule = fresh(tasks);
  const order: string[] = [];
  for (let id = schedule.take(); id !== undefined; id = schedule.take()) {
    order.push(id);
    schedule.done(id);
  }
  return order;
};

/** Plans without cycles: each task depends on some of those before it. */
const plans = fc
  .array(
    fc.record({ priority: fc.integer({ min: 1, max: 4 }), picks: fc.array(fc.nat(), { maxLength: 3 }) }),
    {
      maxLength: 40,
    },
  )
  .map((entries) =>
    entries.map(({ priority, picks }, at) =>
      outline(`t${at}`, at === 0 ? [] : [...new Set(picks.map((pick) => `t${pick % at}`))], priority),
    ),
  );

describe('the next task', () => {
  test('is the most urgent one that is ready', () => {
    expect(orderOf([outline('later', [], 3), outline('now', [], 1), outline('soon', [], 2)])).toEqual([
      'now',
      'soon',
      'later',
    ]);
  });

  test('among equally urgent ones starts the longest chain', () => {
    const tasks = [
      outline('short'),
      outline('long'),
      outline('middle', ['long']),
      outline('end', ['middle']),
    ];
    expect(orderOf(tasks)[0]).toBe('long');
  });

  test('comes in the order of the plan when nothing else decides', () => {
    expect(orderOf([outline('b'), outline('c'), outline('a')])).toEqual(['b', 'c', 'a']);
  });

  test('never comes before what it depends on, and all come once', () => {
    fc.assert(
      fc.property(plans, (tasks) => {
        const order = orderOf(tasks);
        expect(order.toSorted()).toEqual(tasks.map((task) => task.id).toSorted());
        for (const task of tasks)
          for (const before of task.dependsOn)
            expect(order.indexOf(before)).toBeLessThan(order.indexOf(task.id));
      }),
    );
  });

  test('is always one that no ready task should come before', () => {
    fc.assert(
      fc.property(plans, (tasks) => {
        const byId = new Map(tasks.map((task) => [task.id, task]));
        const chain = (id: string): number =>
          1 +
          Math.max(0, ...tasks.filter((task) => task.dependsOn.includes(id)).map((task) => chain(task.id)));
        const done = new Set<string>();
        for (const id of orderOf(tasks)) {
          const ready = tasks.filter(
            (task) => !done.has(task.id) && task.dependsOn.every((before) => done.has(before)),
          );
          const best = ready.toSorted(
            (a, b) =>
              a.priority - b.priority || chain(b.id) - chain(a.id) || tasks.indexOf(a) - tasks.indexOf(b),
          )[0];
          expect(byId.get(id)).toBe(best);
          done.add(id);
        }
      }),
    );
  });
});

describe('a schedule in the middle of a run', () => {
  test('does not offer what is running, and offers what waits for it once it is done', () => {
    const schedule = createSchedule([outline('a'), outline('b', ['a'])], (id) =>
      id === 'a' ? 'idle' : 'waiting',
    );
    expect(schedule.take()).toBeUndefined();
    schedule.done('a');
    expect(schedule.take()).toBe('b');
    expect(schedule.take()).toBeUndefined();
  });

  test('offers a task again that was put back', () => {
    const schedule = fresh([outline('a')]);
    expect(schedule.take()).toBe('a');
    expect(schedule.take()).toBeUndefined();
    schedule.putBack('a');
    expect(schedule.take()).toBe('a');
  });

  test('counts a dependency once, however often it is named and told to be done', () => {
    const schedule = fresh([outline('a'), outline('b'), outline('c', ['a', 'a', 'b'])]);
    schedule.take();
    schedule.take();
    schedule.done('a');
    schedule.done('a');
    expect(schedule.take()).toBeUndefined();
    schedule.done('b');
    expect(schedule.take()).toBe('c');
  });
});

test('a plan of 10,000 tasks in one chain is scheduled in seconds', () => {
  const tasks = Array.from({ length: 10_000 }, (_, at) => outline(`t${at}`, at === 0 ? [] : [`t${at - 1}`]));
  const began = performance.now();
  expect(orderOf(tasks)).toHaveLength(10_000);
  expect(performance.now() - began).toBeLessThan(3_000);
});
