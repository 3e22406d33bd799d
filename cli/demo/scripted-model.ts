/** A local server with scripted answers in place of a model, for demos without a key. No model is called. */
import { LLMock, type ChatCompletionRequest, type FixtureResponse } from '@copilotkit/aimock';
import { scriptedAnswer } from './script/answer.ts';

export interface ScriptedModel {
  readonly url: string;
  close(): Promise<void>;
}

/** The same port each time if it is free, so that services that run from an earlier demo can stay. */
const PREFERRED_PORT = 41_175;
/** A little less than instant, so that one can see what happens. */
const MS_PER_CHUNK = 15;
const CHUNK_CHARACTERS = 100;
/** Roughly, for the costs that are shown. */
const CHARACTERS_PER_TOKEN = 4;

export const startScriptedModel = async (): Promise<ScriptedModel> => {
  const model = await listening(PREFERRED_PORT).catch(async () => await listening(0));
  return { url: model.url, close: async () => await model.stop() };
};

const listening = async (port: number): Promise<LLMock> => {
  const model = new LLMock({
    host: '127.0.0.1',
    port,
    latency: MS_PER_CHUNK,
    chunkSize: CHUNK_CHARACTERS,
    journalMaxEntries: 1,
  });
  model.on({ predicate: () => true }, responseTo);
  await model.start();
  return model;
};

const tokens = (value: unknown): number => Math.ceil(JSON.stringify(value).length / CHARACTERS_PER_TOKEN);

const responseTo = (request: ChatCompletionRequest): FixtureResponse => {
  const answer = scriptedAnswer(request);
  if (answer.kind === 'unknown')
    return { status: 400, error: { type: 'invalid_request_error', message: answer.reason } };
  const usage = { input_tokens: tokens([request.messages, request.tools]), output_tokens: tokens(answer) };
  if (answer.kind === 'text') return { content: answer.text, usage };
  const turn = request.messages.length;
  return {
    usage,
    blocks: [
      { type: 'text', text: answer.say },
      ...answer.calls.map((call, index) => ({
        type: 'toolCall' as const,
        id: `toolu_scripted_${turn}_${index}`,
        name: call.tool,
        arguments: JSON.stringify(call.input),
      })),
    ],
  };
};
