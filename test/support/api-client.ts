/** The API of a real Drover as its clients reach it: requests, event streams, WebSockets. */
import { readFile } from 'node:fs/promises';
import { WebSocket } from 'ws';
import type { SwarmEvent } from '../../domain/swarm/events.ts';
import type { Drover } from './drover.ts';

interface Reply<T = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: T;
}

export interface ApiClient {
  readonly url: string;
  readonly token: string;
  get<T = Record<string, unknown>>(path: string, headers?: Record<string, string>): Promise<Reply<T>>;
  post<T = Record<string, unknown>>(
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Reply<T>>;
  /** As it is, without the token. */
  raw(path: string, init?: RequestInit): Promise<Reply>;
}

const reply = async <T>(response: Response): Promise<Reply<T>> => {
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').includes('json');
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: (isJson && text !== '' ? JSON.parse(text) : {}) as T,
  };
};

export const apiOf = async (drover: Drover): Promise<ApiClient> =>
  apiAt((await drover.services()).api.url, (await readFile(drover.home.tokenFile, 'utf8')).trim());

export const apiAt = (url: string, token: string): ApiClient => {
  const authorization = `Bearer ${token}`;
  return {
    url,
    token,
    get: async (path, headers = {}) =>
      reply(await fetch(`${url}${path}`, { headers: { authorization, ...headers } })),
    post: async (path, body = {}, headers = {}) =>
      reply(
        await fetch(`${url}${path}`, {
          method: 'POST',
          headers: { authorization, 'content-type': 'application/json', ...headers },
          body: JSON.stringify(body),
        }),
      ),
    raw: async (path, init) => reply(await fetch(`${url}${path}`, init)),
  };
};

/** Reads an event stream until `enough`. Comes back when the server goes away, as a browser does. */
export const readStream = async (
  { url, token }: ApiClient,
  swarmId: string,
  enough: (events: readonly SwarmEvent[]) => boolean,
  events: SwarmEvent[] = [],
): Promise<readonly SwarmEvent[]> => {
  while (!enough(events)) {
    const stop = new AbortController();
    try {
      const last = events.at(-1)?.sequence;
      const response = await fetch(`${url}/api/swarms/${swarmId}/stream`, {
        signal: stop.signal,
        headers: {
          authorization: `Bearer ${token}`,
          ...(last === undefined ? {} : { 'last-event-id': String(last) }),
        },
      });
      if (response.status === 404) throw new Error(`no stream of ${swarmId}: ${await response.text()}`);
      let rest = '';
      for await (const chunk of response.body ?? []) {
        const frames = (rest + Buffer.from(chunk as Uint8Array).toString()).split('\n\n');
        rest = frames.pop() ?? '';
        for (const frame of frames) {
          const data = /^data: (.*)$/m.exec(frame)?.[1];
          if (data !== undefined) events.push(JSON.parse(data) as SwarmEvent);
        }
        if (enough(events)) break;
      }
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('no stream')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    } finally {
      stop.abort();
    }
  }
  return events;
};

export interface Listening {
  readonly messages: { readonly event: string; readonly data: Record<string, unknown> }[];
  readonly socket: WebSocket;
}

/** Opens a channel. @throws with the status when it is refused */
export const listen = (
  { url, token }: Pick<ApiClient, 'url' | 'token'>,
  channel: string,
  headers: Record<string, string> = { authorization: `Bearer ${token}` },
  options: { readonly autoPong?: boolean } = {},
): Promise<Listening> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/${channel}`, { headers, ...options });
    const messages: Listening['messages'] = [];
    socket.on('message', (data: Buffer) =>
      messages.push(JSON.parse(data.toString()) as Listening['messages'][number]),
    );
    socket.once('open', () => resolve({ messages, socket }));
    socket.once('unexpected-response', (_request, response) => {
      response.resume();
      reject(new Error(`status ${response.statusCode}`));
    });
    socket.once('error', reject);
  });
