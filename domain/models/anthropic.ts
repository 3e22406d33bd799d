/** Anthropic Messages. */
import { NO_TOKENS, type TokenCounts } from './cost.ts';
import {
  amountOf,
  CONTEXT_TOKENS,
  countTypes,
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

const ATTACHMENTS = new Set(['image', 'document', 'file']);
/** Content that lies elsewhere: its size is not in the request. */
const ELSEWHERE = new Set(['url', 'file', 'container_upload']);
/** Tools that the client runs itself; the others make further calls on the server, with prices of their own. */
const CLIENT_TOOL = /^(custom|bash_\d+|text_editor_\d+|computer_\d+|memory_\d+|tool_search_tool_[a-z0-9_]+)$/;

const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};

const route = (method: string, path: string): Route | undefined => {
  if (method === 'POST' && path === '/v1/messages') return { kind: 'answer' };
  if (method === 'POST' && path === '/v1/messages/count_tokens') return { kind: 'free' };
  return method === 'GET' && /^\/v1\/models(\/[A-Za-z0-9._-]{1,100})?$/.test(path)
    ? { kind: 'free' }
    : undefined;
};

/** Why the price list does not hold for the call. */
const surcharge = (body: Json): string | undefined => {
  const tool = listOf(body['tools']).find(
    (one) => isJson(one) && one['type'] !== undefined && !CLIENT_TOOL.test(textOf(one['type'])),
  );
  if (isJson(tool))
    return `the tool "${textOf(tool['type'])}" runs at the provider and has a price of its own`;
  if (listOf(body['mcp_servers']).length > 0) return 'MCP servers that the provider calls cannot be metered';
  if (body['speed'] !== undefined && body['speed'] !== 'standard')
    return `the speed "${textOf(body['speed'])}" has a price of its own`;
  const geo = body['inference_geo'];
  if (geo !== undefined && geo !== null && geo !== 'global')
    return 'inference in one region has a price of its own';
  return undefined;
};

const read = (body: Json, _route: AnswerRoute, source: BodySource): CallFacts | string => {
  const maxTokens = limitOf(body['max_tokens']);
  if (maxTokens === undefined) return 'max_tokens is not a whole number';
  const refusal = surcharge(body);
  if (refusal !== undefined) return refusal;
  const content = [body['system'], body['messages']];
  const prefix = [body['tools'] ?? [], body['system'] ?? ''];
  const hidden = body['thread'] !== undefined || body['container'] !== undefined;
  return {
    model: textOf(body['model']),
    streams: body['stream'] === true,
    inputTokens:
      hidden || countTypes(content, ELSEWHERE) > 0
        ? CONTEXT_TOKENS
        : inputBound(source.bytes, countTypes(content, ATTACHMENTS)),
    outputTokens: maxTokens,
    hourCache: /"ttl"\s*:\s*"1h"/.test(source.text),
    cachedPrefix: JSON.stringify(prefix).includes('"cache_control"') ? prefix : [],
  };
};

const usage = (): UsageReader => {
  let counts: TokenCounts | undefined;
  let complete = false;
  /** Later events repeat what earlier ones said, with newer numbers. */
  const take = (reported: unknown): void => {
    if (!isJson(reported)) return;
    const known = counts ?? NO_TOKENS;
    const split = isJson(reported['cache_creation']) ? reported['cache_creation'] : {};
    const newest = (name: string, before: number): number =>
      reported[name] === undefined || reported[name] === null ? before : amountOf(reported[name]);
    counts = {
      inputTokens: newest('input_tokens', known.inputTokens),
      outputTokens: newest('output_tokens', known.outputTokens),
      cacheReadTokens: newest('cache_read_input_tokens', known.cacheReadTokens),
      cacheWriteTokens: newest('cache_creation_input_tokens', known.cacheWriteTokens),
      cacheWriteHourTokens:
        split['ephemeral_1h_input_tokens'] === undefined
          ? known.cacheWriteHourTokens
          : amountOf(split['ephemeral_1h_input_tokens']),
    };
  };
  return {
    add(event) {
      const type = event['type'];
      if (type === 'message_start' && isJson(event['message'])) take(event['message']['usage']);
      else if (type === 'message_delta') {
        take(event['usage']);
        // The last that is told; what follows only closes the stream.
        complete = isJson(event['delta']) && textOf(event['delta']['stop_reason']) !== '';
      } else if (type === 'message') {
        take(event['usage']);
        complete = true;
      }
    },
    get counts() {
      return counts;
    },
    get complete() {
      return complete;
    },
  };
};

export const anthropic: ModelFamily = {
  name: 'anthropic',
  route,
  read,
  usage,
  usageMark: /"usage"/,
  error: (status, message) => ({
    type: 'error',
    error: { type: ERROR_TYPES[status] ?? 'api_error', message },
  }),
};
