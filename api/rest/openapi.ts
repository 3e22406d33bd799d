/** The OpenAPI document, made from the routes themselves. */
import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject } from 'zod-openapi';
import { SwarmId, wholeNumber } from './fields.ts';
import { Problem, PROBLEM_JSON } from './problems.ts';
import { TAGS, type Route } from './route.ts';

const IdempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/)
  .optional()
  .meta({ description: 'The same request under the same key is carried out once' });

const nameOf = ({ method, path }: Route): string =>
  `${method} ${path.replace('/api/', '')}`
    .replaceAll(/\{(\w+)\}/g, 'of $1')
    .replaceAll(/[^a-zA-Z0-9]+(.)/g, (_, letter: string) => letter.toUpperCase());

const operation = (route: Route): ZodOpenApiOperationObject => {
  const { method, tag, summary, params, query, body, answer, text, status } = route;
  const asObject = (schema: z.ZodType): z.ZodObject => schema as z.ZodObject;
  return {
    operationId: nameOf(route),
    tags: [tag],
    summary,
    requestParams: {
      ...(params === undefined ? {} : { path: asObject(params) }),
      ...(query === undefined ? {} : { query: asObject(query) }),
      ...(method === 'post' ? { header: z.object({ 'idempotency-key': IdempotencyKey }) } : {}),
    },
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: {
      [String(answer === undefined ? 204 : (status ?? 200))]: {
        description: answer === undefined ? 'Done' : 'The answer',
        ...(answer === undefined
          ? {}
          : { content: { [text === true ? 'text/plain' : 'application/json']: { schema: answer } } }),
      },
      default: { description: 'A problem', content: { [PROBLEM_JSON]: { schema: Problem } } },
    },
  };
};

/** Streams answer as long as the client stays; `api/live/` serves them. */
const stream = (name: string, parameter: string, tag: string): ZodOpenApiOperationObject => ({
  operationId: name,
  tags: [tag],
  summary: 'Its events as server-sent events: the oldest first, then as they happen',
  requestParams: {
    path: z.object({ [parameter]: SwarmId }),
    query: z.object({
      after: wholeNumber(0, 999_999_999_999_999)
        .optional()
        .meta({ description: 'Only what comes after this id' }),
    }),
    header: z.object({
      'last-event-id': z.string().optional().meta({ description: 'The same; goes before `after`' }),
    }),
  },
  responses: {
    '200': { description: 'Events', content: { 'text/event-stream': { schema: z.string() } } },
    default: { description: 'A problem', content: { [PROBLEM_JSON]: { schema: Problem } } },
  },
});

export const openApiDocument = (routes: readonly Route[], version: string): object => {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {
    '/api/swarms/{swarmId}/stream': { get: stream('streamOfSwarm', 'swarmId', 'swarms') },
    '/api/teams/{id}/stream': { get: stream('streamOfTeam', 'id', 'teams') },
  };
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operation(route);
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Drover',
      version,
      description:
        'Durable orchestrator of parallel coding agents. See docs/api.md for live events and login.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    security: [{ token: [] }, { cookie: [] }],
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        cookie: { type: 'apiKey', in: 'cookie', name: 'drover_session' },
      },
    },
    paths,
  });
};
