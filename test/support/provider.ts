/** A real HTTP server in place of a model provider. The model behind it is scripted: a test says what it answers. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ProviderRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
  /** Settles when the client has gone or the answer is out. */
  readonly closed: Promise<'whole' | 'cut'>;
}

export interface Provider {
  readonly url: string;
  readonly requests: readonly ProviderRequest[];
  close(): Promise<void>;
}

export const startProvider = async (
  answer: (request: ProviderRequest, response: ServerResponse, index: number) => void | Promise<void>,
): Promise<Provider> => {
  const requests: ProviderRequest[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const text = Buffer.concat(parts).toString();
      const seen: ProviderRequest = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
        closed: new Promise((resolve) => {
          response.once('close', () => resolve(response.writableFinished ? 'whole' : 'cut'));
        }),
      };
      const index = requests.push(seen) - 1;
      void answer(seen, response, index);
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};

export interface ScriptedUsage {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
}

const sse = (events: readonly object[], named: boolean): string[] =>
  events.map((event) =>
    named && 'type' in event
      ? `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`
      : `data: ${JSON.stringify(event)}\n\n`,
  );

/** The events of an answer, as each provider streams them. */
export const answerEvents = {
  anthropic: (model: string, text: string, usage: ScriptedUsage): string[] =>
    sse(
      [
        {
          type: 'message_start',
          message: {
            id: 'msg_1',
            type: 'message',
            role: 'assistant',
            model,
            content: [],
            stop_reason: null,
            usage: {
              input_tokens: usage.input,
              output_tokens: 1,
              cache_read_input_tokens: usage.cacheRead ?? 0,
              cache_creation_input_tokens: usage.cacheWrite ?? 0,
            },
          },
        },
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
        { type: 'content_block_stop', index: 0 },
        {
          type: 'message_delta',
          delta: { stop_reason: 'end_turn', stop_sequence: null },
          usage: { output_tokens: usage.output },
        },
        { type: 'message_stop' },
      ],
      true,
    ),
  responses: (model: string, text: string, usage: ScriptedUsage): string[] =>
    sse(
      [
        { type: 'response.created', response: { id: 'r', model, usage: null } },
        { type: 'response.output_text.delta', delta: text },
        {
          type: 'response.completed',
          response: {
            id: 'r',
            model,
            usage: {
              input_tokens: usage.input + (usage.cacheRead ?? 0),
              input_tokens_details: { cached_tokens: usage.cacheRead ?? 0 },
              output_tokens: usage.output,
            },
          },
        },
      ],
      true,
    ),
  chat: (model: string, text: string, usage: ScriptedUsage): string[] => [
    ...sse(
      [
        { id: 'c', model, choices: [{ index: 0, delta: { content: text } }], usage: null },
        {
          id: 'c',
          model,
          choices: [],
          usage: {
            prompt_tokens: usage.input + (usage.cacheRead ?? 0),
            prompt_tokens_details: { cached_tokens: usage.cacheRead ?? 0 },
            completion_tokens: usage.output,
          },
        },
      ],
      false,
    ),
    'data: [DONE]\n\n',
  ],
  gemini: (model: string, text: string, usage: ScriptedUsage): string[] =>
    sse(
      [
        { candidates: [{ content: { parts: [{ text }] } }], modelVersion: model },
        {
          candidates: [{ content: { parts: [] }, finishReason: 'STOP' }],
          usageMetadata: {
            promptTokenCount: usage.input + (usage.cacheRead ?? 0),
            cachedContentTokenCount: usage.cacheRead ?? 0,
            candidatesTokenCount: usage.output - 1,
            thoughtsTokenCount: 1,
          },
        },
      ],
      false,
    ),
} as const;

export const stream = (response: ServerResponse, events: readonly string[]): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of events) response.write(event);
  response.end();
};

export const refusal = (
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
  message = `scripted ${status}`,
): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ type: 'error', error: { type: 'scripted', message } }));
};
