/**
 * How one agent reaches models and the swarm: the gateway's address and a token of its own. The token opens only
 * what this agent may have, and nothing once the agent has ended. No key of a model provider travels with it.
 */

export interface AgentAccess {
  /** Without a slash at its end, such as `http://127.0.0.1:41234`. */
  readonly gatewayUrl: string;
  readonly token: string;
}

export interface AgentEndpoints {
  /** Base URL of the Anthropic API; the token is the key (`x-api-key` or bearer). */
  readonly anthropic: string;
  /** Base URL of the OpenAI API; the token is the key (bearer). */
  readonly openai: string;
  /** Base URL of the Gemini API; the token is the key (`x-goog-api-key`). */
  readonly gemini: string;
  /** The swarm's MCP server (streamable HTTP). */
  readonly mcp: { readonly url: string; readonly headers: Readonly<Record<string, string>> };
  /** For agents that log in by themselves: the token is in the path, and the login is passed on as it is. */
  readonly ownLogin: { readonly anthropic: string; readonly openai: string; readonly gemini: string };
}

const modelUrls = (base: string): AgentEndpoints['ownLogin'] => ({
  anthropic: `${base}/anthropic`,
  openai: `${base}/openai/v1`,
  gemini: `${base}/gemini`,
});

export const agentEndpoints = ({ gatewayUrl, token }: AgentAccess): AgentEndpoints => ({
  ...modelUrls(gatewayUrl),
  mcp: { url: `${gatewayUrl}/mcp`, headers: { authorization: `Bearer ${token}` } },
  ownLogin: modelUrls(`${gatewayUrl}/a/${token}`),
});
