/** The agent CLIs that Drover knows, the versions it is tested with, and where its own copies of them lie. */
import { join } from 'node:path';
import type { Environment } from '../../../config/environment.ts';
import { cacheDirectory } from '../../temporal/places.ts';

export const AGENT_CLIS = ['claude', 'codex', 'gemini'] as const;
export type AgentCli = (typeof AGENT_CLIS)[number];

interface CliPackage {
  /** On npm. */
  readonly name: string;
  readonly version: string;
  /** Flags of `npm install` besides the usual. */
  readonly flags: readonly string[];
  /** On disk, for people who wonder what takes so long. */
  readonly megabytes: number;
  /** Names the program, before everything else. */
  readonly variable: string;
}

export const CLI_PACKAGES: Readonly<Record<AgentCli, CliPackage>> = {
  // Its installation script puts the program for this machine in its place.
  claude: {
    name: '@anthropic-ai/claude-code',
    version: '2.1.329',
    flags: [],
    megabytes: 361,
    variable: 'CLAUDE_CLI_PATH',
  },
  codex: {
    name: '@openai/codex',
    version: '0.169.0',
    flags: ['--ignore-scripts'],
    megabytes: 404,
    variable: 'CODEX_CLI_PATH',
  },
  // The optional packages are a terminal and the system's keyring, neither of which an agent has.
  gemini: {
    name: '@google/gemini-cli',
    version: '0.61.0',
    flags: ['--ignore-scripts', '--omit=optional'],
    megabytes: 96,
    variable: 'GEMINI_CLI_PATH',
  },
};

export const isAgentCli = (name: string): name is AgentCli => AGENT_CLIS.some((cli) => cli === name);

/** One directory for each version, complete as soon as it is there. */
export const cliDirectory = (env: Environment, cli: AgentCli): string =>
  join(cacheDirectory(env), 'agent-clis', `${cli}-${CLI_PACKAGES[cli].version}`);

export const cachedProgram = (env: Environment, cli: AgentCli): string =>
  join(cliDirectory(env, cli), 'node_modules', '.bin', cli);
