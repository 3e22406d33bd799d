/** What the gateway reads from its environment: all problems at once, keys from the environment or from files. */
import { loadEnvironment, type Environment, type EnvironmentConfig } from '../../config/environment.ts';
import { configError, type ConfigProblem } from '../../config/problem.ts';
import { CRASH_POINTS } from '../../store/crash-point.ts';
import {
  readService,
  type ReadSettings,
  type ServiceEnvironment,
} from '../../workers/service-environment.ts';
import { LOOPBACK } from '../../workers/temporal/server.ts';
import type { KeySource, Upstream, Upstreams } from './upstreams.ts';

export interface GatewaySettings extends ServiceEnvironment {
  readonly upstreams: Upstreams;
  readonly host: string;
  readonly port: number;
  readonly names: readonly string[];
  readonly logsRequests: boolean;
}

/** Keys of the providers; each may also be the content of a file that the variable with `_FILE` at its end names. */
const KEY_VARIABLES = [
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_AUTH_TOKEN',
  'OPENAI_API_KEY',
  'GEMINI_API_KEY',
] as const;
type KeyVariable = (typeof KEY_VARIABLES)[number];

/** Read, then taken out of the environment. */
export const SECRET_VARIABLES = [
  ...KEY_VARIABLES,
  'DROVER_DATABASE_URL',
  'DROVER_ENCRYPTION_KEY',
  'TEMPORAL_API_KEY',
  'TEMPORAL_TLS_CLIENT_KEY_DATA',
] as const;

const PROVIDERS = {
  anthropic: { variable: 'ANTHROPIC_BASE_URL', url: 'https://api.anthropic.com' },
  openai: { variable: 'OPENAI_BASE_URL', url: 'https://api.openai.com' },
  gemini: { variable: 'GEMINI_BASE_URL', url: 'https://generativelanguage.googleapis.com' },
} as const;

const keySource = (env: Environment, name: KeyVariable): KeySource | undefined => {
  const file = env[`${name}_FILE`]?.trim();
  if (file !== undefined && file !== '') return { file };
  const value = env[name]?.trim();
  return value === undefined || value === '' ? undefined : { value };
};

const without = (env: Environment, problems: ConfigProblem[], name: keyof typeof PROVIDERS): string => {
  const { variable, url } = PROVIDERS[name];
  const given = env[variable]?.trim();
  if (given === undefined || given === '') return url;
  if (!/^https?:$/.test(URL.canParse(given) ? new URL(given).protocol : '')) {
    problems.push(configError('environment', `${variable} must be an http or https URL, such as ${url}`));
    return url;
  }
  // Some write the version into it; paths that come to the gateway have it.
  return given.replace(/\/+$/, '').replace(/\/v1(beta)?$/, '');
};

export const readGatewaySettings = (env: Environment): ReadSettings<GatewaySettings> => {
  const found: ConfigProblem[] = [];
  const upstream = (name: keyof typeof PROVIDERS, key: KeyVariable, bearer?: KeyVariable): Upstream => {
    const source = keySource(env, key);
    const token = bearer === undefined ? undefined : keySource(env, bearer);
    return {
      baseUrl: without(env, found, name),
      ...(source === undefined ? {} : { key: source }),
      ...(token === undefined ? {} : { bearer: token }),
    };
  };
  const upstreams = {
    anthropic: upstream('anthropic', 'ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN'),
    openai: upstream('openai', 'OPENAI_API_KEY'),
    gemini: upstream('gemini', 'GEMINI_API_KEY'),
  };
  const more = (service: ServiceEnvironment, config: EnvironmentConfig): GatewaySettings => ({
    ...service,
    upstreams,
    host: config.gatewayHost ?? LOOPBACK,
    // The supervisor has chosen one; a gateway that runs by itself takes the user's.
    port: Number(env['DROVER_SERVICE_PORT'] ?? config.gatewayPort ?? 7421),
    names: config.gatewayUrl === undefined ? [] : [new URL(config.gatewayUrl).hostname],
    logsRequests: config.gatewayLog === true,
  });
  return readService(env, loadEnvironment(env, { crashPoints: CRASH_POINTS }), more, found);
};

/** For the log. */
export const settingsWithoutSecrets = ({
  upstreams,
  ...settings
}: GatewaySettings): Record<string, unknown> => ({
  home: settings.home.root,
  temporal: settings.temporal.address,
  providers: Object.fromEntries(
    Object.entries(upstreams).map(([name, { baseUrl, key, bearer }]) => [
      name,
      `${baseUrl}, ${(key ?? bearer) === undefined ? 'no key' : 'key set'}`,
    ]),
  ),
  logsRequests: settings.logsRequests,
});
