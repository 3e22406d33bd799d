/**
 * Reads the events of `codex exec --json`. It tells no costs, and its usage is of the whole conversation, earlier
 * runs of it included.
 */
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
import { asAmount, asFields, asList, asText, lineFields, shown, type Fields } from './fields.ts';
import { unavailableIn } from './limits.ts';

const ERROR_TAIL = 1_500;

export interface CodexReaderOptions {
  /** What the conversation was told to have used before this run of the program. */
  readonly before: Usage;
  readonly price?: ModelPrice;
}

interface Tool {
  readonly tool: string;
  readonly input: string;
  readonly output: string;
}

/** Items that are the use of a tool; undefined for all others. */
const toolIn = (item: Fields): Tool | undefined => {
  switch (item['type']) {
    case 'command_execution':
      return { tool: 'shell', input: shown(item['command']), output: shown(item['aggregated_output']) };
    case 'file_change': {
      const changes = asList(item['changes']).map((entry) => {
        const change = asFields(entry);
        return `${asText(change['kind'])} ${asText(change['path'])}`;
      });
      return { tool: 'edit', input: changes.join('\n'), output: asText(item['status']) };
    }
    case 'mcp_tool_call':
      return {
        tool: `${asText(item['server'])}.${asText(item['tool'])}`,
        input: shown(item['arguments']),
        output: shown(item['error'] ?? item['result']),
      };
    case 'web_search':
      return { tool: 'web_search', input: shown(item['query']), output: '' };
    default:
      return undefined;
  }
};

/** What `turn.completed` tells, of the whole conversation. */
export const codexTokens = (reported: Fields): Usage => {
  const cacheReadTokens = asAmount(reported['cached_input_tokens']);
  const cacheWriteTokens = asAmount(reported['cache_write_input_tokens']);
  return {
    ...NO_USAGE,
    inputTokens: Math.max(0, asAmount(reported['input_tokens']) - cacheReadTokens - cacheWriteTokens),
    outputTokens: asAmount(reported['output_tokens']),
    cacheReadTokens,
    cacheWriteTokens,
  };
};

class CodexReader implements StreamReader {
  readonly #options: CodexReaderOptions;
  #told: Usage = NO_USAGE;
  #idle = false;
  #completed = false;
  #failure = '';
  #said = '';
  readonly #open = new Set<string>();
  readonly #denied = new Set<string>();

  constructor(options: CodexReaderOptions) {
    this.#options = options;
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
    switch (event['type']) {
      case 'thread.started': {
        const id = asText(event['thread_id']);
        return id === '' ? [] : [{ kind: 'session', id }];
      }
      case 'turn.started':
        this.#idle = false;
        return [];
      case 'item.started':
      case 'item.updated':
        return this.#started(asFields(event['item']));
      case 'item.completed':
        return this.#finished(asFields(event['item']));
      case 'turn.completed':
        return this.#turn(asFields(event['usage']));
      case 'turn.failed':
        this.#idle = true;
        this.#failure = asText(asFields(event['error'])['message']) || 'The turn failed';
        return [];
      case 'error':
        return trouble(asText(event['message']));
      default:
        return [];
    }
  }

  #started(item: Fields): readonly ExecutorEvent[] {
    const tool = toolIn(item);
    const id = asText(item['id']);
    if (tool === undefined || this.#open.has(id)) return [];
    this.#open.add(id);
    return [{ kind: 'tool_call', id, tool: tool.tool, input: tool.input }];
  }

  #finished(item: Fields): readonly ExecutorEvent[] {
    const text = asText(item['text']);
    if (item['type'] === 'agent_message') {
      this.#said = text;
      return text.trim() === '' ? [] : [{ kind: 'message', text }];
    }
    if (item['type'] === 'error') return [{ kind: 'notice', text: shown(item['message']) }];
    const tool = toolIn(item);
    if (tool === undefined) return [];
    const started = this.#started(item);
    const id = asText(item['id']);
    this.#open.delete(id);
    if (item['status'] === 'declined') {
      this.#denied.add(tool.tool);
      return [...started, { kind: 'permission_denied', tool: tool.tool, text: tool.input }];
    }
    const ok = item['status'] !== 'failed' && asAmount(item['exit_code']) === 0;
    return [...started, { kind: 'tool_result', id, ok, text: tool.output }];
  }

  #turn(reported: Fields): readonly ExecutorEvent[] {
    this.#idle = true;
    this.#completed = true;
    this.#failure = '';
    const tokens = usageBeyond(codexTokens(reported), addUsage(this.#options.before, this.#told));
    if (isNothing(tokens)) return [];
    const usage = { ...tokens, calls: 1, ...costOf(tokens, this.#options.price) };
    this.#told = addUsage(this.#told, usage);
    return [{ kind: 'usage', usage }];
  }

  end({ exitCode, errors }: CliExit): { events: readonly ExecutorEvent[]; verdict: Verdict } {
    return { events: [], verdict: this.#verdict(exitCode, errors) };
  }

  #verdict(exitCode: number, errors: string): Verdict {
    const denied = this.#denied.size === 0 ? '' : `\n\nDenied: ${[...this.#denied].join(', ')}`;
    if (this.#failure !== '') {
      const limit = unavailableIn(this.#failure);
      return limit === undefined
        ? { outcome: 'failed', summary: `${this.#failure}${denied}` }
        : { outcome: 'model_unavailable', summary: this.#failure, ...limit };
    }
    if (!this.#completed)
      return {
        outcome: 'failed',
        summary:
          `Codex ended with code ${exitCode} in the middle of its work.\n${errors.trim().slice(-ERROR_TAIL)}`.trim(),
      };
    return { outcome: 'completed', summary: `${this.#said}${denied}`.trim() };
  }
}

/** `Reconnecting... 1/5 (…)` is a try; anything else ends the turn, which is told again with it. */
const trouble = (message: string): readonly ExecutorEvent[] =>
  message.startsWith('Reconnecting')
    ? [{ kind: 'waiting', reason: `the model's API: ${message}`, seconds: 0 }]
    : [{ kind: 'error', text: message === '' ? 'Codex reported an error' : message }];

export const codexReader = (options: CodexReaderOptions): StreamReader => new CodexReader(options);
