/** The one place where an error of an activity becomes Temporal's ApplicationFailure. */
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { DroverFailure, FAILURE_TYPES, type FailureType } from '../domain/failures.ts';
import { errorCode } from '../store/files.ts';

/** System errors that mean "make room and try again", not "it is broken". */
const RESOURCE_CODES = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'ENOMEM']);

const typeOf = (error: unknown): FailureType =>
  error instanceof DroverFailure
    ? error.type
    : RESOURCE_CODES.has(errorCode(error) ?? '')
      ? 'resourcesExhausted'
      : 'toolBroken';

const toApplicationFailure = (error: unknown): Error => {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  const type = typeOf(error);
  const cause = error instanceof Error ? error : new Error(String(error));
  const hint = cause instanceof DroverFailure && cause.hint !== '' ? ` ${cause.hint}.` : '';
  return ApplicationFailure.create({
    type,
    message: `${cause.message}.${hint}`.replaceAll('..', '.'),
    nonRetryable: !FAILURE_TYPES[type].retryable,
    cause,
  });
};

/** `activities` with every error mapped. */
export const withFailures = <T extends object>(activities: T): T => {
  const wrapped = Object.entries(activities as Record<string, (...input: unknown[]) => Promise<unknown>>).map(
    ([name, run]) =>
      [
        name,
        async (...input: unknown[]) => {
          try {
            return await run(...input);
          } catch (error) {
            throw toApplicationFailure(error);
          }
        },
      ] as const,
  );
  return Object.fromEntries(wrapped) as unknown as T;
};
