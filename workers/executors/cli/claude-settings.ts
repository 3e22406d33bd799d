/** What every run of Claude Code by Drover has in its environment and its MCP file, be it an agent's or a lead's. */
import { writeFile } from 'node:fs/promises';
import type { McpServer } from './mcp-server.ts';

/** Retries are those of one request, by the program itself; after that Drover waits for longer, without a process. */
export const CLAUDE_VARIABLES = {
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  CLAUDE_CODE_MAX_RETRIES: '4',
  DISABLE_AUTOUPDATER: '1',
} as const;

/** Without a server it names none. */
export const writeMcpFile = async (path: string, server: McpServer | undefined): Promise<void> => {
  const drover = server && {
    type: 'http',
    url: server.url,
    headers: { Authorization: `Bearer \${${server.tokenVariable}}` },
    // Its tools are there from the start, not behind a search for tools.
    alwaysLoad: true,
    ...(server.timeoutSeconds === undefined ? {} : { timeout: server.timeoutSeconds * 1_000 }),
  };
  await writeFile(path, JSON.stringify({ mcpServers: { ...(drover && { drover }) } }), { mode: 0o600 });
};
