import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { AGENT_OUTCOMES } from '../../domain/agents/agent.ts';
import { packTasks, unpackTasks, type PackedTasks } from '../../domain/swarm/packed-tasks.ts';
import { TASK_STATES } from '../../domain/swarm/swarm.ts';
import { newTaskRecord, type TaskRecord } from '../../domain/swarm/task-record.ts';
import { NO_USAGE } from '../../domain/models/usage.ts';

const EPOCH = 1_790_000_000_000;

const commits = fc
  .constantFrom(40, 64)
  .chain((length) =>
    fc
      .array(fc.constantFrom(...'0123456789abcdef'.split('')), { minLength: length, maxLength: length })
      .map((digits) => digits.join('')),
  );
const counts = fc.nat({ max: 100_000_000 });
const records: fc.Arbitrary<TaskRecord[]> = fc
  .array(
    fc.record(
      {
        state: fc.constantFrom(...TASK_STATES),
        attempts: fc.nat({ max: 50 }),
        ordinal: fc.nat({ max: 20_000 }),
        commit: commits,
        landing: fc.constantFrom('landed' as const, 'skipped' as const, 'empty' as const),
        outside: fc.record(
          {
            count: fc.nat({ max: 1_000_000 }),
            paths: fc.array(fc.string(), { maxLength: 3 }),
            claimed: fc.integer({ min: 1, max: 1_000_000 }),
          },
          { requiredKeys: ['count', 'paths'] },
        ),
        note: fc.string({ maxLength: 200 }),
        startedAt: fc.nat({ max: 10_000_000 }).map((ms) => EPOCH + ms),
        endedAt: fc.nat({ max: 10_000_000 }).map((ms) => EPOCH + ms),
        autoAnswers: fc.nat({ max: 3 }),
        usage: fc.oneof(
          fc.constant(NO_USAGE),
          fc.record({
            inputTokens: counts,
            outputTokens: counts,
            cacheReadTokens: counts,
            cacheWriteTokens: counts,
            calls: fc.integer({ min: 1, max: 500 }),
            costUsd: fc.double({ min: 0, max: 100, noNaN: true, noDefaultInfinity: true }).map(Math.abs),
            costIncomplete: fc.boolean(),
          }),
        ),
        previous: fc.array(
          fc.record({
            agentId: fc.constant('agent-1'),
            outcome: fc.constantFrom(...AGENT_OUTCOMES),
            reason: fc.string(),
          }),
          { maxLength: 2 },
        ),
      },
      { requiredKeys: ['state', 'attempts', 'ordinal', 'note', 'autoAnswers', 'usage', 'previous'] },
    ),
  )
  .map((entries) =>
    entries.map((entry, place) => ({
      outline: { id: `t${place}`, title: 'Title', dependsOn: [], priority: 2 },
      ...entry,
    })),
  );

const throughJson = (packed: PackedTasks): PackedTasks => JSON.parse(JSON.stringify(packed)) as PackedTasks;

describe('packed tasks', () => {
  test('are the same tasks when unpacked', () => {
    fc.assert(
      fc.property(records, (tasks) => {
        const packed = throughJson(packTasks(tasks, EPOCH));
        expect(
          unpackTasks(
            packed,
            tasks.map((task) => task.outline),
            EPOCH,
          ),
        ).toEqual(tasks);
      }),
    );
  });

  test('of 10,000 completed tasks stay under what the server warns of, notes of failed ones first', () => {
    const tasks = Array.from({ length: 10_000 }, (_, place): TaskRecord => ({
      ...newTaskRecord({ id: `task-${place}`, title: 'x', dependsOn: [], priority: 2 }, place),
      state: place === 7 ? 'failed' : 'completed',
      attempts: 1,
      commit: (place + 1).toString(16).padStart(40, '0123456789abcdef'),
      startedAt: EPOCH + place * 1_000,
      endedAt: EPOCH + place * 1_000 + 30_000,
      note: 'n'.repeat(500),
    }));
    const packed = packTasks(tasks, EPOCH);
    expect(JSON.stringify(packed).length).toBeLessThan(430_000);
    expect(packed.notes).toEqual({ 7: 'n'.repeat(500) });
  });

  test('share the room for notes when all of them get some', () => {
    const tasks = Array.from({ length: 1_000 }, (_, place): TaskRecord => ({
      ...newTaskRecord({ id: `task-${place}`, title: 'x', dependsOn: [], priority: 2 }, place),
      state: 'completed',
      note: 'n'.repeat(500),
    }));
    const { notes } = packTasks(tasks, EPOCH);
    expect(Object.keys(notes)).toHaveLength(1_000);
    expect(notes['0']).toBe('n'.repeat(90));
  });

  test('that an earlier version packed are read', () => {
    const packed: PackedTasks = { lines: '6- 1 aa s e|6- 1 aa t f', notes: {}, previous: {} };
    const outlines = ['a', 'b'].map((id) => ({ id, title: id, dependsOn: [], priority: 2 }));
    expect(unpackTasks(packed, outlines, EPOCH).map((task) => [task.startedAt, task.endedAt])).toEqual([
      [EPOCH + 28, EPOCH + 14],
      [EPOCH + 29, EPOCH + 15],
    ]);
  });
});
