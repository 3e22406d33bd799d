/** What tasks start from, and which of their branches the merge train may take. */
import { describe, expect, test } from '@jest/globals';
import { dependencyNotes } from '../../domain/agents/dependency-notes.ts';
import { readyBranches } from '../../domain/train/ready-branches.ts';
import { newTaskRecord, type TaskRecord } from '../../domain/swarm/task-record.ts';

const record = (id: string, dependsOn: readonly string[], more: Partial<TaskRecord> = {}): TaskRecord => ({
  ...newTaskRecord({ id, title: `Title of ${id}`, dependsOn, priority: 2 }, 0),
  state: 'completed',
  commit: `commit-${id}`,
  note: `did ${id}`,
  ...more,
});

/** A task that was allowed to change nothing, and did so. */
const empty = (id: string, dependsOn: readonly string[]): TaskRecord => {
  const { commit: _, ...rest } = record(id, dependsOn, { landing: 'empty' });
  return rest;
};

const book = (...tasks: readonly TaskRecord[]): ReadonlyMap<string, TaskRecord> =>
  new Map(tasks.map((task) => [task.outline.id, task]));

describe('the starting point of a task', () => {
  test('is made of the commits of its dependencies, with what they said', () => {
    const tasks = book(record('a', []), record('b', []), record('c', ['a', 'b']));
    expect(dependencyNotes(tasks.get('c')!, tasks)).toEqual([
      { taskId: 'a', title: 'Title of a', commit: 'commit-a', summary: 'did a' },
      { taskId: 'b', title: 'Title of b', commit: 'commit-b', summary: 'did b' },
    ]);
  });

  test('reaches through a dependency that changed nothing', () => {
    const tasks = book(record('a', []), empty('check', ['a']), record('c', ['check', 'a']));
    expect(dependencyNotes(tasks.get('c')!, tasks).map((note) => note.taskId)).toEqual(['a']);
  });

  test('fits into a payload however many dependencies there are', () => {
    const many = Array.from({ length: 5_000 }, (_, at) => record(`t${at}`, [], { note: 'n'.repeat(500) }));
    const last = record(
      'last',
      many.map((task) => task.outline.id),
    );
    const notes = dependencyNotes(last, book(...many, last));
    expect(notes).toHaveLength(5_000);
    expect(JSON.stringify(notes).length).toBeLessThan(1_000_000);
  });
});

describe('the branches that may be merged', () => {
  const ids = (tasks: ReadonlyMap<string, TaskRecord>, held: string[] = [], limit = 100): string[] =>
    readyBranches(tasks, new Set(held), limit).map((branch) => branch.taskId);

  test('come after those they build on, whatever the order of the plan', () => {
    expect(ids(book(record('c', ['b']), record('b', ['a']), record('a', [])))).toEqual(['a', 'b', 'c']);
  });

  test('are those of completed tasks that have not landed and were not left out', () => {
    expect(
      ids(
        book(
          record('landed', [], { landing: 'landed' }),
          record('skipped', [], { landing: 'skipped' }),
          record('failed', [], { state: 'failed' }),
          record('ready', ['landed']),
        ),
      ),
    ).toEqual(['ready']);
  });

  test('contain nothing that is held or was left out, also not by way of a task without changes', () => {
    const tasks = book(record('a', []), empty('check', ['a']), record('b', ['check']), record('c', []));
    expect(ids(tasks, ['a'])).toEqual(['c']);
    expect(ids(book(record('a', [], { landing: 'skipped' }), record('b', ['a'])))).toEqual([]);
  });

  test('are at most as many as asked for, and the rest comes when these have landed', () => {
    const tasks = book(record('a', []), record('b', ['a']), record('c', ['b']));
    expect(ids(tasks, [], 2)).toEqual(['a', 'b']);
  });
});
