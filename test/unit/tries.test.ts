import { expect, test } from '@jest/globals';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { failureLimit } from '../../workers/worker/tries.ts';

const limit = failureLimit();

/** One try of the activity `name`. */
const tried = (name: string, work: () => Promise<unknown>, cancel = false): Promise<unknown> => {
  const env = new MockActivityEnvironment({ activityId: name, activityType: name });
  if (cancel) env.cancel('WORKER_SHUTDOWN');
  const execute = limit(env.context).inbound?.execute;
  return execute?.({ args: [], headers: {} }, work) ?? Promise.reject(new Error('not wrapped'));
};

const fails = (): Promise<never> =>
  Promise.reject(ApplicationFailure.create({ type: 'toolBroken', message: 'red' }));

test('work that fails five times has failed', async () => {
  for (let time = 1; time <= 4; time++)
    await expect(tried('a', fails)).rejects.toMatchObject({ type: 'toolBroken', nonRetryable: false });
  await expect(tried('a', fails)).rejects.toMatchObject({
    type: 'toolBroken',
    nonRetryable: true,
    message: 'red',
  });
});

test('a model is asked for a plan three times', async () => {
  for (let time = 1; time <= 2; time++)
    await expect(tried('draftPlan', fails)).rejects.toMatchObject({ nonRetryable: false });
  await expect(tried('draftPlan', fails)).rejects.toMatchObject({ nonRetryable: true });
});

test('a try that ended with its worker, or was cancelled, is no failure of the work', async () => {
  for (let time = 1; time <= 20; time++)
    await expect(tried('b', fails, true)).rejects.toMatchObject({ nonRetryable: false });
  for (let time = 1; time <= 20; time++)
    await expect(tried('b', () => Promise.reject(new CancelledFailure('CANCELLED')))).rejects.toBeInstanceOf(
      CancelledFailure,
    );
  await expect(tried('b', fails)).rejects.toMatchObject({ nonRetryable: false });
});

test('what went well at last is forgotten, and what fails is counted for itself', async () => {
  for (let time = 1; time <= 4; time++) await expect(tried('c', fails)).rejects.toThrow('red');
  await expect(tried('d', fails)).rejects.toMatchObject({ nonRetryable: false });
  await expect(tried('c', () => Promise.resolve('done'))).resolves.toBe('done');
  await expect(tried('c', fails)).rejects.toMatchObject({ nonRetryable: false });
});
