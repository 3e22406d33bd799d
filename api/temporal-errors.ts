/**
 * What the Temporal client throws, as `DroverFailure`: whose fault it is and what to do. The one place that knows
 * gRPC status codes.
 */
import {
  isGrpcCancelledError,
  isGrpcDeadlineError,
  isGrpcServiceError,
  QueryNotRegisteredError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import { DroverFailure, FAILURE_TYPES, type FailureType } from '../domain/failures.ts';

const GRPC = {
  invalidArgument: 3,
  notFound: 5,
  permissionDenied: 7,
  failedPrecondition: 9,
  unauthenticated: 16,
} as const;
/** Answers that come from the path to the server, not from the server: worth another try. */
const CONNECTION_CODES: ReadonlySet<number> = new Set([1, 4, 8, 13, 14]);

const isFailureType = (type: unknown): type is FailureType =>
  typeof type === 'string' && type in FAILURE_TYPES;

const grpcCode = (error: unknown): number | undefined => {
  if (isGrpcServiceError(error)) return error.code;
  return error instanceof Error && error.cause !== undefined ? grpcCode(error.cause) : undefined;
};

/** Could the same call work in a moment, because a server or worker is being started again? */
export const isPassing = (error: unknown): boolean => {
  if (error instanceof DroverFailure) return error.type === 'unavailable';
  const code = grpcCode(error);
  return isGrpcDeadlineError(error) || (code !== undefined && CONNECTION_CODES.has(code));
};

const applicationFailure = (failure: ApplicationFailure): DroverFailure =>
  new DroverFailure(isFailureType(failure.type) ? failure.type : 'wrongState', failure.message, {
    cause: failure,
  });

/** @param subject what was asked, for the message: `swarm fix-login-a1b2` */
export const fromTemporal = (error: unknown, subject: string): unknown => {
  if (error instanceof DroverFailure) return error;
  if (error instanceof WorkflowNotFoundError || grpcCode(error) === GRPC.notFound)
    return new DroverFailure('notFound', `There is no ${subject}, or it has ended`, {
      hint: 'drover status lists all swarms',
      cause: error,
    });
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure)
    return applicationFailure(error.cause);
  if (error instanceof ApplicationFailure) return applicationFailure(error);
  if (
    isGrpcDeadlineError(error) ||
    isGrpcCancelledError(error) ||
    error instanceof WorkflowUpdateRPCTimeoutOrCancelledError
  )
    return new DroverFailure('unavailable', `No worker answered for ${subject} in time`, {
      hint: 'drover up starts the services, drover doctor says what is wrong',
      cause: error,
    });
  const code = grpcCode(error);
  if (error instanceof QueryNotRegisteredError || code === GRPC.failedPrecondition)
    return new DroverFailure('unavailable', `No worker can answer for ${subject} at the moment`, {
      hint: 'drover up starts the services; their logs are in the logs folder of DROVER_HOME',
      cause: error,
    });
  if (code === GRPC.permissionDenied || code === GRPC.unauthenticated)
    return new DroverFailure('unavailable', 'The Temporal server refuses this client', {
      hint: 'check TEMPORAL_API_KEY and the TLS settings',
      cause: error,
    });
  if (code === GRPC.invalidArgument)
    return new DroverFailure('unavailable', `The Temporal server refuses the request for ${subject}`, {
      hint: 'drover up registers the search attributes that swarms need, drover doctor says what is missing',
      cause: error,
    });
  if (code !== undefined && CONNECTION_CODES.has(code))
    return new DroverFailure('unavailable', 'The Temporal server does not answer', {
      hint: 'drover up starts it',
      cause: error,
    });
  return error;
};

/** Runs `call` and turns what it throws into `DroverFailure`. */
export const calling = async <T>(subject: string, call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    throw fromTemporal(error, subject);
  }
};
