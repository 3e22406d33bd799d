/**
 * Keys on their way to the service that needs them. Not in an environment: whoever runs as the same user, as agents
 * do, can read those of all processes in `/proc`. They go through a pipe, from one process's memory to the next.
 */
import type { ChildProcess } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { Environment } from '../../config/environment.ts';
import { ENCRYPTION_VARIABLE } from '../temporal/encryption.ts';

/** Keys of model providers, and the tokens that stand for one. */
export const MODEL_KEYS: readonly string[] = [
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_AUTH_TOKEN',
  'CLAUDE_CODE_OAUTH_TOKEN',
  'OPENAI_API_KEY',
  'CODEX_API_KEY',
  'GEMINI_API_KEY',
  'GOOGLE_API_KEY',
];

/** For pull requests. */
export const GITHUB_TOKENS: readonly string[] = ['GITHUB_TOKEN', 'GH_TOKEN'];

/** Of webhooks: secrets, and addresses that are secrets. A `*` at the end stands for any ending. */
export const WEBHOOK_SECRETS: readonly string[] = ['DROVER_WEBHOOK_*'];

/** Of histories: for whoever speaks to Temporal. */
export const ENCRYPTION_KEYS: readonly string[] = [ENCRYPTION_VARIABLE];

/** Of the record and of Temporal: the services need them, what they start does not. */
export const BACKEND_SECRETS: readonly string[] = [
  'DROVER_DATABASE_URL',
  'TEMPORAL_API_KEY',
  'TEMPORAL_TLS_CLIENT_KEY_DATA',
];

const SECRETS: readonly string[] = [
  ...MODEL_KEYS,
  ...GITHUB_TOKENS,
  ...WEBHOOK_SECRETS,
  ...ENCRYPTION_KEYS,
  ...BACKEND_SECRETS,
];

/** The variables of `env` that `names` mean. */
export const secretsIn = (env: Environment, names: readonly string[] = SECRETS): readonly string[] =>
  Object.keys(env).filter((variable) =>
    names.some((name) => (name.endsWith('*') ? variable.startsWith(name.slice(0, -1)) : variable === name)),
  );

/** Says that secrets come over standard input. */
const SWITCH = 'DROVER_SERVICE_SECRETS';

const withoutVariables = (env: Environment, names: readonly string[]): Environment =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));

/** `env` without secrets, and what tells the child where to find them. */
export const withoutSecrets = (env: Environment): Environment => ({
  ...withoutVariables(env, secretsIn(env)),
  [SWITCH]: 'stdin',
});

/** @param child its standard input is a pipe */
export const handSecrets = (child: ChildProcess, env: Environment, names?: readonly string[]): void => {
  const secrets = Object.fromEntries(
    secretsIn(env, names).flatMap((name) => (env[name] ? [[name, env[name]]] : [])),
  );
  // One that ended at once reads nothing.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(JSON.stringify(secrets));
};

/** What was handed to this process; nothing when it was started by hand, with its secrets in the environment. */
export const receiveSecrets = async (env: Environment): Promise<Environment> => {
  if (env[SWITCH] !== 'stdin') return {};
  try {
    return JSON.parse(await text(process.stdin)) as Record<string, string>;
  } catch {
    return {};
  }
};
