/** The gateway's HTTP server: finds out who asks for what, and leaves the rest to the part that does it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { knownAgent } from '../../store/agent-tokens.ts';
import type { GatewayDeps } from './deps.ts';
import { shownToken } from './headers.ts';
import { serveModelCall } from './model-call.ts';
import { refuse } from './refusal.ts';
import { FAMILIES, isFamily } from './upstreams.ts';
import { FAMILY_NAMES } from '../../domain/models/family.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const json = (response: ServerResponse, status: number, value: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(value)}\n`);
};

/** `/a/<token>/anthropic/v1/messages` → token, family and the provider's own path. */
const MODEL_PATH = /^(?:\/a\/([A-Za-z0-9_-]{16,200}))?\/([a-z]+)(\/[^?#]*)$/;

/** Gemini's clients give their key as a parameter. */
const withoutKey = (query: URLSearchParams): string => {
  query.delete('key');
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
};

const modelCall = async (
  deps: GatewayDeps,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<boolean> => {
  const [, inPath, name, path] = MODEL_PATH.exec(url.pathname) ?? [];
  if (name === undefined || path === undefined || !isFamily(name)) return false;
  const family = FAMILIES[name];
  const shown = shownToken(request.headers, url.searchParams);
  const agent = await knownAgent(deps.db, inPath ?? shown ?? '');
  if (agent === undefined) {
    deps.metrics.refused('token');
    refuse(response, family, {
      status: 401,
      reason: 'token',
      message: "This token opens nothing at Drover's gateway; that of an agent ends with the agent",
    });
    request.resume();
    return true;
  }
  // A login of the agent's own is anything else than the token: it is handed on and the agent's account pays.
  const ownLogin = inPath !== undefined && shown !== undefined && shown !== inPath;
  await serveModelCall(deps, request, response, {
    agent,
    family,
    path,
    query: withoutKey(url.searchParams),
    ownLogin,
  });
  return true;
};

const families = (deps: GatewayDeps): Record<string, boolean> =>
  Object.fromEntries(FAMILY_NAMES.map((name) => [name, deps.keys.has(name)]));

/** Only whoever knows the address by its number gets in: a page in a browser that was lured here does not. */
const isLocalName = (host: string | undefined, allowed: ReadonlySet<string>): boolean =>
  host !== undefined && allowed.has(host.replace(/:\d+$/, '').toLowerCase());

export interface GatewayServer {
  readonly url: string;
  close(): Promise<void>;
}

export interface ServeOptions {
  readonly host: string;
  /** 0 for any. */
  readonly port: number;
  /** Names under which clients may call it, besides its address. */
  readonly names: readonly string[];
  /** What else agents may ask for, by its path, such as `/mcp`. */
  readonly routes?: Readonly<Record<string, Handler>>;
}

export const serveGateway = async (deps: GatewayDeps, options: ServeOptions): Promise<GatewayServer> => {
  const names = new Set(['127.0.0.1', 'localhost', '[::1]', options.host, ...options.names]);
  const { routes = {} } = options;
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (!isLocalName(request.headers.host, names) || request.headers.origin !== undefined)
      return json(response, 403, { error: "Drover's gateway is for agents, not for browsers" });
    const url = new URL(request.url ?? '/', 'http://gateway');
    if (await modelCall(deps, request, response, url)) return;
    const route = Object.hasOwn(routes, url.pathname) ? routes[url.pathname] : undefined;
    if (route !== undefined) return route(request, response);
    if (request.method !== 'GET') return json(response, 404, { error: 'not found' });
    if (url.pathname === '/health') return json(response, 200, { ok: true, keys: families(deps) });
    if (url.pathname !== '/metrics') return json(response, 404, { error: 'not found' });
    response.writeHead(200, { 'content-type': deps.metrics.registry.contentType });
    response.end(await deps.metrics.registry.metrics());
  };
  const server: Server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      deps.onError(error);
      if (response.headersSent) response.destroy();
      else json(response, 500, { error: 'internal' });
    });
  });
  // Answers of models take their time; so do calls that wait for their turn.
  server.requestTimeout = 0;
  server.headersTimeout = 30_000;
  server.keepAliveTimeout = 75_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    url: `http://${options.host}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
