/** Failures as workflows meet them. Only Temporal's are caught: a bug must fail the workflow task, not the swarm. */
import { ApplicationFailure, isCancellation, TemporalFailure } from '@temporalio/workflow';
import type { SwarmOutcome } from '../domain/swarm/swarm.ts';

const TYPE_GIVEN_UP = 'swarmFailed';

/** The swarm cannot go on; ends it as failed with `reason`. */
export const giveUp = (reason: string): ApplicationFailure =>
  ApplicationFailure.create({ type: TYPE_GIVEN_UP, message: reason, nonRetryable: true });

/** How a failed swarm ends in Temporal. */
export const swarmFailed = (reason: string, outcome: SwarmOutcome): ApplicationFailure =>
  ApplicationFailure.create({
    type: TYPE_GIVEN_UP,
    message: reason,
    nonRetryable: true,
    details: [outcome],
  });

const hasGivenUp = (error: TemporalFailure): boolean =>
  error instanceof ApplicationFailure && error.type === TYPE_GIVEN_UP;

/** What a step failed with. Cancellation, the decision to give up, and bugs go on their way. */
export const failureOf = (error: unknown): TemporalFailure => {
  if (!(error instanceof TemporalFailure) || isCancellation(error) || hasGivenUp(error)) throw error;
  return error;
};

const MAX_DEPTH = 10;

/** The words closest to where it went wrong: Temporal wraps them in "Activity task failed". */
export const causeOf = (failure: TemporalFailure): string => {
  let error: Error = failure;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    if (error instanceof ApplicationFailure || !(error.cause instanceof Error)) break;
    error = error.cause;
  }
  return error.message === '' ? error.name : error.message;
};

/** Is it one that trying again does not mend: the person's input, the state of their repository? */
export const isPersonsFault = (failure: TemporalFailure): boolean => {
  const cause = failure.cause ?? failure;
  return (
    cause instanceof ApplicationFailure &&
    (cause.type === 'invalidInput' || cause.type === 'repositoryUnusable')
  );
};

/** Runs `work` beside the rest. An error other than Temporal's fails the workflow task, as it should. */
export const beside = (work: () => Promise<void>): void => {
  void work();
};
