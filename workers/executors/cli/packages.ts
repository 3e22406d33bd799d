/** The agent CLIs that Drover knows, Claude's Agent SDK, the versions it is tested with, and where its own copies of them lie. */
import { join } from 'node:path';
import type { Environment } from '../../../config/environment.ts';
import { cacheDirectory } from '../../temporal/places.ts';

export const AGENT_CLIS = ['claude', 'codex', 'gemini'] as const;
export type AgentCli = (typeof AGENT_CLIS)[number];
/** The CLIs, and Claude's Agent SDK, which works with the program of the CLI. */
export const AGENT_PACKAGES = [...AGENT_CLIS, 'claude-sdk'] as const;
export type AgentPackage = (typeof AGENT_PACKAGES)[number];

interface NpmPackage {
  /** On npm. */
  readonly name: string;
  readonly version: string;
  /** Flags of `npm install` besides the usual. */
  readonly flags: readonly string[];
  /** On disk, for people who wonder what takes so long. */
  readonly megabytes: number;
  /** What is run of it, in `node_modules`. */
  readonly entry: string;
}

interface CliPackage extends NpmPackage {
  /** Names the program, before everything else. */
  readonly variable: string;
}

export const CLI_PACKAGES: Readonly<Record<AgentCli, CliPackage>> & {
  readonly 'claude-sdk': NpmPackage;
} = {
  // Its installation script puts the program for this machine in its place.
  claude: {
    name: '@anthropic-ai/claude-code',
    version: '2.1.329',
    flags: [],
    megabytes: 361,
    entry: '.bin/claude',
    variable: 'CLAUDE_CLI_PATH',
  },
  codex: {
    name: '@openai/codex',
    version: '0.169.0',
    flags: ['--ignore-scripts'],
    megabytes: 404,
    entry: '.bin/codex',
    variable: 'CODEX_CLI_PATH',
  },
  // The optional packages are a terminal and the system's keyring, neither of which an agent has.
  gemini: {
    name: '@google/gemini-cli',
    version: '0.61.0',
    flags: ['--ignore-scripts', '--omit=optional'],
    megabytes: 96,
    entry: '.bin/gemini',
    variable: 'GEMINI_CLI_PATH',
  },
  // The optional packages are the program of the CLI once more.
  'claude-sdk': {
    name: '@anthropic-ai/claude-agent-sdk',
    version: '0.3.329',
    flags: ['--ignore-scripts', '--omit=optional'],
    megabytes: 66,
    entry: '@anthropic-ai/claude-agent-sdk/sdk.mjs',
  },
};

export const isAgentPackage = (name: string): name is AgentPackage =>
  AGENT_PACKAGES.some((one) => one === name);
export const isAgentCli = (name: string): name is AgentCli => AGENT_CLIS.some((cli) => cli === name);

/** One directory for each version, complete as soon as it is there. */
export const cliDirectory = (env: Environment, cli: AgentPackage): string =>
  join(cacheDirectory(env), 'agent-clis', `${cli}-${CLI_PACKAGES[cli].version}`);

export const cachedProgram = (env: Environment, cli: AgentPackage): string =>
  join(cliDirectory(env, cli), 'node_modules', CLI_PACKAGES[cli].entry);
