/**
 * The host's own server: what agents in pods need of the host that keeps their swarm. Whose agent calls is said by its
 * token alone; no path names one. Nothing else of the host can be reached here.
 *
 *   POST /agent/claim?pod=     the pod has the agent from now on
 *   GET  /agent/messages?after=
 *   /git/                      git's smart HTTP: the swarm's branches to read, the agent's own ref to push
 *   GET  /health
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { knownAgent } from '../../store/agent-tokens.ts';
import { errorCode } from '../../store/files.ts';
import { agentDirectory, swarmDirectory, type Home } from '../../store/home.ts';
import type { Tables } from '../../store/tables.ts';
import { claimForPod, messagesAfter } from './agent-files.ts';
import { serveGit } from './git-door.ts';

export interface HostServerDeps {
  readonly home: Home;
  readonly db: Kysely<Tables>;
  readonly onError: (error: unknown) => void;
}

export interface HostServer {
  readonly url: string;
  close(): Promise<void>;
}

const RETRY_LISTEN_MS = 1_000;

const json = (response: ServerResponse, status: number, value: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(value)}\n`);
};

/** As git's clients send it (basic, the token as password) or as a bearer. */
const shownToken = (header: string | undefined): string => {
  const [, scheme = '', value = ''] = /^(bearer|basic) +(\S+)$/i.exec(header ?? '') ?? [];
  return scheme.toLowerCase() === 'basic'
    ? (Buffer.from(value, 'base64').toString('utf8').split(':')[1] ?? '')
    : value;
};

const handle = async (
  { home, db }: HostServerDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const url = new URL(request.url ?? '/', 'http://host');
  if (request.method === 'GET' && url.pathname === '/health') return json(response, 200, { ok: true });
  if (request.headers.origin !== undefined)
    return json(response, 403, { error: 'This is for agents, not for browsers' });
  const agent = await knownAgent(db, shownToken(request.headers.authorization));
  // Those of the planner and the report's writer belong to no task.
  if (agent === undefined || agent.taskId === '') {
    response.setHeader('www-authenticate', 'Basic realm="drover"');
    return json(response, 401, { error: 'This token opens nothing here; that of an agent ends with it' });
  }
  const swarm = swarmDirectory(home, agent.swarmId);
  const directory = agentDirectory(swarm, agent.agentId);
  if (url.pathname.startsWith('/git/'))
    return serveGit(request, response, { url, hub: swarm.hub, agentId: agent.agentId });
  if (request.method === 'POST' && url.pathname === '/agent/claim') {
    const refusal = await claimForPod(directory, url.searchParams.get('pod') ?? '');
    return refusal === undefined
      ? json(response, 200, { agentId: agent.agentId })
      : json(response, 410, { error: refusal });
  }
  if (request.method === 'GET' && url.pathname === '/agent/messages') {
    const messages = await messagesAfter(directory, url.searchParams.get('after') ?? '');
    return json(response, 200, { messages });
  }
  json(response, 404, { error: 'There is nothing here' });
};

/** @param listen an address and a port, 0 for any */
export const serveHost = async (
  deps: HostServerDeps,
  listen: { readonly host: string; readonly port: number },
): Promise<HostServer> => {
  const server = createServer((request, response) => {
    handle(deps, request, response).catch((error: unknown) => {
      // A connection that broke under way is no error of the host's.
      if (errorCode(error) !== 'ERR_STREAM_PREMATURE_CLOSE') deps.onError(error);
      if (response.headersSent) response.destroy();
      else json(response, 500, { error: 'internal' });
    });
  });
  // A clone or a push over a slow line takes longer than a page.
  server.requestTimeout = 0;
  server.headersTimeout = 30_000;
  for (;;) {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(listen.port, listen.host, () => {
          server.off('error', reject);
          resolve();
        });
      });
      break;
    } catch (error) {
      // The worker before this one may not have let go yet.
      if (errorCode(error) !== 'EADDRINUSE' || listen.port === 0) throw error;
      deps.onError(error);
      await sleep(RETRY_LISTEN_MS);
    }
  }
  server.on('error', deps.onError);
  const { address, port } = server.address() as AddressInfo;
  return {
    url: `http://${address.includes(':') ? `[${address}]` : address}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
