/**
 * The MCP server over streamable HTTP. Each request stands alone: agents outlive the gateway, and so must the way
 * they call it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { knownAgent } from '../../store/agent-tokens.ts';
import { BodyTooLarge, readBody } from '../gateway/request-body.ts';
import { shownToken } from '../gateway/headers.ts';
import { ASK_HUMAN, createMcpServer, type McpDeps } from './tools.ts';

const MAX_BODY = 1_000_000;
const ALIVE_MS = 20_000;

const refuse = (response: ServerResponse, status: number, message: string): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', error: { code: -32_000, message }, id: null }));
};

const parse = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
};

/** Is the answer one that a person gives? It is streamed, so that the connection does not look dead meanwhile. */
const isAsking = (body: unknown): boolean =>
  (body as { readonly params?: { readonly name?: unknown } } | null)?.params?.name === ASK_HUMAN;

/** Clients and what lies between give up connections that say nothing for minutes. */
const keepAlive = (response: ServerResponse): NodeJS.Timeout =>
  setInterval(() => {
    if (response.headersSent && !response.writableEnded) response.write(': waiting\n\n');
  }, ALIVE_MS);

export const mcpHandler =
  (deps: McpDeps, version: string) =>
  async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    // Without sessions there is nothing to listen to and nothing to end.
    if (request.method !== 'POST') return refuse(response, 405, 'Only POST is answered');
    const agent = await knownAgent(deps.db, shownToken(request.headers, new URLSearchParams()) ?? '');
    if (agent === undefined)
      return refuse(response, 401, 'This token opens nothing; that of an agent ends with the agent');
    let body: unknown;
    try {
      body = parse(await readBody(request, MAX_BODY));
    } catch (error) {
      if (!(error instanceof BodyTooLarge)) throw error;
      return refuse(response, 413, error.message);
    }
    if (body === undefined) return refuse(response, 400, 'The request is not JSON');
    const gone = new AbortController();
    const server = createMcpServer(deps, agent, version, gone.signal);
    const takesLong = isAsking(body);
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: !takesLong });
    const alive = takesLong ? keepAlive(response) : undefined;
    response.once('close', () => {
      clearInterval(alive);
      gone.abort();
      void transport.close();
      void server.close();
    });
    await server.connect(transport);
    await transport.handleRequest(request, response, body);
  };
