/**
 * Counts what an activity itself failed at. The server counts every try, also one that ended because its worker died
 * or was shut down, where nothing is wrong with the work; so it is given many, and here the failures of the work end
 * it after a few. Counted in memory: a worker that starts anew begins at one.
 */
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

/** Five tries within some 15 seconds are enough for what passes by itself. */
const FAILURES = 5;
/** Each costs a model's time. */
const FAILURES_BY_ACTIVITY: Readonly<Record<string, number>> = { draftPlan: 3 };
/** Activities that are remembered; those that end well are forgotten. */
const REMEMBERED = 1_000;

const lastFailure = (error: unknown): Error =>
  error instanceof ApplicationFailure
    ? ApplicationFailure.create({
        message: error.message,
        type: error.type ?? undefined,
        nonRetryable: true,
        details: error.details ?? undefined,
        cause: error.cause,
      })
    : ApplicationFailure.create({
        message: error instanceof Error ? error.message : String(error),
        nonRetryable: true,
        cause: error instanceof Error ? error : undefined,
      });

/** For the workers of one process. */
export const failureLimit = (): ActivityInterceptorsFactory => {
  const failures = new Map<string, number>();
  const count = (key: string): number => {
    const now = (failures.get(key) ?? 0) + 1;
    failures.delete(key);
    failures.set(key, now);
    for (const oldest of failures.keys()) {
      if (failures.size <= REMEMBERED) break;
      failures.delete(oldest);
    }
    return now;
  };
  return (context) => ({
    inbound: {
      execute: async (input, next) => {
        const { info } = context;
        if (info.isLocal) return next(input);
        const { workflowId = '', runId = '' } = info.workflowExecution ?? {};
        const key = [workflowId, runId, info.activityId].join('\n');
        const most = FAILURES_BY_ACTIVITY[info.activityType] ?? FAILURES;
        if ((failures.get(key) ?? 0) >= most)
          throw ApplicationFailure.create({
            message: `${info.activityType} took longer than its limit ${most} times`,
            type: 'unavailable',
            nonRetryable: true,
          });
        try {
          const result = await next(input);
          failures.delete(key);
          return result;
        } catch (error) {
          const timedOut = context.cancellationDetails?.timedOut === true;
          // Cancelled, or ended with its worker: that is no failure of the work.
          if (error instanceof CancelledFailure || (context.cancellationSignal.aborted && !timedOut))
            throw error;
          if (error instanceof ApplicationFailure && error.nonRetryable === true) throw error;
          if (count(key) < most || timedOut) throw error;
          failures.delete(key);
          throw lastFailure(error);
        }
      },
    },
  });
};
