/** One request to a provider, over connections that are kept. The body is in memory: it can be sent again. */
import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Environment } from '../../config/environment.ts';

const KEEP = { keepAlive: true, keepAliveMsecs: 30_000, maxFreeSockets: 64, scheduling: 'lifo' } as const;

interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

export interface Outgoing {
  readonly url: URL;
  readonly method: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: Buffer;
}

/** The provider did not answer. */
export class NoAnswer extends Error {
  /** It may have got the request, and be working on it. */
  readonly mayCost: boolean;

  constructor(cause: Error, mayCost: boolean) {
    super(cause.message === '' ? 'the connection broke' : cause.message, { cause });
    this.name = 'NoAnswer';
    this.mayCost = mayCost;
  }
}

/** Errors before a connection was there. */
const NOT_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

const codeOf = (error: Error): string =>
  'code' in error && typeof error.code === 'string' ? error.code : '';

/** A kept connection that the provider closed in this very moment: it has read nothing. */
class StaleConnection extends Error {}

const sendOnce = (agents: Agents, outgoing: Outgoing, signal: AbortSignal): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const secure = outgoing.url.protocol === 'https:';
    const request = (secure ? httpsRequest : httpRequest)(outgoing.url, {
      method: outgoing.method,
      agent: secure ? agents.https : agents.http,
      signal,
      headers: {
        ...outgoing.headers,
        ...(outgoing.body === undefined ? {} : { 'content-length': outgoing.body.length }),
      },
    });
    request.setNoDelay(true);
    request.once('response', resolve);
    request.once('error', (error) => {
      const stale = request.reusedSocket && codeOf(error) === 'ECONNRESET' && !signal.aborted;
      reject(stale ? new StaleConnection() : new NoAnswer(error, !NOT_CONNECTED.has(codeOf(error))));
    });
    request.end(outgoing.body);
  });

/** @returns the answer as soon as its headers are there. @throws NoAnswer */
export type Send = (outgoing: Outgoing, signal: AbortSignal) => Promise<IncomingMessage>;

/** @param proxies variables such as `HTTPS_PROXY` */
export const createSend = (proxies: Environment = {}): Send => {
  const options = { ...KEEP, proxyEnv: proxies };
  const agents = { http: new HttpAgent(options), https: new HttpsAgent(options) };
  return async (outgoing, signal) => {
    for (;;) {
      try {
        return await sendOnce(agents, outgoing, signal);
      } catch (error) {
        if (!(error instanceof StaleConnection)) throw error;
      }
    }
  };
};
