/**
 * Tells the gateway what the runner writes into `events.jsonl`, line by line and in order, and at last the agent's
 * closing words, where they are more than the result holds, and the result. The log on the pod's disk is what is still to be told: a gateway that is away gets it when it is back, and says how far
 * it is when it is not sure.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentResult } from '../../domain/agents/agent.ts';
import { MAX_ANSWER, type CallbackMessage } from '../../store/callbacks.ts';

export interface UplinkOptions {
  readonly url: string;
  readonly token: string;
  /** `events.jsonl` */
  readonly file: string;
  /** The token opens nothing any more: nobody wants to hear of this agent. */
  readonly onRefused: () => void;
  /** Told when the gateway is away, and when it is back. */
  readonly say: (line: string) => void;
}

export interface Uplink {
  /**
   * Tells what is left, the closing words and the result.
   * @param answer empty when the result's summary has all of them
   * @returns false when nobody wants it any more
   */
  finish(result: AgentResult, answer: string): Promise<boolean>;
}

const LOOK_MS = 300;
const MOST_WAIT_MS = 5_000;
const CALL_MS = 60_000;
/** Well below what the gateway takes in one call. */
const LINES_AT_ONCE = 500;
const CHARACTERS_AT_ONCE = 1_000_000;
/** Of one message. */
const LINE_LIMIT = 200_000;
/** In characters; six times as many in JSON at most, and a message may have 256 Ki. */
const PART_LENGTH = 40_000;
const PARTS_AT_ONCE = 10;

interface Message {
  readonly sequence: number;
  readonly kind: CallbackMessage['kind'];
  readonly data: object;
}

/** The closing words in parts, as many as are kept of them; no part ends within a character. */
const partsOf = (answer: string): readonly { readonly text: string }[] => {
  const parts: { text: string }[] = [];
  let room = MAX_ANSWER;
  for (let from = 0; from < answer.length; from += parts.at(-1)?.text.length ?? 0) {
    const cut = answer.slice(from, from + PART_LENGTH);
    const isSplit = from + cut.length < answer.length && /[\uD800-\uDBFF]$/.test(cut);
    const part = { text: isSplit ? cut.slice(0, -1) : cut };
    room -= JSON.stringify(part).length;
    if (room < 0) break;
    parts.push(part);
  }
  return parts;
};

const eventIn = (line: string): object => {
  try {
    const value: unknown = line.length > LINE_LIMIT ? undefined : JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // A line that was cut off when the disk was full.
  }
  return { at: new Date().toISOString(), kind: 'notice', text: 'A line of the log could not be told' };
};

/** Whole lines of the file from `from` bytes on, as many as are told at once. */
const readLines = async (file: string, from: number) => {
  const size = await stat(file).then(
    (facts) => facts.size,
    () => 0,
  );
  const lines: string[] = [];
  let position = from;
  if (size <= from) return { lines, position };
  const reading = createReadStream(file, { start: from, end: size - 1 });
  let characters = 0;
  for await (const line of createInterface({ input: reading, crlfDelay: Infinity })) {
    const end = position + Buffer.byteLength(line) + 1;
    // The last one may still be being written.
    if (end > size || lines.length >= LINES_AT_ONCE || characters > CHARACTERS_AT_ONCE) break;
    lines.push(line);
    characters += line.length;
    position = end;
  }
  reading.destroy();
  return { lines, position };
};

export const createUplink = ({ url, token, file, onRefused, say }: UplinkOptions): Uplink => {
  /** What the gateway has: number of messages, and where the next one begins. */
  let told = { count: 0, position: 0 };
  const refused = new AbortController();
  let closing = false;
  let wake = (): void => undefined;

  const call = (messages: readonly Message[]): Promise<Response> =>
    fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ messages }),
      signal: AbortSignal.timeout(CALL_MS),
    });

  /** Goes back to, or on to, the message after the `count`th. */
  const seek = async (count: number): Promise<void> => {
    told = { count: 0, position: 0 };
    while (told.count < count) {
      const { lines, position } = await readLines(file, told.position);
      if (lines.length === 0) return;
      if (told.count + lines.length <= count) told = { count: told.count + lines.length, position };
      else {
        const wanted = lines.slice(0, count - told.count);
        const bytes = wanted.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
        told = { count, position: told.position + bytes };
      }
    }
  };

  let away = false;
  const tellAway = (reason: string | undefined): void => {
    if (away !== (reason !== undefined))
      say(reason === undefined ? 'The gateway answers again' : `The gateway does not answer: ${reason}`);
    away = reason !== undefined;
  };

  /** @returns whether they were taken, or are not understood and so never will be */
  const send = async (messages: readonly Message[]): Promise<'taken' | 'refused' | 'failed'> => {
    const answer = await call(messages).catch((error: unknown) => {
      tellAway(error instanceof Error ? error.message : String(error));
      throw error;
    });
    tellAway(answer.status >= 500 ? `status ${answer.status}` : undefined);
    const body = (await answer.json().catch(() => ({}))) as { readonly last?: unknown };
    if (answer.status === 401) {
      refused.abort();
      onRefused();
      return 'failed';
    }
    if (answer.status === 409 && typeof body.last === 'number') await seek(body.last);
    return answer.ok ? 'taken' : answer.status === 400 ? 'refused' : 'failed';
  };

  const tellLines = async (): Promise<'all' | 'more' | 'failed'> => {
    const { lines, position } = await readLines(file, told.position);
    if (lines.length === 0) return 'all';
    const { count } = told;
    const messages = lines.map((line, index): Message => ({
      sequence: count + index + 1,
      kind: 'event',
      data: eventIn(line),
    }));
    if ((await send(messages)) !== 'taken') return 'failed';
    told = { count: count + lines.length, position };
    return 'more';
  };

  const run = async (): Promise<void> => {
    let wait = LOOK_MS;
    while (!refused.signal.aborted) {
      const state = await tellLines().catch(() => 'failed' as const);
      if (state === 'all' && closing) return;
      wait = state === 'failed' ? Math.min(2 * wait, MOST_WAIT_MS) : LOOK_MS;
      if (state === 'more') continue;
      await Promise.race([
        // Nothing else keeps this process alive once its agent has ended: what is left must be told first.
        sleep(wait, undefined, { ref: closing }),
        new Promise<void>((resolve) => {
          wake = resolve;
        }),
      ]);
    }
  };
  const running = run();

  /** Until it is answered. @returns false when nobody wants to hear of this agent any more, or not of this */
  const tell = async (messages: readonly Message[]): Promise<boolean> => {
    for (let wait = LOOK_MS; !refused.signal.aborted; wait = Math.min(2 * wait, MOST_WAIT_MS)) {
      const state = await send(messages).catch(() => 'failed' as const);
      if (state !== 'failed') return state === 'taken';
      await sleep(wait);
    }
    return false;
  };

  /** @returns the number of the last message */
  const tellAnswer = async (answer: string): Promise<number> => {
    let last = told.count;
    const messages = partsOf(answer).map((data, index): Message => ({
      sequence: last + index + 1,
      kind: 'answer',
      data,
    }));
    for (let index = 0; index < messages.length; index += PARTS_AT_ONCE) {
      const some = messages.slice(index, index + PARTS_AT_ONCE);
      // A gateway of an earlier version knows nothing of them; the result is worth more.
      if (!(await tell(some))) break;
      last += some.length;
    }
    return last;
  };

  return {
    async finish(result, answer) {
      closing = true;
      wake();
      await running;
      const last = await tellAnswer(answer);
      return tell([{ sequence: last + 1, kind: 'result', data: result }]);
    },
  };
};
