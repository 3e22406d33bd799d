import { expect, test } from '@jest/globals';
import { pauseAfter } from '../../domain/agents/pause.ts';

const UNAVAILABLE = { outcome: 'model_unavailable' as const, summary: 'limit' };

test('the time that the model gives is waited for, at most a week', () => {
  expect(pauseAfter(UNAVAILABLE, 1, 12_600.2)).toEqual({ seconds: 12_601, reason: 'limit' });
  expect(pauseAfter(UNAVAILABLE, 1, -3_600)?.seconds).toBe(5);
  expect(pauseAfter(UNAVAILABLE, 1, 1e12)?.seconds).toBe(604_800);
});

test('without one, the wait grows from a minute to half an hour', () => {
  const waits = [1, 2, 3, 6, 100].map((leg) => pauseAfter(UNAVAILABLE, leg)?.seconds);
  expect(waits).toEqual([60, 120, 240, 1_800, 1_800]);
  expect(pauseAfter(UNAVAILABLE, 1, Number.NaN)?.seconds).toBe(60);
});

test('it ends some time: a model that never comes back, a process that always dies', () => {
  expect(pauseAfter(UNAVAILABLE, 201)).toBeUndefined();
  const lost = { outcome: 'lost' as const, summary: 'killed', resumable: true };
  expect(pauseAfter(lost, 1)?.seconds).toBe(5);
  expect(pauseAfter(lost, 5)).toBeUndefined();
  expect(pauseAfter({ ...lost, resumable: false }, 1)).toBeUndefined();
  expect(pauseAfter({ outcome: 'failed', summary: '' }, 1)).toBeUndefined();
});
