/** Gemini CLI: how it is started. With a gateway it has a home of its own in the run directory. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { agentEndpoints } from '../../../domain/agents/access.ts';
import type { ExecutorContext } from '../executor.ts';
import type { Dialect, Launch } from './dialect.ts';
import { findCli } from './find.ts';
import { geminiReader } from './gemini-stream.ts';
import { promptsFor, TOOL_SECONDS } from './prompt.ts';
import { cliHome } from './run.ts';

const MODES = { all: 'yolo', edits: 'auto_edit' } as const;
/** Of one request, by the program itself; after that the agent waits for longer, without a process. */
const TRIES = 4;

/** A session id goes into arguments. */
const isSession = (id: string): boolean => /^[0-9a-f-]{36}$/.test(id);

/** What makes it quiet and lets it use the key; its own words for these are many. */
export const geminiSettings = (turns: number, mcp: string): string =>
  JSON.stringify({
    security: { auth: { selectedType: 'gemini-api-key' }, folderTrust: { enabled: false } },
    general: { enableAutoUpdate: false, enableAutoUpdateNotification: false, maxAttempts: TRIES },
    privacy: { usageStatisticsEnabled: false },
    telemetry: { enabled: false },
    model: { maxSessionTurns: turns },
    mcpServers: {
      drover: {
        httpUrl: mcp,
        headers: { Authorization: 'Bearer $GEMINI_API_KEY' },
        timeout: TOOL_SECONDS * 1_000,
        trust: true,
      },
    },
  });

const launch = async (context: ExecutorContext): Promise<Launch> => {
  const { spec, modelAccess, ownEnv } = context;
  const settings = spec.executorSettings ?? {};
  const resume =
    context.resume !== undefined && isSession(context.resume.session) ? context.resume : undefined;
  const own = settings.login === 'own' || modelAccess.gateway === undefined;
  const home = cliHome(context, 'gemini');
  const endpoints = modelAccess.gateway === undefined ? undefined : agentEndpoints(modelAccess.gateway);
  if (!own && endpoints !== undefined) {
    await mkdir(join(home, '.gemini'), { recursive: true });
    await writeFile(
      join(home, '.gemini', 'settings.json'),
      geminiSettings(spec.limits.turns, endpoints.mcp.url),
      {
        mode: 0o600,
      },
    );
  }
  return {
    program: findCli('gemini', settings.path, ownEnv).path,
    args: [
      '--output-format=stream-json',
      `--approval-mode=${MODES[settings.permissions ?? 'all']}`,
      ...(spec.model === '' ? [] : [`--model=${spec.model}`]),
      ...(resume === undefined ? [] : [`--resume=${resume.session}`]),
      ...(settings.args ?? []),
    ],
    env: {
      GEMINI_CLI_TRUST_WORKSPACE: 'true',
      GEMINI_CLI_NO_RELAUNCH: 'true',
      ...(own || endpoints === undefined
        ? {}
        : {
            GEMINI_CLI_HOME: home,
            GEMINI_API_KEY: modelAccess.gateway?.token ?? '',
            GOOGLE_GEMINI_BASE_URL: endpoints.gemini,
          }),
      ...settings.env,
    },
    stdin: promptsFor(spec, resume?.reason).whole,
    reader: geminiReader(spec.price),
  };
};

export const gemini: Dialect = { launch };
