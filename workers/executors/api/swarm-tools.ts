/**
 * The tools of the swarm for an agent of the API: those that the gateway's MCP server offers, the same that agent CLIs
 * find in their settings. Spoken by hand, since each request stands alone there and the official client costs every
 * agent half a second and 30 MB.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { agentEndpoints, type AgentAccess } from '../../../domain/agents/access.ts';
import type { ExecutorContext } from '../executor.ts';
import { ToolProblem } from './tool-problem.ts';
import type { Tool } from './tools/tool.ts';

/** Before another look for the tools: a gateway that died is there again within seconds. */
const PAUSES_SECONDS = [1, 2, 4, 8];

const listed = z.object({
  tools: z.array(
    z.object({
      name: z.string(),
      description: z.string().default(''),
      inputSchema: z.looseObject({ type: z.literal('object') }),
    }),
  ),
});
const called = z.object({
  content: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })),
  isError: z.boolean().optional(),
});
const answered = z.object({
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
});

/** An answer that another try does not change. */
class Refused extends Error {}

/** The message of an answer, which is the body, or comes in a stream after signs of life. */
const messageIn = (body: string): unknown => {
  const data = body
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data: '))
    .at(-1);
  return JSON.parse(data?.slice('data: '.length) ?? body);
};

const request = async (
  access: AgentAccess,
  method: string,
  params: object,
  signal: AbortSignal,
): Promise<unknown> => {
  const { url, headers } = agentEndpoints(access).mcp;
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      ...headers,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    signal,
  });
  const body = await response.text();
  if (!response.ok) {
    const said = `HTTP ${response.status}`;
    throw response.status < 500 ? new Refused(said) : new Error(said);
  }
  const { result, error } = answered.parse(messageIn(body));
  if (error !== undefined) throw new Refused(error.message);
  return result;
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const toolOf = (
  { name, description, inputSchema }: z.infer<typeof listed>['tools'][number],
  access: AgentAccess,
  signal: AbortSignal,
): Tool => ({
  name,
  description,
  inputSchema,
  run: async (input) => {
    const answer = await request(access, 'tools/call', { name, arguments: input }, signal).catch(
      (error: unknown) => {
        signal.throwIfAborted();
        throw new ToolProblem(`The swarm did not answer: ${messageOf(error)}. Try again, or go on without.`);
      },
    );
    const { content, isError } = called.parse(answer);
    const text = content.map((part) => part.text ?? '').join('\n');
    if (isError === true) throw new ToolProblem(text);
    return text;
  },
});

/** None without a gateway. An agent whose gateway does not answer works without them, and says so in its log. */
export const swarmTools = async ({
  modelAccess,
  signal,
  emit,
}: Pick<ExecutorContext, 'modelAccess' | 'signal' | 'emit'>): Promise<readonly Tool[]> => {
  const { gateway } = modelAccess;
  if (gateway === undefined) return [];
  for (let tries = 0; ; tries += 1) {
    try {
      const { tools } = listed.parse(await request(gateway, 'tools/list', {}, signal));
      return tools.map((tool) => toolOf(tool, gateway, signal));
    } catch (error) {
      signal.throwIfAborted();
      const seconds = PAUSES_SECONDS[tries];
      if (seconds === undefined || error instanceof Refused) {
        emit({ kind: 'notice', text: `It works without the tools of the swarm: ${messageOf(error)}` });
        return [];
      }
      await sleep(seconds * 1000, undefined, { signal });
    }
  }
};
