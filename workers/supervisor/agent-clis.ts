/**
 * What `drover doctor` says of the agent CLIs: where each is, in which version, and how it could log in. Programs are
 * only asked for their version, without any key in their environment; of logins only the presence is looked at.
 */
import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Environment } from '../../config/environment.ts';
import { findCli } from '../executors/cli/find.ts';
import { cachedProgram, CLI_PACKAGES, type AgentCli } from '../executors/cli/packages.ts';

/** A JavaScript program of 100 MB takes seconds on a busy machine. */
const VERSION_TIMEOUT_MS = 30_000;

interface Login {
  /** Key of the provider, for the gateway. */
  readonly keys: readonly string[];
  /** In the home directory, written by the program's own login. */
  readonly file: string;
  readonly command: string;
}

const LOGINS: Readonly<Record<AgentCli, Login>> = {
  claude: { keys: ['ANTHROPIC_API_KEY'], file: '.claude/.credentials.json', command: 'claude' },
  codex: { keys: ['OPENAI_API_KEY'], file: '.codex/auth.json', command: 'codex login' },
  gemini: { keys: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'], file: '.gemini/oauth_creds.json', command: 'gemini' },
};

export interface CliFinding {
  readonly status: 'ok' | 'warn';
  readonly detail: string;
  readonly fix: string;
}

const versionOf = async (path: string, env: Environment): Promise<string | undefined> => {
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], {
      timeout: VERSION_TIMEOUT_MS,
      env: { PATH: env['PATH'], HOME: env['HOME'] },
    });
    return /\d+\.\d+\.\d+/.exec(stdout)?.[0];
  } catch {
    return undefined;
  }
};

const loginOf = async (cli: AgentCli, env: Environment): Promise<string | undefined> => {
  const { keys, file } = LOGINS[cli];
  const key = keys.find((name) => (env[name] ?? '') !== '');
  const own = await access(join(env['HOME'] ?? '/', file)).then(
    () => true,
    () => false,
  );
  const ways = [
    ...(key === undefined ? [] : [`by the gateway with ${key}`]),
    ...(own ? ['by its own login'] : []),
  ];
  if (ways.length === 0) return undefined;
  const metered = own && key === undefined ? ' (metered only: no budget holds for a login of its own)' : '';
  return `${ways.join(' or ')}${metered}`;
};

/** Only Claude has one; it works with the program of the CLI. */
const sdkOf = async (cli: AgentCli, env: Environment): Promise<string> => {
  if (cli !== 'claude') return '';
  const there = await access(cachedProgram(env, 'claude-sdk')).then(
    () => true,
    () => false,
  );
  return there ? `; Agent SDK ${CLI_PACKAGES['claude-sdk'].version}` : '';
};

export const checkCli = async (cli: AgentCli, env: Environment): Promise<CliFinding> => {
  const { version: tested, variable } = CLI_PACKAGES[cli];
  let place;
  try {
    place = findCli(cli, undefined, env);
  } catch (error) {
    const explicit = (env[variable] ?? '') !== '';
    return explicit
      ? {
          status: 'warn',
          detail: error instanceof Error ? error.message : String(error),
          fix: `let ${variable} name the program, or unset it`,
        }
      : { status: 'ok', detail: `not installed; only needed for the executor ${cli}`, fix: '' };
  }
  const version = await versionOf(place.path, env);
  const where = `${place.path} (${place.origin})`;
  if (version === undefined)
    return { status: 'warn', detail: `${where} does not run`, fix: 'install it again: see docs/agents.md' };
  const login = await loginOf(cli, env);
  const described = `${version}${version === tested ? '' : `, tested with ${tested}`}, ${where}${await sdkOf(cli, env)}`;
  return login === undefined
    ? {
        status: 'warn',
        detail: `${described}; cannot log in`,
        fix: `set ${LOGINS[cli].keys[0] ?? ''}, or log in with ${LOGINS[cli].command}; nothing, if you do not use it`,
      }
    : { status: 'ok', detail: `${described}; logs in ${login}`, fix: '' };
};
