/** What the API answers, in the order in which a request passes: headers, host, pages, who is it, routes. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { isSwarmId } from '../../domain/names.ts';
import { readiness } from '../health.ts';
import type { Api } from '../rest/api.ts';
import { mountRoutes } from '../rest/mount.ts';
import { openApiDocument } from '../rest/openapi.ts';
import { HttpProblem, problemHandler, problemOf, sendProblem } from '../rest/problems.ts';
import { ROUTES } from '../rest/routes/all.ts';
import { codecRouter, type CodecOptions } from './codec.ts';
import { hostRefusal, refusal, type GuardRules, type Refusal } from './guard.ts';
import type { Metrics } from './metrics.ts';
import { signIn } from './sign-in.ts';

export interface AppOptions {
  readonly api: Api;
  readonly rules: GuardRules;
  readonly version: string;
  readonly codec: CodecOptions;
  readonly metrics: Metrics;
  /** Answers with the events of a swarm, and goes on. */
  readonly stream: (
    request: Pick<Request, 'get' | 'query'>,
    response: Response,
    swarmId: string,
  ) => Promise<void>;
  readonly say: (line: string) => void;
}

/** The built dashboard; beside the compiled program, or in `dist/` when run from source. */
const WEB = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../dist/web' : '../../web', import.meta.url),
);

const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
const WINDOW_MS = 10_000;
/** A page of the dashboard asks some ten times a second at most. */
const REQUESTS = 5_000;

const refuse = ({ status, message, hint }: Refusal): never => {
  throw new HttpProblem(status, message, hint);
};

/** Wrong tokens have no limit of their own: who sent some would lock out everybody else of this machine. */
const tooMany = rateLimit({
  windowMs: WINDOW_MS,
  limit: REQUESTS,
  standardHeaders: 'draft-8',
  legacyHeaders: false,
  handler: (_request, response) =>
    sendProblem(
      response,
      problemOf(new HttpProblem(429, 'Too many requests', `wait ${WINDOW_MS / 1_000} seconds`)),
    ),
});

/** A file, which is there or not; pages have no such names. */
const FILE = /^\/assets\/|\.(js|mjs|css|map|svg|png|ico|woff2?|json|txt|xml|html)$/i;

/** Files of the dashboard hold no data, so that everybody may have them; without them there is only the API. */
const dashboard = (app: Express): void => {
  if (!existsSync(join(WEB, 'index.html'))) return;
  app.use(express.static(WEB, { index: false, maxAge: '1h' }));
  app.get(/^\/(?!api\/|ws\/|metrics$).*/, (request, response, next) => {
    if (!request.accepts('html') || FILE.test(request.path)) {
      next();
      return;
    }
    response.set('Cache-Control', 'no-cache').sendFile(join(WEB, 'index.html'));
  });
};

export const createApp = ({ api, rules, version, codec, metrics, stream, say }: AppOptions): Express => {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use(metrics.measure);
  app.use((request, response, next) => {
    response.set(HEADERS);
    const wrongHost = hostRefusal({ headers: request.headers }, rules);
    if (wrongHost !== undefined) refuse(wrongHost);
    next();
  });
  app.get('/health', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.get('/ready', async (_request, response) => {
    const ready = (await readiness(api.client, api.store)).every(({ ok }) => ok);
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not ready' });
  });
  const document = JSON.stringify(openApiDocument(ROUTES, version));
  app.get('/api/openapi.json', (_request, response) => {
    response.type('json').send(document);
  });
  app.use('/codec', tooMany, codecRouter(codec));
  app.use(signIn(rules));
  app.use(['/api', '/metrics'], tooMany, (request, response, next) => {
    const refused = refusal(
      { headers: request.headers, unsafe: !SAFE_METHODS.has(request.method), now: Date.now() },
      rules,
    );
    if (refused !== undefined) refuse(refused);
    response.set('Cache-Control', 'no-cache');
    next();
  });
  app.get('/metrics', metrics.answer);
  const follow: RequestHandler<{ swarmId: string }> = async (request, response) => {
    const { swarmId } = request.params;
    if (!isSwarmId(swarmId)) throw new HttpProblem(400, 'This is not the id of a swarm');
    await stream(request, response, swarmId);
  };
  app.get('/api/swarms/:swarmId/stream', follow);
  app.get('/api/teams/:swarmId/stream', follow);
  mountRoutes(app, ROUTES, api);
  dashboard(app);
  app.use(() => {
    throw new HttpProblem(404, 'There is nothing here', '/api/openapi.json lists what is');
  });
  app.use(problemHandler(say));
  return app;
};
