/** The gateway for a program that Drover does not know: the variables by which most find their model. */
import { agentEndpoints } from '../../../domain/agents/access.ts';
import type { ExecutorContext } from '../executor.ts';

/** What the agent's environment has already (`passEnv`, `env`) is the user's choice and stays. */
export const gatewayVariables = ({
  spec,
  env,
  modelAccess,
}: Pick<ExecutorContext, 'spec' | 'env' | 'modelAccess'>): Readonly<Record<string, string>> => {
  const { gateway } = modelAccess;
  if (gateway === undefined || spec.executorSettings?.login === 'own') return {};
  const { anthropic, openai, gemini, mcp } = agentEndpoints(gateway);
  const { token } = gateway;
  const providers = [
    { ANTHROPIC_BASE_URL: anthropic, ANTHROPIC_API_KEY: token },
    { OPENAI_BASE_URL: openai, OPENAI_API_KEY: token },
    { GOOGLE_GEMINI_BASE_URL: gemini, GEMINI_API_KEY: token },
    { DROVER_MCP_URL: mcp.url, DROVER_MCP_TOKEN: token },
  ];
  // Address and key of one provider belong together: a token must not go to a stranger.
  return Object.assign(
    {},
    ...providers.filter((variables) => Object.keys(variables).every((name) => env[name] === undefined)),
  ) as Record<string, string>;
};
