/**
 * A real HTTP server that speaks the streaming Messages API as scripted, with the faults that the real one has: error
 * statuses, streams that are cut or fall silent, tool input that is not JSON.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Anthropic } from '@anthropic-ai/sdk';

type ScriptedBlock =
  | { readonly text: string }
  | { readonly tool: string; readonly id: string; readonly input: object }
  /** Input that is sent as it is, JSON or not. */
  | { readonly tool: string; readonly id: string; readonly rawInput: string };

interface ScriptedAnswer {
  readonly blocks: readonly ScriptedBlock[];
  readonly stop?: Anthropic.StopReason;
  readonly stopDetails?: Anthropic.RefusalStopDetails;
  readonly usage?: { readonly input?: number; readonly output?: number; readonly cacheRead?: number };
  /** Before each event. */
  readonly pauseMs?: number;
  /** Breaks the connection after this many events. */
  readonly cutAfter?: number;
  /** Sends no more after this many events and leaves the connection open. */
  readonly silentAfter?: number;
  /** Sends an error of this type inside the stream after this many events. */
  readonly errorAfter?: { readonly events: number; readonly type: string };
}

interface ScriptedRefusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly type?: string;
  readonly message?: string;
}

export type ScriptedReply = ScriptedAnswer | ScriptedRefusal;

export interface ModelServer {
  readonly url: string;
  readonly requests: readonly Anthropic.MessageCreateParamsStreaming[];
  readonly headers: readonly Readonly<Record<string, string | string[] | undefined>>[];
  /** Of the addresses that were asked, without their queries. */
  readonly paths: readonly string[];
  close(): Promise<void>;
}

/** @param script says what the `index`th request (from 0) is answered with */
export const startModelServer = async (
  script: (request: Anthropic.MessageCreateParamsStreaming, index: number) => ScriptedReply,
): Promise<ModelServer> => {
  const requests: Anthropic.MessageCreateParamsStreaming[] = [];
  const headers: Readonly<Record<string, string | string[] | undefined>>[] = [];
  const paths: string[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(parts).toString()) as Anthropic.MessageCreateParamsStreaming;
      headers.push(request.headers);
      paths.push((request.url ?? '').replace(/\?.*$/, ''));
      const index = requests.push(body) - 1;
      const reply = script(body, index);
      if ('status' in reply) refuse(response, reply);
      else void answer(response, reply, body.model);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    headers,
    paths,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};

const refuse = (response: ServerResponse, reply: ScriptedRefusal): void => {
  response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
  response.end(
    JSON.stringify({
      type: 'error',
      error: { type: reply.type ?? 'api_error', message: reply.message ?? `scripted ${reply.status}` },
    }),
  );
};

const answer = async (response: ServerResponse, reply: ScriptedAnswer, model: string): Promise<void> => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let sent = 0;
  for (const event of eventsOf(reply, model)) {
    if (reply.pauseMs !== undefined) await sleep(reply.pauseMs);
    if (response.destroyed) return;
    if (sent === reply.cutAfter) {
      // After what was written is on its way, so that the client has read it when the connection breaks.
      setTimeout(() => response.destroy(), 20);
      return;
    }
    if (sent === reply.silentAfter) return;
    if (sent === reply.errorAfter?.events) {
      const error = { type: 'error', error: { type: reply.errorAfter.type, message: 'scripted' } };
      response.end(`event: error\ndata: ${JSON.stringify(error)}\n\n`);
      return;
    }
    response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    sent += 1;
  }
  response.end();
};

const eventsOf = (
  reply: ScriptedAnswer,
  model: string,
): ({ readonly type: string } & Record<string, unknown>)[] => {
  const usage = {
    input_tokens: reply.usage?.input ?? 100,
    cache_read_input_tokens: reply.usage?.cacheRead ?? 0,
    cache_creation_input_tokens: 0,
  };
  const hasTools = reply.blocks.some((block) => 'tool' in block);
  return [
    {
      type: 'message_start',
      message: {
        id: 'msg_scripted',
        type: 'message',
        role: 'assistant',
        model,
        content: [],
        stop_reason: null,
        usage: { ...usage, output_tokens: 1 },
      },
    },
    ...reply.blocks.flatMap((block, index) => [
      { type: 'content_block_start', index, content_block: startOf(block) },
      ...deltasOf(block).map((delta) => ({ type: 'content_block_delta', index, delta })),
      { type: 'content_block_stop', index },
    ]),
    {
      type: 'message_delta',
      delta: {
        stop_reason: reply.stop ?? (hasTools ? 'tool_use' : 'end_turn'),
        stop_sequence: null,
        stop_details: reply.stopDetails ?? null,
      },
      usage: { output_tokens: reply.usage?.output ?? 10 },
    },
    { type: 'message_stop' },
  ];
};

const startOf = (block: ScriptedBlock): object =>
  'text' in block
    ? { type: 'text', text: '' }
    : { type: 'tool_use', id: block.id, name: block.tool, input: {} };

/** In two halves, as a real stream would come. */
const deltasOf = (block: ScriptedBlock): object[] => {
  const whole =
    'text' in block ? block.text : 'rawInput' in block ? block.rawInput : JSON.stringify(block.input);
  const middle = Math.ceil(whole.length / 2);
  return [whole.slice(0, middle), whole.slice(middle)].map((part) =>
    'text' in block ? { type: 'text_delta', text: part } : { type: 'input_json_delta', partial_json: part },
  );
};
