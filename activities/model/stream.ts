/**
 * Reads one streamed answer of the Anthropic API into a whole message. The SDK's own reader repairs tool input that
 * was cut off, so that half a file would look like a whole one, and drops the message when tool input is not JSON;
 * this one says so instead. Usage is counted however the stream ends.
 */
import { APIError, type Anthropic } from '@anthropic-ai/sdk';

/** Usage as the API reports it; on a cut stream only what was said so far. */
export type ReportedUsage = {
  readonly [
    field in 'input_tokens' | 'output_tokens' | 'cache_read_input_tokens' | 'cache_creation_input_tokens'
  ]?: number | null;
};

export interface Answer {
  readonly message: Anthropic.Message;
  /** Ids of tool calls whose input was not a JSON object, with what came instead. Their `input` is `{}`. */
  readonly malformed: ReadonlyMap<string, string>;
}

/** The stream ended, or fell silent, before the answer did. */
export class CutStream extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'CutStream';
  }
}

interface ReadOptions {
  readonly signal: AbortSignal;
  readonly stallSeconds?: number | undefined;
  readonly count: (usage: ReportedUsage) => void;
}

const STALL_SECONDS = 300;

export const readAnswer = async (
  client: Anthropic,
  params: Anthropic.MessageCreateParamsNonStreaming,
  options: ReadOptions,
): Promise<Answer> => {
  const stallSeconds = options.stallSeconds ?? STALL_SECONDS;
  const stalled = new AbortController();
  let watchdog: NodeJS.Timeout | undefined;
  const sign = (): void => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => stalled.abort(), stallSeconds * 1000);
  };
  const signal = AbortSignal.any([options.signal, stalled.signal]);
  const building = new MessageBuilder();
  let answered = false;
  try {
    sign();
    const stream = await client.messages.create({ ...params, stream: true }, { signal });
    answered = true;
    for await (const event of stream) {
      sign();
      building.add(event);
    }
    // The SDK ends an aborted stream as if it were complete.
    options.signal.throwIfAborted();
    if (stalled.signal.aborted)
      throw new CutStream(`the answer stopped for more than ${stallSeconds} seconds`);
    return building.finish();
  } catch (error) {
    options.signal.throwIfAborted();
    if (stalled.signal.aborted)
      throw new CutStream(`no sign of an answer for ${stallSeconds} seconds`, error);
    // What has no status broke after the answer began: the connection, or the JSON of an event.
    if (answered && !(error instanceof APIError))
      throw error instanceof CutStream ? error : new CutStream('the answer was cut off', error);
    throw error;
  } finally {
    clearTimeout(watchdog);
    if (building.usage !== undefined) options.count(building.usage);
  }
};

/** Collects the events of one stream. */
class MessageBuilder {
  #message: Anthropic.Message | undefined;
  #stopped = false;
  readonly #inputs = new Map<number, string>();

  get usage(): ReportedUsage | undefined {
    return this.#message?.usage;
  }

  add(event: Anthropic.RawMessageStreamEvent): void {
    if (event.type === 'message_start') {
      this.#message = { ...event.message, content: [...event.message.content] };
      return;
    }
    const message = this.#message;
    if (message === undefined) throw new CutStream(`the answer began with ${event.type}`);
    switch (event.type) {
      case 'content_block_start':
        message.content[event.index] = { ...event.content_block };
        break;
      case 'content_block_delta':
        this.#delta(message, event);
        break;
      case 'message_delta':
        message.stop_reason = event.delta.stop_reason;
        message.stop_details = event.delta.stop_details;
        // The counts are totals of the whole message and left out when they did not change.
        for (const [field, value] of Object.entries(event.usage))
          if (value !== null && value !== undefined) Object.assign(message.usage, { [field]: value });
        break;
      case 'message_stop':
        this.#stopped = true;
        break;
      default:
    }
  }

  #delta(message: Anthropic.Message, { index, delta }: Anthropic.RawContentBlockDeltaEvent): void {
    const block = message.content[index];
    if (block === undefined)
      throw new CutStream(`the answer has a part of a block ${index} that never began`);
    if (delta.type === 'text_delta' && block.type === 'text') block.text += delta.text;
    else if (delta.type === 'thinking_delta' && block.type === 'thinking') block.thinking += delta.thinking;
    else if (delta.type === 'signature_delta' && block.type === 'thinking') block.signature = delta.signature;
    else if (delta.type === 'input_json_delta')
      this.#inputs.set(index, (this.#inputs.get(index) ?? '') + delta.partial_json);
  }

  finish(): Answer {
    const message = this.#message;
    if (message === undefined || !this.#stopped)
      throw new CutStream('the answer ended before it was complete');
    const malformed = new Map<string, string>();
    message.content.forEach((block, index) => {
      if (block.type !== 'tool_use') return;
      const text = this.#inputs.get(index) ?? '';
      const input = text === '' ? block.input : parsed(text);
      if (typeof input === 'object' && input !== null && !Array.isArray(input)) block.input = input;
      else {
        block.input = {};
        malformed.set(block.id, text);
      }
    });
    return { message, malformed };
  }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
