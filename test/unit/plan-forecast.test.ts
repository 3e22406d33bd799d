import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DEFAULTS } from '../../config/defaults.ts';
import type { Lesson } from '../../domain/lessons/lessons.ts';
import { forecastLines, forecastPlan } from '../../domain/plan/forecast.ts';
import type { Task } from '../../domain/plan/plan.ts';
import type { SwarmSettings } from '../../domain/swarm/settings.ts';
import { task as planTask } from '../support/plan-task.ts';

const task = (
  id: string,
  minutes: number | undefined,
  dependsOn: readonly string[] = [],
  more: Partial<Task> = {},
): Task =>
  planTask(id, { dependsOn, ...(minutes === undefined ? {} : { estimateMinutes: minutes }), ...more });
const plan = (tasks: readonly Task[]) => ({ goal: 'g', summary: '', tasks });
const settings = (changes: Partial<SwarmSettings> = {}): SwarmSettings => ({ ...DEFAULTS, ...changes });

const took = (subject: string, seconds: number, costUsd?: number): Lesson => ({
  id: subject,
  repository: '/r',
  kind: 'duration',
  subject,
  text: '',
  paths: [],
  weight: 1,
  times: 1,
  from: [],
  learntAt: '',
  seenAt: '',
  seconds,
  ...(costUsd === undefined ? {} : { costUsd }),
});

describe('before a plan runs', () => {
  test('its longest chain and what many agents gain are known', () => {
    const tasks = [task('a', 10), task('b', 20, ['a']), task('c', 5, ['a']), task('d', 5)];
    const forecast = forecastPlan(plan(tasks), settings({ parallelism: 2 }), []);
    expect(forecast).toMatchObject({
      criticalPath: ['a', 'b'],
      criticalSeconds: 1_800,
      totalSeconds: 2_400,
      expectedSeconds: 1_800,
      basis: 'estimates',
    });
    expect(forecastLines(forecast).join(' ')).toContain('a → b, 30 min; at best 1.3 times as fast');
    expect(forecastPlan(plan(tasks), settings({ parallelism: 1 }), []).expectedSeconds).toBe(2_400);
  });

  test('what earlier runs took and cost counts more than a guess, and an estimate more than both', () => {
    const earlier = [took('default by api', 300, 0.5)];
    const known = forecastPlan(plan([task('a', undefined)]), settings(), earlier);
    expect(known).toMatchObject({ totalSeconds: 300, costUsd: 0.5, basis: 'earlier runs' });
    const estimated = forecastPlan(plan([task('a', 10)]), settings(), earlier);
    expect(estimated).toMatchObject({ totalSeconds: 600, costUsd: 1, basis: 'estimates' });
    const guessed = forecastPlan(plan([task('a', undefined)]), settings(), []);
    expect(guessed.basis).toBe('guess');
    expect(guessed.costUsd).toBeGreaterThan(0);
    expect(forecastLines(guessed)[0]).toContain('a guess');
  });

  test('commands cost nothing, and a model without a price costs nobody knows what', () => {
    const command = settings({ executor: 'command', command: 'true' });
    expect(forecastPlan(plan([task('a', 1)]), command, [])).not.toHaveProperty('costUsd');
    const unpriced = plan([task('a', 1), task('b', 1, [], { model: 'mystery-1' })]);
    expect(forecastPlan(unpriced, settings(), [])).not.toHaveProperty('costUsd');
  });

  test('no number of agents beats the longest chain, none takes longer than one alone', () => {
    const tasks = fc
      .array(
        fc.record({
          minutes: fc.integer({ min: 1, max: 60 }),
          after: fc.array(fc.nat(30), { maxLength: 3 }),
        }),
        {
          minLength: 1,
          maxLength: 30,
        },
      )
      .map((all) =>
        all.map(({ minutes, after }, index) =>
          task(
            `t${index}`,
            minutes,
            [...new Set(after)].filter((other) => other < index).map((other) => `t${other}`),
          ),
        ),
      );
    fc.assert(
      fc.property(tasks, fc.integer({ min: 1, max: 8 }), (all, parallelism) => {
        const forecast = forecastPlan(plan(all), settings({ parallelism }), []);
        expect(forecast.expectedSeconds).toBeGreaterThanOrEqual(forecast.criticalSeconds);
        expect(forecast.expectedSeconds).toBeLessThanOrEqual(forecast.totalSeconds);
      }),
    );
  });
});
