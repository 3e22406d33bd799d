/**
 * The conversation with the model as it grows: what is sent with each call, and where its prompt cache ends. All of
 * it is sent each time, so that no state is kept by the server.
 */
import type { Anthropic } from '@anthropic-ai/sdk';
import type { Tool } from './tools/tool.ts';

type Block = Anthropic.ContentBlockParam;
interface Turn {
  readonly role: 'user' | 'assistant';
  readonly content: Block[];
}

const CACHED = { type: 'ephemeral' } as const;
/** Of the four that a request may have: one ends tools and system prompt, these end the newest turns of the user. */
const CACHED_TURNS = 2;

export class Conversation {
  readonly #system: string;
  readonly #tools: readonly Tool[];
  readonly #turns: Turn[];

  constructor(system: string, tools: readonly Tool[], firstMessage: string) {
    this.#system = system;
    this.#tools = tools;
    this.#turns = [{ role: 'user', content: [{ type: 'text', text: firstMessage }] }];
  }

  addAnswer(content: readonly Anthropic.ContentBlock[]): void {
    // The API refuses empty texts that it sent itself.
    const kept = content.filter((block) => block.type !== 'text' || block.text.trim() !== '');
    if (kept.length > 0) this.#turns.push({ role: 'assistant', content: kept });
  }

  addResults(results: readonly Anthropic.ToolResultBlockParam[]): void {
    this.#user().push(...results);
  }

  addText(text: string): void {
    this.#user().push({ type: 'text', text });
  }

  /** The blocks of the user's turn at the end; a new turn when the model spoke last. */
  #user(): Block[] {
    const last = this.#turns.at(-1);
    if (last?.role === 'user') return last.content;
    const turn: Turn = { role: 'user', content: [] };
    this.#turns.push(turn);
    return turn.content;
  }

  request(model: string, maxTokens: number): Anthropic.MessageCreateParamsNonStreaming {
    const cachedTurns = this.#turns.filter((turn) => turn.role === 'user').slice(-CACHED_TURNS);
    return {
      model,
      max_tokens: maxTokens,
      system: [{ type: 'text', text: this.#system, cache_control: CACHED }],
      tools: this.#tools.map((tool) => ({
        name: tool.name,
        description: tool.description,
        input_schema: tool.inputSchema,
      })),
      messages: this.#turns.map((turn) => ({
        role: turn.role,
        content: cachedTurns.includes(turn) ? markedAtTheEnd(turn.content) : turn.content,
      })),
    };
  }
}

const markedAtTheEnd = (content: readonly Block[]): Block[] =>
  content.map((block, index) =>
    index === content.length - 1 ? ({ ...block, cache_control: CACHED } as Block) : block,
  );
