/** Reads Gemini CLI's `stream-json`. Its exit code is an HTTP status cut to a byte, and says nothing here. */
import type { ModelPrice } from '../../../domain/models/price.ts';
import {
  addUsage,
  costOf,
  isNothing,
  NO_USAGE,
  usageBeyond,
  type Usage,
} from '../../../domain/models/usage.ts';
import type { ExecutorEvent } from '../executor.ts';
import type { CliExit, StreamReader, Verdict } from './dialect.ts';
import { asAmount, asFields, asText, lineFields, shown, type Fields } from './fields.ts';
import { unavailableIn } from './limits.ts';

const ERROR_TAIL = 1_500;
/** A tool that exists but not in this mode, or that a rule forbids. */
const DENIED = /denied|not.?allowed|policy|rejected by user|requires (user )?(confirmation|approval)/i;
/** Tools that the mode without questions takes away. */
const GATED = new Set(['run_shell_command', 'web_fetch', 'write_file', 'replace']);
const TURN_LIMIT = 53;

/** What a `result` tells of its run. */
export const geminiTokens = (result: Fields): Usage => {
  const stats = asFields(result['stats']);
  const cacheReadTokens = asAmount(stats['cached']);
  return {
    ...NO_USAGE,
    inputTokens: Math.max(0, asAmount(stats['input_tokens']) - cacheReadTokens),
    outputTokens: asAmount(stats['output_tokens']),
    cacheReadTokens,
  };
};

class GeminiReader implements StreamReader {
  readonly #price: ModelPrice | undefined;
  #told: Usage = NO_USAGE;
  /** Answers of the model since its usage was told: words and calls of tools up to the next results. */
  #answers = 0;
  #answering = false;
  #text = '';
  #said = '';
  #idle = false;
  #result: Fields | undefined;
  #trouble = '';
  readonly #tools = new Map<string, string>();
  readonly #denied = new Set<string>();

  constructor(price: ModelPrice | undefined) {
    this.#price = price;
  }

  isIdle(): boolean {
    return this.#idle;
  }

  goesOn(): void {
    this.#idle = false;
  }

  read(line: string): readonly ExecutorEvent[] {
    const event = lineFields(line);
    if (event === undefined)
      return line.trim() === '' ? [] : [{ kind: 'output', stream: 'stdout', text: line }];
    // An answer comes in pieces; whatever else comes ends it.
    if (event['type'] === 'message' && event['role'] === 'assistant') {
      this.#answered();
      this.#text += asText(event['content']);
      return event['delta'] === true ? [] : this.#flush();
    }
    return [...this.#flush(), ...this.#other(event)];
  }

  #answered(): void {
    if (!this.#answering) this.#answers += 1;
    this.#answering = true;
  }

  #flush(): readonly ExecutorEvent[] {
    const text = this.#text;
    if (text.trim() === '') return [];
    this.#text = '';
    this.#said = text;
    return [{ kind: 'message', text }];
  }

  #other(event: Fields): readonly ExecutorEvent[] {
    switch (event['type']) {
      case 'init': {
        const id = asText(event['session_id']);
        return id === '' ? [] : [{ kind: 'session', id }];
      }
      case 'tool_use': {
        const id = asText(event['tool_id']);
        const tool = asText(event['tool_name']);
        this.#tools.set(id, tool);
        this.#answered();
        return [{ kind: 'tool_call', id, tool, input: shown(event['parameters']) }];
      }
      case 'tool_result':
        return this.#toolResult(event);
      case 'error':
        this.#trouble = asText(event['message']);
        return [
          { kind: event['severity'] === 'warning' ? 'notice' : 'error', text: shown(event['message']) },
        ];
      case 'result':
        return this.#ended(event);
      default:
        return [];
    }
  }

  #toolResult(event: Fields): readonly ExecutorEvent[] {
    this.#answering = false;
    const id = asText(event['tool_id']);
    const tool = this.#tools.get(id) ?? 'a tool';
    const error = asFields(event['error']);
    const text = shown(event['output'] ?? error['message']);
    const result: ExecutorEvent = { kind: 'tool_result', id, ok: event['status'] === 'success', text };
    const missing = error['type'] === 'tool_not_registered' && GATED.has(tool);
    if (event['status'] === 'success' || !(missing || DENIED.test(asText(error['type'])))) return [result];
    this.#denied.add(tool);
    return [{ kind: 'permission_denied', tool, text }, result];
  }

  #ended(result: Fields): readonly ExecutorEvent[] {
    this.#idle = true;
    this.#result = result;
    const fresh = usageBeyond(geminiTokens(result), this.#told);
    if (isNothing(fresh)) return [];
    const usage = { ...fresh, calls: Math.max(1, this.#answers), ...costOf(fresh, this.#price) };
    this.#answers = 0;
    this.#answering = false;
    this.#told = addUsage(this.#told, usage);
    return [{ kind: 'usage', usage }];
  }

  end({ exitCode, errors }: CliExit): { events: readonly ExecutorEvent[]; verdict: Verdict } {
    return { events: this.#flush(), verdict: this.#verdict(exitCode, errors.trim().slice(-ERROR_TAIL)) };
  }

  #verdict(exitCode: number, errors: string): Verdict {
    const denied = this.#denied.size === 0 ? '' : `\n\nDenied: ${[...this.#denied].join(', ')}`;
    if (this.#result?.['status'] === 'success')
      return { outcome: 'completed', summary: `${this.#said}${denied}`.trim() };
    const error = asFields(this.#result?.['error']);
    const message = asText(error['message']) || this.#trouble;
    if (exitCode === TURN_LIMIT || /TurnLimit/i.test(asText(error['type'])))
      return { outcome: 'turn_limit', summary: message === '' ? 'The limit of turns is used up' : message };
    const limit = unavailableIn(message === '' ? errors : message);
    if (limit !== undefined)
      return { outcome: 'model_unavailable', summary: message === '' ? errors : message, ...limit };
    const why =
      message === '' ? `Gemini ended with code ${exitCode} and without a result.\n${errors}` : message;
    return { outcome: 'failed', summary: `${why.trim()}${denied}` };
  }
}

export const geminiReader = (price: ModelPrice | undefined): StreamReader => new GeminiReader(price);
