/** Claude Code by its Agent SDK: the same program, settings and messages as by the CLI, started another way. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../../../config/environment.ts';
import { DroverFailure } from '../../../domain/failures.ts';
import type { Launch } from './dialect.ts';
import { cachedProgram } from './packages.ts';
import { AGENT_RULES } from './prompt.ts';

/** How an agent is to be started, whichever way. */
export interface ClaudeChoice {
  readonly permissionMode: 'bypassPermissions' | 'acceptEdits';
  readonly disallowedTools: readonly string[];
  readonly maxTurns: number;
  readonly model?: string;
  /** File with the MCP servers; no others are used then. */
  readonly mcp?: string;
  readonly resume?: string;
  /** Further flags of the CLI, each `--name` or `--name=value`. */
  readonly more: readonly string[];
}

/** As source or as built; the runner is built as one file in a directory of its own. */
const PROGRAM = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? './sdk-program.ts' : '../workers/executors/cli/sdk-program.js',
    import.meta.url,
  ),
);

/** What an agent in a sandbox must be able to read for it. */
export const sdkFiles = (env: Environment): readonly string[] => [PROGRAM, cachedProgram(env, 'claude-sdk')];

/** Flags of the CLI as the SDK takes them: by name, with null for those without a value. */
const flags = (more: readonly string[]): Readonly<Record<string, string | null>> =>
  Object.fromEntries(
    more.map((flag) => {
      const [, name = '', value] = /^--([^=]+)(?:=([\s\S]*))?$/.exec(flag) ?? [];
      if (name === '')
        throw new DroverFailure('invalidInput', `"${flag}" is no argument for the Agent SDK`, {
          hint: 'write each of executors.<name>.args as "--name" or "--name=value"',
        });
      return [name, value ?? null];
    }),
  );

/** @throws {DroverFailure} when the SDK is not installed */
export const bySdk = (
  cli: string,
  { more, mcp, ...choice }: ClaudeChoice,
  env: Environment,
): Pick<Launch, 'program' | 'args'> => {
  const sdk = cachedProgram(env, 'claude-sdk');
  if (!existsSync(sdk))
    throw new DroverFailure('unavailable', "Claude's Agent SDK is not installed", {
      hint: 'npm run agent-clis -- claude-sdk, or leave executors.<name>.sdk away',
    });
  const options = {
    ...choice,
    allowDangerouslySkipPermissions: choice.permissionMode === 'bypassPermissions',
    pathToClaudeCodeExecutable: cli,
    systemPrompt: { type: 'preset', preset: 'claude_code', append: AGENT_RULES },
    // As the CLI does.
    settingSources: ['user', 'project', 'local'],
    extraArgs: {
      ...(mcp === undefined ? {} : { 'mcp-config': mcp, 'strict-mcp-config': null }),
      ...flags(more),
    },
  };
  return { program: process.execPath, args: [PROGRAM, sdk, JSON.stringify(options)] };
};
