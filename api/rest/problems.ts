/** Errors as RFC 9457 problem details: what, why, what to do. One table of failure type and status. */
import type { ErrorRequestHandler, Response } from 'express';
import { z } from 'zod';
import 'zod-openapi';
import { DroverFailure, type FailureType } from '../../domain/failures.ts';
import { fromTemporal } from '../temporal-errors.ts';

export const PROBLEM_JSON = 'application/problem+json';

const STATUS: Readonly<Record<FailureType, number>> = {
  invalidInput: 400,
  repositoryUnusable: 422,
  notFound: 404,
  wrongState: 409,
  superseded: 409,
  resourcesExhausted: 507,
  unavailable: 503,
  model: 502,
  toolBroken: 500,
};

export const Problem = z
  .looseObject({
    type: z.string().meta({ description: 'Kind of problem; the same as the failure types of the CLI' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'What happened and why' }),
    hint: z.string().meta({ description: 'What to do about it; may be empty' }),
    errors: z
      .array(z.looseObject({ path: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'What is wrong with the request, place by place' }),
  })
  .meta({ id: 'Problem' });

const TITLES: Readonly<Record<number, string>> = {
  400: 'The request is wrong',
  401: 'Not signed in',
  403: 'Refused',
  404: 'Not found',
  405: 'Not possible with this method',
  409: 'Not possible in this state',
  413: 'Too large',
  415: 'Not JSON',
  422: 'Cannot be used',
  429: 'Too many requests',
  500: 'Drover failed',
  503: 'Not available at the moment',
};

/** A refusal that is about HTTP, not about Drover. */
export class HttpProblem extends Error {
  readonly status: number;
  readonly hint: string;
  readonly errors: readonly { readonly path: string; readonly message: string }[] | undefined;

  constructor(
    status: number,
    message: string,
    hint = '',
    errors?: readonly { readonly path: string; readonly message: string }[],
  ) {
    super(message);
    this.name = 'HttpProblem';
    this.status = status;
    this.hint = hint;
    this.errors = errors;
  }
}

export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly hint: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

/** What Express and its parsers throw: with a status, meant to be shown. */
const exposed = (error: unknown): { readonly status: number; readonly message: string } | undefined => {
  if (typeof error !== 'object' || error === null) return undefined;
  const { status, expose, message } = error as { status?: unknown; expose?: unknown; message?: unknown };
  return typeof status === 'number' && status >= 400 && status < 500 && expose !== false
    ? { status, message: String(message) }
    : undefined;
};

export const problemOf = (thrown: unknown): ProblemBody => {
  const error = thrown instanceof HttpProblem ? thrown : fromTemporal(thrown, 'swarm');
  const made = (status: number, type: string, detail: string, hint: string): ProblemBody => ({
    type: `urn:drover:${type}`,
    title: TITLES[status] ?? 'It did not work',
    status,
    detail,
    hint,
  });
  if (error instanceof HttpProblem)
    return {
      ...made(
        error.status,
        error.status === 400 ? 'invalidInput' : `http-${error.status}`,
        error.message,
        error.hint,
      ),
      ...(error.errors === undefined ? {} : { errors: error.errors }),
    };
  if (error instanceof DroverFailure) return made(STATUS[error.type], error.type, error.message, error.hint);
  const shown = exposed(error);
  if (shown !== undefined) return made(shown.status, `http-${shown.status}`, shown.message, '');
  return made(
    500,
    'internal',
    'Something unexpected happened',
    'the log of the API says what: logs/api.log in DROVER_HOME',
  );
};

export const sendProblem = (response: Response, problem: ProblemBody): void => {
  response.status(problem.status).type(PROBLEM_JSON).send(JSON.stringify(problem));
};

/** @param say writes to the log, for what is Drover's own fault */
export const problemHandler =
  (say: (line: string) => void): ErrorRequestHandler =>
  (error, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const problem = problemOf(error);
    if (problem.status === 500)
      say(`${request.method} ${request.path}: ${error instanceof Error ? error.stack : String(error)}`);
    sendProblem(response, problem);
  };
