/** What every run of Gemini CLI by Drover has in its environment and its settings, be it an agent's or a lead's. */
import type { McpServer } from './mcp-server.ts';

/** Of one request, by the program itself; after that Drover waits for longer, without a process. */
const TRIES = 4;

export const GEMINI_VARIABLES = {
  GEMINI_CLI_TRUST_WORKSPACE: 'true',
  GEMINI_CLI_NO_RELAUNCH: 'true',
} as const;

/** What makes it quiet and lets it use the key; its own words for these are many. Without a server it names none. */
export const geminiSettings = (
  turns: number,
  server: McpServer | undefined,
  denied: readonly string[] = [],
): string =>
  JSON.stringify({
    ...(denied.length === 0 ? {} : { tools: { exclude: denied } }),
    security: { auth: { selectedType: 'gemini-api-key' }, folderTrust: { enabled: false } },
    general: { enableAutoUpdate: false, enableAutoUpdateNotification: false, maxAttempts: TRIES },
    privacy: { usageStatisticsEnabled: false },
    telemetry: { enabled: false },
    model: { maxSessionTurns: turns },
    mcpServers:
      server === undefined
        ? {}
        : {
            drover: {
              httpUrl: server.url,
              headers: { Authorization: `Bearer $${server.tokenVariable}` },
              ...(server.timeoutSeconds === undefined ? {} : { timeout: server.timeoutSeconds * 1_000 }),
              trust: true,
            },
          },
  });
