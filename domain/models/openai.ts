/** OpenAI: the Responses API and chat completions. */
import type { TokenCounts } from './cost.ts';
import {
  amountOf,
  CONTEXT_TOKENS,
  countTypes,
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

const ATTACHMENTS = new Set(['input_image', 'image_url', 'input_file', 'file', 'input_audio']);
/** Tools that the client runs itself. */
const CLIENT_TOOLS = new Set(['function', 'custom', 'local_shell', 'shell', 'apply_patch']);
const isClientTool = (tool: unknown): boolean => isJson(tool) && CLIENT_TOOLS.has(textOf(tool['type']));
/** A namespace holds the tools of one MCP server that the client speaks to. */
const runsAtClient = (tool: Json): boolean =>
  isClientTool(tool) ||
  (tool['type'] === 'namespace' && listOf(tool['tools']).every(isClientTool)) ||
  (tool['type'] === 'tool_search' && tool['execution'] === 'client');
const TIERS: readonly unknown[] = [undefined, null, 'auto', 'default', 'flex'];

const route = (method: string, path: string): Route | undefined => {
  if (method === 'POST' && (path === '/v1/responses' || path === '/v1/chat/completions'))
    return { kind: 'answer' };
  return method === 'GET' && /^\/v1\/models(\/[A-Za-z0-9._:-]{1,100})?$/.test(path)
    ? { kind: 'free' }
    : undefined;
};

const surcharge = (body: Json): string | undefined => {
  const tool = listOf(body['tools']).find((one) => isJson(one) && !runsAtClient(one));
  if (isJson(tool))
    return `the tool "${textOf(tool['type'])}" runs at the provider and has a price of its own`;
  if (body['web_search_options'] !== undefined) return 'web search has a price of its own';
  if (!TIERS.includes(body['service_tier']))
    return `the service tier "${textOf(body['service_tier'])}" has a price of its own`;
  if (body['background'] === true) return 'an answer in the background cannot be metered';
  if (body['modalities'] !== undefined && JSON.stringify(body['modalities']) !== '["text"]')
    return 'only answers in text can be metered';
  return undefined;
};

const read = (body: Json, _route: AnswerRoute, source: BodySource): CallFacts | string => {
  const refusal = surcharge(body);
  if (refusal !== undefined) return refusal;
  const chat = Array.isArray(body['messages']);
  const streams = body['stream'] === true;
  const asked = chat
    ? (limitOf(body['max_completion_tokens']) ?? limitOf(body['max_tokens']))
    : limitOf(body['max_output_tokens']);
  const limit = asked ?? DEFAULT_OUTPUT_TOKENS;
  const hidden =
    (body['previous_response_id'] ?? body['conversation'] ?? body['prompt'] ?? undefined) !== undefined ||
    source.text.includes('"file_id"');
  const amend = {
    ...(asked !== undefined ? {} : { [chat ? 'max_completion_tokens' : 'max_output_tokens']: limit }),
    ...(chat && streams
      ? {
          stream_options: {
            ...(isJson(body['stream_options']) ? body['stream_options'] : {}),
            include_usage: true,
          },
        }
      : {}),
  };
  return {
    model: textOf(body['model']),
    streams,
    inputTokens: hidden
      ? CONTEXT_TOKENS
      : inputBound(source.bytes, countTypes([body['input'], body['messages']], ATTACHMENTS)),
    outputTokens: limit * (chat ? (limitOf(body['n']) ?? 1) : 1),
    hourCache: false,
    ...(Object.keys(amend).length === 0 ? {} : { amend }),
    cachedPrefix: [],
  };
};

const countsOf = (usage: Json): TokenCounts => {
  const inputDetails = usage['input_tokens_details'] ?? usage['prompt_tokens_details'];
  const cached = isJson(inputDetails) ? amountOf(inputDetails['cached_tokens']) : 0;
  const input = amountOf(usage['input_tokens'] ?? usage['prompt_tokens']);
  return {
    inputTokens: Math.max(0, input - cached),
    outputTokens: amountOf(usage['output_tokens'] ?? usage['completion_tokens']),
    cacheReadTokens: Math.min(cached, input),
    cacheWriteTokens: 0,
    cacheWriteHourTokens: 0,
  };
};

/** Ends of the Responses API that tell what was used. */
const ENDS = new Set(['response.completed', 'response.incomplete', 'response.failed', 'response.cancelled']);

const usage = (): UsageReader => {
  let counts: TokenCounts | undefined;
  return {
    add(event) {
      const response = isJson(event['response']) ? event['response'] : event;
      const ended = event['type'] === undefined || ENDS.has(textOf(event['type']));
      if (ended && isJson(response['usage'])) counts = countsOf(response['usage']);
    },
    get counts() {
      return counts;
    },
    // Told once, at the end.
    get complete() {
      return counts !== undefined;
    },
  };
};

const ERROR_TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  429: 'rate_limit_exceeded',
};

export const openai: ModelFamily = {
  name: 'openai',
  route,
  read,
  usage,
  usageMark: /"usage"\s*:\s*\{/,
  error: (status, message) => {
    const type = ERROR_TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'server_error');
    return { error: { message, type, param: null, code: type } };
  },
};
