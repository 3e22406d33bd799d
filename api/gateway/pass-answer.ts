/** Hands a provider's answer on to the agent as it comes, and reads on the side what was used. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { once } from 'node:events';
import { responseHeaders } from './headers.ts';
import type { UsageMeter } from './usage-meter.ts';

/** An answer that comes as a whole; longer ones are cut off. */
const MAX_BODY = 64 * 1024 * 1024;

/** The provider fell silent, or the connection to it broke, in the middle of an answer. */
export class CutAnswer extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'CutAnswer';
  }
}

/** What went wrong with reading an answer is the answer's fault, whatever the connection calls it. */
const cut = (error: unknown): CutAnswer =>
  error instanceof CutAnswer ? error : new CutAnswer(error instanceof Error ? error.message : String(error));

async function* chunksOf(answer: IncomingMessage, stallMs: number): AsyncGenerator<Buffer> {
  const stalled = (): void => {
    answer.destroy(new CutAnswer(`nothing came for ${Math.round(stallMs / 1_000)} s`));
  };
  const timer = setTimeout(stalled, stallMs);
  answer.on('data', () => timer.refresh());
  try {
    yield* answer as AsyncIterable<Buffer>;
  } catch (error) {
    throw cut(error);
  } finally {
    clearTimeout(timer);
  }
}

interface Passing {
  readonly answer: IncomingMessage;
  readonly response: ServerResponse;
  readonly meter: UsageMeter;
  readonly stallMs: number;
  /** Called once, when all is known that the answer tells of its cost, before its end is handed on. */
  readonly onCounted: () => Promise<void>;
  readonly onFirstByte: () => void;
}

/** Reads a whole body. @throws CutAnswer when it is not whole */
export const readAnswer = async (answer: IncomingMessage, stallMs: number): Promise<Buffer> => {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of chunksOf(answer, stallMs)) {
    length += part.length;
    if (length > MAX_BODY) throw new CutAnswer('it is too long');
    parts.push(part);
  }
  return Buffer.concat(parts);
};

const passStream = async (passing: Passing): Promise<void> => {
  const { answer, response, meter } = passing;
  response.writeHead(answer.statusCode ?? 200, responseHeaders(answer.headers));
  response.flushHeaders();
  response.socket?.setNoDelay(true);
  let first = true;
  let counted = false;
  for await (const chunk of chunksOf(answer, passing.stallMs)) {
    if (first) passing.onFirstByte();
    first = false;
    meter.write(chunk);
    if (!counted && meter.reader.complete) {
      counted = true;
      await passing.onCounted();
    }
    if (!response.write(chunk)) await once(response, 'drain');
  }
  if (!counted) await passing.onCounted();
  response.end();
};

const passWhole = async (passing: Passing): Promise<void> => {
  const { answer, response, meter } = passing;
  const body = await readAnswer(answer, passing.stallMs);
  passing.onFirstByte();
  meter.whole(body);
  await passing.onCounted();
  response.writeHead(answer.statusCode ?? 200, {
    ...responseHeaders(answer.headers),
    'content-length': body.length,
  });
  response.end(body);
};

export const passAnswer = (passing: Passing): Promise<void> =>
  (passing.answer.headers['content-type'] ?? '').startsWith('text/event-stream')
    ? passStream(passing)
    : passWhole(passing);
