/** Opens or takes up a session with an agent: log in, mode, model, the swarm's MCP server. */
import {
  type ClientContext,
  type InitializeResponse,
  type McpServer,
  methods,
  type NewSessionResponse,
  PROTOCOL_VERSION,
  RequestError,
} from '@agentclientprotocol/sdk';
import { agentEndpoints } from '../../../domain/agents/access.ts';
import { DroverFailure } from '../../../domain/failures.ts';
import { names } from '../cli/argument-template.ts';
import { asFields, asList, asText } from '../cli/fields.ts';
import type { ExecutorContext } from '../executor.ts';

/** Of the protocol: the agent wants a log-in first. */
const AUTH_REQUIRED = -32_000;
const BY_KEY = /api.?key/i;

type Opened = Pick<NewSessionResponse, 'modes' | 'configOptions'>;

export interface AcpSession {
  readonly id: string;
  /** The agent knows what was said before. */
  readonly resumed: boolean;
}

const serversFor = (context: ExecutorContext, agent: InitializeResponse): McpServer[] => {
  const { gateway } = context.modelAccess;
  if (gateway === undefined) return [];
  if (agent.agentCapabilities?.mcpCapabilities?.http !== true) {
    context.emit({
      kind: 'notice',
      text: 'The agent takes no MCP server over HTTP: it works without the swarm’s',
    });
    return [];
  }
  const { url, headers } = agentEndpoints(gateway).mcp;
  const list = Object.entries(headers).map(([name, value]) => ({ name, value }));
  return [{ type: 'http', name: 'drover', url, headers: list }];
};

/** Nobody is there to log in by a browser; the token of the gateway stands for a key. */
const logIn = async (agent: ClientContext, { authMethods }: InitializeResponse): Promise<void> => {
  const byKey = authMethods?.find(({ id }) => BY_KEY.test(id));
  if (byKey === undefined)
    throw new DroverFailure('unavailable', 'The agent is not logged in', {
      hint: `log in with the program itself and set "login: own" for this executor (it offers ${authMethods?.map(({ id }) => id).join(', ') ?? 'no way'})`,
    });
  await agent.request(methods.agent.authenticate, { methodId: byKey.id });
};

const setMode = async (
  agent: ClientContext,
  sessionId: string,
  wanted: string | undefined,
  { modes }: Opened,
): Promise<void> => {
  if (wanted === undefined || modes?.currentModeId === wanted) return;
  const offered = modes?.availableModes.map(({ id }) => id) ?? [];
  if (!offered.includes(wanted))
    throw new DroverFailure('invalidInput', `The agent has no mode "${wanted}"`, {
      hint: offered.length === 0 ? 'leave "mode" away' : `set "mode" to one of ${offered.join(', ')}`,
    });
  await agent.request(methods.agent.session.setMode, { sessionId, modeId: wanted });
};

/** By an option of the session, or as agents did before there were such options. */
const setModel = async (
  agent: ClientContext,
  sessionId: string,
  context: ExecutorContext,
  opened: Opened,
): Promise<void> => {
  const { model, executorSettings } = context.spec;
  if (model === '' || names(executorSettings?.args ?? [], 'model')) return;
  const option = opened.configOptions?.find(({ category }) => category === 'model');
  if (option !== undefined) {
    await agent.request(methods.agent.session.setConfigOption, {
      sessionId,
      configId: option.id,
      value: model,
    });
    return;
  }
  const offered = asList(asFields(asFields(opened)['models'])['availableModels']);
  if (offered.some((one) => asText(asFields(one)['modelId']) === model))
    await agent.request('session/set_model', { sessionId, modelId: model });
  else
    throw new DroverFailure('invalidInput', `The agent does not offer the model "${model}"`, {
      hint: 'name one that it has, or give it by an argument with {model} in "args"',
    });
};

export const initialize = async (agent: ClientContext): Promise<InitializeResponse> => {
  const answer = await agent.request(methods.agent.initialize, {
    protocolVersion: PROTOCOL_VERSION,
    // It works with its own tools, which the sandbox holds, and not through Drover.
    clientCapabilities: {},
    clientInfo: { name: 'drover', version: '1' },
  });
  if (answer.protocolVersion !== PROTOCOL_VERSION)
    throw new DroverFailure(
      'unavailable',
      `The agent speaks version ${answer.protocolVersion} of the Agent Client Protocol, Drover ${PROTOCOL_VERSION}`,
      { hint: 'use a version of the agent that speaks the same' },
    );
  return answer;
};

export const canLoad = ({ agentCapabilities }: InitializeResponse): boolean =>
  agentCapabilities?.loadSession === true || Boolean(agentCapabilities?.sessionCapabilities?.resume);

export const openSession = async (
  agent: ClientContext,
  capabilities: InitializeResponse,
  context: ExecutorContext,
): Promise<AcpSession> => {
  const place = { cwd: context.workspace, mcpServers: serversFor(context, capabilities) };
  const known = canLoad(capabilities) ? (context.resume?.session ?? '') : '';
  const open = async (): Promise<Opened & { readonly sessionId: string }> => {
    if (known === '') return agent.request(methods.agent.session.new, place);
    const { session } = methods.agent;
    const method = capabilities.agentCapabilities?.sessionCapabilities?.resume
      ? session.resume
      : session.load;
    return { ...(await agent.request(method, { ...place, sessionId: known })), sessionId: known };
  };
  const opened = await open().catch(async (error: unknown) => {
    if (!(error instanceof RequestError) || error.code !== AUTH_REQUIRED) throw error;
    await logIn(agent, capabilities);
    return open();
  });
  await setMode(agent, opened.sessionId, context.spec.executorSettings?.mode, opened);
  await setModel(agent, opened.sessionId, context, opened);
  return { id: opened.sessionId, resumed: known !== '' };
};
