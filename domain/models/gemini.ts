/** Google Gemini: `generateContent` and its stream. */
import type { TokenCounts } from './cost.ts';
import {
  amountOf,
  CONTEXT_TOKENS,
  DEFAULT_OUTPUT_TOKENS,
  inputBound,
  isJson,
  limitOf,
  listOf,
  textOf,
  type AnswerRoute,
  type BodySource,
  type CallFacts,
  type Json,
  type ModelFamily,
  type Route,
  type UsageReader,
} from './family.ts';

const ANSWER =
  /^\/v1(?:beta)?\/models\/([A-Za-z0-9._-]{1,100}):(generateContent|streamGenerateContent|countTokens)$/;
const LIST = /^\/v1(?:beta)?\/models(\/[A-Za-z0-9._-]{1,100})?$/;
const CLIENT_TOOLS = new Set(['functionDeclarations', 'function_declarations']);

const route = (method: string, path: string): Route | undefined => {
  const [, model, action] = ANSWER.exec(path) ?? [];
  if (method === 'POST' && action === 'countTokens') return { kind: 'free' };
  if (method === 'POST' && model !== undefined)
    return { kind: 'answer', model, streams: action === 'streamGenerateContent' };
  return method === 'GET' && LIST.test(path) ? { kind: 'free' } : undefined;
};

const field = (body: Json, name: string, snake: string): unknown => body[name] ?? body[snake];

const read = (body: Json, route: AnswerRoute, source: BodySource): CallFacts | string => {
  const foreign = listOf(body['tools'])
    .flatMap((tool) => (isJson(tool) ? Object.keys(tool) : []))
    .find((name) => !CLIENT_TOOLS.has(name));
  if (foreign !== undefined) return `the tool "${foreign}" runs at the provider and has a price of its own`;
  const name = body['generation_config'] === undefined ? 'generationConfig' : 'generation_config';
  const config = isJson(body[name]) ? body[name] : {};
  const asked = limitOf(field(config, 'maxOutputTokens', 'max_output_tokens'));
  const limit = asked ?? DEFAULT_OUTPUT_TOKENS;
  const hidden =
    field(body, 'cachedContent', 'cached_content') !== undefined || /"file_?[dD]ata"/.test(source.text);
  const modalities = field(config, 'responseModalities', 'response_modalities');
  if (modalities !== undefined && JSON.stringify(modalities).toLowerCase() !== '["text"]')
    return 'only answers in text can be metered';
  return {
    model: route.model ?? '',
    streams: route.streams === true,
    inputTokens: hidden
      ? CONTEXT_TOKENS
      : inputBound(source.bytes, source.text.match(/"inline_?[dD]ata"/g)?.length ?? 0),
    outputTokens: limit * (limitOf(field(config, 'candidateCount', 'candidate_count')) ?? 1),
    hourCache: false,
    ...(asked === undefined ? { amend: { [name]: { ...config, maxOutputTokens: limit } } } : {}),
    cachedPrefix: [],
  };
};

const countsOf = (usage: Json): TokenCounts => {
  const cached = amountOf(usage['cachedContentTokenCount']);
  const input = amountOf(usage['promptTokenCount']) + amountOf(usage['toolUsePromptTokenCount']);
  return {
    inputTokens: Math.max(0, input - cached),
    // What it thought is billed as output and not part of the candidates.
    outputTokens: amountOf(usage['candidatesTokenCount']) + amountOf(usage['thoughtsTokenCount']),
    cacheReadTokens: Math.min(cached, input),
    cacheWriteTokens: 0,
    cacheWriteHourTokens: 0,
  };
};

const usage = (): UsageReader => {
  let counts: TokenCounts | undefined;
  let complete = false;
  const take = (event: Json): void => {
    // Each part repeats the sum so far.
    if (isJson(event['usageMetadata'])) counts = countsOf(event['usageMetadata']);
    const blocked = isJson(event['promptFeedback']) && event['promptFeedback']['blockReason'] !== undefined;
    const stopped = listOf(event['candidates']).some(
      (candidate) => isJson(candidate) && textOf(candidate['finishReason']) !== '',
    );
    if (blocked || stopped) complete = true;
  };
  return {
    add(event) {
      // Without `alt=sse` a stream is one list.
      for (const part of Array.isArray(event) ? (event as unknown[]) : [event]) if (isJson(part)) take(part);
    },
    get counts() {
      return counts;
    },
    get complete() {
      return complete && counts !== undefined;
    },
  };
};

const STATUS_NAMES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
};

export const gemini: ModelFamily = {
  name: 'gemini',
  route,
  read,
  usage,
  usageMark: /"usageMetadata"|"finishReason"|"promptFeedback"/,
  error: (status, message) => ({
    error: { code: status, message, status: STATUS_NAMES[status] ?? 'INTERNAL' },
  }),
};
