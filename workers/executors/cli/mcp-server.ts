/** An MCP server of Drover, as it stands in the settings of an agent CLI. */
export interface McpServer {
  readonly url: string;
  /** Variable that holds the token: no file does. */
  readonly tokenVariable: string;
  /** Of one call of a tool; the program's own limit when absent. */
  readonly timeoutSeconds?: number;
}
