/**
 * The `api` executor: a coding agent on the Anthropic API. One turn is one answer of the model and the tool calls in
 * it. Ends when the model says so, or at the limit of turns or tokens; wall time is the runner's.
 */
import type { Anthropic } from '@anthropic-ai/sdk';
import {
  ask,
  createAnthropic,
  textOf,
  type AnthropicAccess,
  type Asked,
} from '../../../activities/model/anthropic.ts';
import { agentEndpoints } from '../../../domain/agents/access.ts';
import { DroverFailure } from '../../../domain/failures.ts';
import { addUsage, NO_USAGE, type Usage } from '../../../domain/models/usage.ts';
import type { Executor, ExecutorContext, ExecutorOutcome, ModelAccess } from '../executor.ts';
import { confineTo } from './confined-files.ts';
import { Conversation } from './conversation.ts';
import { AGENT_SYSTEM_PROMPT, taskPrompt } from './prompt.ts';
import { swarmTools } from './swarm-tools.ts';
import { runToolCalls, toolsFor, type ToolCall } from './tool-calls.ts';
import type { Tool, ToolContext } from './tools/tool.ts';

/** Of one answer. All current models can give as much; more is rarely meant. */
const MAX_ANSWER_TOKENS = 32_000;
/** Less than this is no use as an answer. */
const MIN_ANSWER_TOKENS = 1_000;
/** Answers in a row that may be cut off at their limit. */
const MAX_CUT_ANSWERS = 3;
/** Turns left when the model is told to come to an end. */
const LAST_TURNS = 3;

export const apiExecutor: Executor = {
  run: async (context) => {
    let run: AgentRun | undefined;
    try {
      const tools: ToolContext = {
        files: await confineTo(context.workspace),
        runShell: async (command, options) => await context.runShell(command, options),
      };
      run = new AgentRun(context, tools, [...toolsFor(context.spec), ...(await swarmTools(context))]);
      return await run.toTheEnd();
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof DroverFailure)) throw error;
      const hint = error.hint === '' ? '' : ` (${error.hint})`;
      context.emit({ kind: 'error', text: `${error.message}${hint}` });
      return {
        outcome: 'failed',
        summary: `${error.message}${hint}`,
        failure: error.type,
        usage: run?.usage ?? NO_USAGE,
      };
    }
  },
};

type Ending = Omit<ExecutorOutcome, 'usage'>;

const accessOf = ({ apiKey, baseUrl, gateway }: ModelAccess): AnthropicAccess =>
  gateway === undefined
    ? { anthropicApiKey: apiKey, anthropicBaseUrl: baseUrl }
    : { anthropicApiKey: gateway.token, anthropicBaseUrl: agentEndpoints(gateway).anthropic };

class AgentRun {
  usage: Usage = NO_USAGE;
  readonly #context: ExecutorContext;
  readonly #tools: ToolContext;
  readonly #allowed: readonly Tool[];
  readonly #client: Anthropic;
  readonly #conversation: Conversation;
  #cutAnswers = 0;

  constructor(context: ExecutorContext, tools: ToolContext, allowed: readonly Tool[]) {
    this.#context = context;
    this.#tools = tools;
    this.#client = createAnthropic(accessOf(context.modelAccess));
    this.#allowed = allowed;
    this.#conversation = new Conversation(AGENT_SYSTEM_PROMPT, this.#allowed, taskPrompt(context.spec));
  }

  async toTheEnd(): Promise<ExecutorOutcome> {
    const { turns, tokens } = this.#context.spec.limits;
    for (let turn = 1; ; turn += 1) {
      if (turn > turns) return this.#ended('turn_limit', `The limit of ${turns} turns is used up.`);
      const tokensLeft = tokens - this.#tokensUsed();
      if (tokensLeft <= MIN_ANSWER_TOKENS)
        return this.#ended('token_limit', `The limit of ${tokens} tokens is used up.`);
      await this.#takeMessages();
      if (turn > 1 && turns - turn < LAST_TURNS)
        this.#conversation.addText(`You have ${turns - turn + 1} turns left. Bring the work to an end.`);
      const asked = await this.#ask(Math.min(MAX_ANSWER_TOKENS, tokensLeft));
      const ending = await this.#act(asked);
      // A message that came meanwhile is answered before the end.
      if (ending !== undefined && (ending.outcome !== 'completed' || !(await this.#takeMessages())))
        return { ...ending, usage: this.usage };
    }
  }

  async #ask(maxTokens: number): Promise<Asked> {
    const { signal, spec } = this.#context;
    return await ask(this.#client, this.#conversation.request(spec.model, maxTokens), {
      signal,
      price: spec.price,
      onWait: (waiting) => this.#context.emit({ kind: 'waiting', ...waiting }),
      onUsage: (usage) => {
        this.usage = addUsage(this.usage, usage);
        this.#context.emit({ kind: 'usage', usage });
      },
    });
  }

  /** Does what the answer asks for. @returns how the work ended, or nothing when it goes on */
  async #act({ message, malformed }: Asked): Promise<Ending | undefined> {
    const text = textOf(message);
    if (text !== '') this.#context.emit({ kind: 'message', text });
    this.#conversation.addAnswer(message.content);
    const calls = message.content.flatMap((block): ToolCall[] =>
      block.type === 'tool_use'
        ? [{ id: block.id, name: block.name, input: block.input, malformed: malformed.get(block.id) }]
        : [],
    );
    const stopped = endingOf(message);
    if (stopped !== undefined) return stopped;
    if (calls.length > 0) {
      const { results, finished } = await runToolCalls(calls, this.#tools, this.#context, this.#allowed);
      this.#conversation.addResults(results);
      if (finished !== undefined) return { outcome: 'completed', summary: finished };
    }
    this.#cutAnswers = message.stop_reason === 'max_tokens' ? this.#cutAnswers + 1 : 0;
    if (this.#cutAnswers >= MAX_CUT_ANSWERS)
      return {
        outcome: 'failed',
        summary: `${MAX_CUT_ANSWERS} answers in a row were cut off at their limit of tokens.`,
      };
    if (this.#cutAnswers > 0)
      this.#conversation.addText('Your answer was cut off at its limit of tokens. Go on in smaller steps.');
    else if (calls.length === 0 && message.stop_reason !== 'pause_turn')
      return { outcome: 'completed', summary: text === '' ? 'The model ended without a word.' : text };
    return undefined;
  }

  /** @returns true when there were any */
  async #takeMessages(): Promise<boolean> {
    const messages = await this.#context.inbox();
    for (const message of messages) {
      this.#context.emit({ kind: 'notice', text: `message received: ${message}` });
      this.#conversation.addText(`A message from the person in charge:\n${message}`);
    }
    return messages.length > 0;
  }

  #tokensUsed(): number {
    return this.usage.inputTokens + this.usage.cacheWriteTokens + this.usage.outputTokens;
  }

  #ended(outcome: 'turn_limit' | 'token_limit', summary: string): ExecutorOutcome {
    return { outcome, summary, usage: this.usage };
  }
}

/** Stops after which nothing of the answer is done. */
const endingOf = (message: Anthropic.Message): Ending | undefined => {
  if (message.stop_reason === 'refusal') {
    const said = message.stop_details?.explanation ?? textOf(message);
    return {
      outcome: 'failed',
      failure: 'model',
      summary: `The model refused: ${said === '' ? 'it gave no reason' : said}`,
    };
  }
  if (message.stop_reason === 'model_context_window_exceeded')
    return {
      outcome: 'failed',
      summary: 'The conversation no longer fits into the model. Split the task into smaller ones.',
    };
  return undefined;
};
