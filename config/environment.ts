/**
 * Drover's environment variables. Read once, by an entry file, with every problem at once; nothing else looks into
 * the environment. Secrets stay in the returned value and are never in a problem's text.
 */
import { LAUNCHERS, type Launcher } from '../domain/agents/pod.ts';
import { clip, didYouMean, plainLine } from '../domain/text.ts';
import { WEBHOOK_VARIABLE } from '../domain/delivery/webhooks.ts';
import { configError, configWarning, type ConfigProblem } from './problem.ts';

export interface EnvironmentConfig {
  /** `DROVER_HOME` */
  readonly home?: string;
  /** `TEMPORAL_ADDRESS`; without it Drover runs a server of its own. */
  readonly temporalAddress?: string;
  /** `TEMPORAL_NAMESPACE` */
  readonly temporalNamespace: string;
  /** `TEMPORAL_CLI_PATH` */
  readonly temporalCliPath?: string;
  /** `DROVER_TEMPORAL_PORT`, `DROVER_UI_PORT`: of Drover's own server. Free ones are chosen when absent. */
  readonly temporalPort?: number;
  readonly uiPort?: number;
  /** `DROVER_API_HOST`: address on which the API listens. @default loopback only */
  readonly apiHost?: string;
  /** `DROVER_API_PORT` */
  readonly apiPort?: number;
  /** `DROVER_API_ALLOWED_HOSTS`: host names besides loopback's that the API answers to. */
  readonly apiAllowedHosts?: readonly string[];
  /** `DROVER_API_TOKEN`: instead of the one that is made in the home. */
  readonly apiToken?: string;
  /** `DROVER_RETENTION_DAYS`: how long the store keeps ended swarms. @default 90 */
  readonly retentionDays?: number;
  /** `DROVER_GATEWAY_HOST`: address on which the gateway listens. @default loopback only */
  readonly gatewayHost?: string;
  /** `DROVER_GATEWAY_PORT` */
  readonly gatewayPort?: number;
  /** `DROVER_GATEWAY_URL`: how agents reach the gateway, when it is not on their own machine. */
  readonly gatewayUrl?: string;
  /** `DROVER_GATEWAY_LOG=1`: one line for each call. */
  readonly gatewayLog?: boolean;
  /** `DROVER_CODEC_ORIGINS`: where pages of Temporal's Web UI come from that may have payloads decoded. */
  readonly codecOrigins?: readonly string[];
  /** `DROVER_WEBHOOKS_ALLOW`: names, addresses and networks besides the public internet that webhooks may reach. */
  readonly webhooksAllow?: readonly string[];
  /** Variables that begin with `DROVER_WEBHOOK_`: addresses and secrets that `webhooks` in `drover.yml` names. */
  readonly webhookVariables?: Environment;
  /** `DROVER_HOST_API_URL`: where the API beside this host's worker is reached from other machines. */
  readonly hostApiUrl?: string;
  /** `DROVER_WORKER_PORT`: where a worker answers `/health` and `/ready`; nowhere when absent. */
  readonly workerPort?: number;
  /** `DROVER_BUILD_ID`: turns Temporal's worker versioning on, under this build id. */
  readonly buildId?: string;
  /** `DROVER_HOST_URL`: how pods reach this host's own server; without it there is none. */
  readonly hostUrl?: string;
  /** `DROVER_HOST_LISTEN`: where that server listens. @default all addresses, the port of its URL */
  readonly hostListen?: { readonly host: string; readonly port: number };
  /** `DROVER_KUBERNETES_NAMESPACE`: for agents whose settings name none. @default 'drover' */
  readonly kubernetesNamespace?: string;
  /** `DROVER_AGENT_IMAGE`: for agents whose settings name none. */
  readonly agentImage?: string;
  /** `DROVER_LAUNCHER`: where agents run, for swarms whose settings do not say. */
  readonly launcher?: Launcher;
  /** `DROVER_DATABASE_URL`: a PostgreSQL instead of the SQLite file in the home. Holds a password. */
  readonly databaseUrl?: string;
  readonly anthropicApiKey?: string;
  readonly anthropicBaseUrl?: string;
  /** `GITHUB_TOKEN`, or `GH_TOKEN` */
  readonly githubToken?: string;
  /** `GITHUB_API_URL` */
  readonly githubApiUrl?: string;
  /** `CLAUDE_MODEL` */
  readonly defaultModel?: string;
  /** `DROVER_PARALLEL`, or `MAX_AGENTS` */
  readonly parallelism?: number;
  /** `DROVER_CRASH_AT` and `DROVER_CRASH_ONCE_FILE`, for tests. */
  readonly crash?: { readonly at: string; readonly onceFile?: string };
}

export interface LoadedEnvironment {
  readonly config: EnvironmentConfig;
  readonly problems: readonly ConfigProblem[];
}

export type Environment = Readonly<Record<string, string | undefined>>;

const KNOWN = [
  'DROVER_HOME',
  'DROVER_PARALLEL',
  'DROVER_API_ALLOWED_HOSTS',
  'DROVER_API_HOST',
  'DROVER_API_PORT',
  'DROVER_API_TOKEN',
  'DROVER_API_TOKEN_FILE',
  'DROVER_BUILD_ID',
  'DROVER_DATABASE_URL',
  'DROVER_DATABASE_URL_FILE',
  'DROVER_RETENTION_DAYS',
  'DROVER_GATEWAY_HOST',
  'DROVER_GATEWAY_LOG',
  'DROVER_GATEWAY_PORT',
  'DROVER_GATEWAY_URL',
  'DROVER_AGENT_IMAGE',
  'DROVER_HOST_LISTEN',
  'DROVER_HOST_URL',
  'DROVER_KUBERNETES_NAMESPACE',
  'DROVER_LAUNCHER',
  'DROVER_TEMPORAL_PORT',
  'DROVER_UI_PORT',
  'DROVER_WEBHOOKS_ALLOW',
  'DROVER_CODEC_ORIGINS',
  'DROVER_ENCRYPTION_KEY',
  'DROVER_ENV_FILE',
  'DROVER_ENCRYPTION_KEY_FILE',
  'DROVER_CRASH_AT',
  'DROVER_CRASH_ONCE_FILE',
  'DROVER_TEST',
  'DROVER_DEBUG',
] as const;
/** Variables that Drover sets for its own processes and for agents. */
const OWN =
  /^DROVER_(SERVICE|EMBEDDED_TEMPORAL|AGENT|TASK|SWARM|PORT_|RUN|HOST|WORKER|ATTEMPT|BRANCH|BASE|GOAL|FILES|TITLE|MARKER)/;

const SOURCE = 'environment';

/** Reads one variable after the other and collects what is wrong with them. */
class Reader {
  readonly problems: ConfigProblem[] = [];
  readonly #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  /** An empty variable is an absent one. */
  text(name: string): string | undefined {
    const value = this.#env[name]?.trim();
    return value === undefined || value === '' ? undefined : value;
  }

  problem(name: string, message: string): undefined {
    this.problems.push(configError(SOURCE, `${name} ${message}`));
  }

  /** A text without control characters and, unless allowed, without spaces. */
  word(name: string, options: { spaces?: boolean; max?: number } = {}): string | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const max = options.max ?? 4_096;
    if (value.length > max)
      return this.problem(name, `has more than ${max} characters; set it to a valid value`);
    if (/\p{Cc}/u.test(value) || (options.spaces !== true && /\s/.test(value)))
      return this.problem(name, 'holds spaces, line breaks or control characters; set it without them');
    return value;
  }

  integer(name: string, least: number, most: number): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    return number >= least && number <= most
      ? number
      : this.problem(
          name,
          `is "${clip(plainLine(value), 40)}", but must be a whole number from ${least} to ${most}`,
        );
  }

  url(name: string): string | undefined {
    const value = this.word(name);
    if (value === undefined) return undefined;
    const url = URL.canParse(value) ? new URL(value) : undefined;
    if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
      return this.problem(name, 'must be an http or https URL, such as https://api.anthropic.com');
    if (url.username !== '' || url.password !== '')
      return this.problem(name, 'must not hold a user name or password; set the key in ANTHROPIC_API_KEY');
    return value;
  }

  hosts(name: string): readonly string[] | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const names = value.toLowerCase().split(/[\s,]+/);
    return names.every((host) => /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(host))
      ? names
      : this.problem(name, 'must be host names with commas between them, without ports: drover.example.com');
  }

  networks(name: string): readonly string[] | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const entries = value.toLowerCase().split(/[\s,]+/);
    return entries.every((entry) => /^[a-z0-9:]([a-z0-9.:-]{0,250}[a-z0-9:])?(\/\d{1,3})?$/.test(entry))
      ? entries
      : this.problem(
          name,
          'must be host names, addresses or networks with commas between them: hooks.internal, 10.1.0.0/16',
        );
  }

  origins(name: string): readonly string[] | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const origins = value.split(/[\s,]+/);
    return origins.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin)
      ? origins
      : this.problem(name, 'must be origins with commas between them, such as https://temporal.example.com');
  }

  webhookVariables(): Environment | undefined {
    const found = Object.entries(this.#env).filter(([name]) => WEBHOOK_VARIABLE.test(name));
    return found.length === 0 ? undefined : Object.fromEntries(found);
  }

  token(name: string): string | undefined {
    const value = this.word(name, { max: 500 });
    if (value === undefined || (value.length >= 32 && /^[\x21-\x7e]+$/.test(value))) return value;
    return this.problem(name, 'must have 32 characters or more; openssl rand -hex 32 makes one');
  }

  databaseUrl(name: string): string | undefined {
    const value = this.word(name);
    if (value === undefined) return undefined;
    const url = URL.canParse(value) ? new URL(value) : undefined;
    return url?.protocol === 'postgres:' || url?.protocol === 'postgresql:'
      ? value
      : this.problem(name, 'must be the URL of a PostgreSQL, such as postgres://user:password@host/drover');
  }

  address(name: string): string | undefined {
    const value = this.word(name);
    if (value === undefined) return undefined;
    const port = Number(/:(\d{1,5})$/.exec(value)?.[1] ?? Number.NaN);
    return port >= 1 && port <= 65_535 && !value.includes('://')
      ? value
      : this.problem(name, `is "${clip(value, 60)}", but must be host:port, such as localhost:7233`);
  }

  buildId(name: string): string | undefined {
    const value = this.word(name, { max: 100 });
    if (value === undefined || /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(value)) return value;
    return this.problem(name, 'may have letters, digits, dots, dashes and underscores only');
  }

  /** `host:port`; without a host, all addresses. */
  listen(name: string): EnvironmentConfig['hostListen'] {
    const value = this.word(name);
    if (value === undefined) return undefined;
    const [, host = '', port = ''] = /^(.*?):?(\d{1,5})$/.exec(value) ?? [];
    return Number(port) >= 1 && Number(port) <= 65_535 && (host === '' || !/[\s/]/.test(host))
      ? { host: host === '' ? '0.0.0.0' : host, port: Number(port) }
      : this.problem(
          name,
          `is "${clip(value, 60)}", but must be an address and a port, such as 10.0.0.5:7422`,
        );
  }

  launcher(): Launcher | undefined {
    const value = this.text('DROVER_LAUNCHER');
    const found = LAUNCHERS.find((launcher) => launcher === value);
    if (value === undefined || found !== undefined) return found;
    return this.problem(
      'DROVER_LAUNCHER',
      `is "${clip(plainLine(value), 40)}", but must be one of ${LAUNCHERS.join(', ')}`,
    );
  }

  parallelism(): number | undefined {
    const own = this.integer('DROVER_PARALLEL', 1, 500);
    const seed = this.integer('MAX_AGENTS', 1, 500);
    if (own !== undefined && seed !== undefined && own !== seed)
      this.problems.push(
        configWarning(SOURCE, `DROVER_PARALLEL is ${own} and MAX_AGENTS is ${seed}; DROVER_PARALLEL counts`),
      );
    return own ?? seed;
  }

  crash(points: readonly string[]): EnvironmentConfig['crash'] {
    const at = this.text('DROVER_CRASH_AT');
    if (at === undefined) return undefined;
    if (this.text('DROVER_TEST') !== '1')
      return this.problem('DROVER_CRASH_AT', 'makes Drover kill itself and is for tests only; unset it');
    if (!points.includes(at))
      return this.problem(
        'DROVER_CRASH_AT',
        `is "${clip(plainLine(at), 40)}", which is no crash point${didYouMean(at, points) || `; they are ${points.join(', ')}`}`,
      );
    const onceFile = this.word('DROVER_CRASH_ONCE_FILE', { spaces: true });
    return onceFile === undefined ? { at } : { at, onceFile };
  }

  /** A slip in a name would otherwise be a setting that does nothing. */
  warnOfUnknown(): void {
    for (const name of Object.keys(this.#env))
      if (
        name.startsWith('DROVER_') &&
        !OWN.test(name) &&
        !WEBHOOK_VARIABLE.test(name) &&
        !(KNOWN as readonly string[]).includes(name)
      )
        this.problems.push(
          configWarning(
            SOURCE,
            `${clip(plainLine(name), 60)} is not a variable of Drover${didYouMean(name, KNOWN)}`,
          ),
        );
  }
}

/** `config` without the fields that are undefined. */
const present = (config: {
  readonly [name in keyof EnvironmentConfig]: EnvironmentConfig[name] | undefined;
}) =>
  Object.fromEntries(
    Object.entries(config).filter(([, value]) => value !== undefined),
  ) as unknown as EnvironmentConfig;

/** @param options.crashPoints the names that `DROVER_CRASH_AT` may have; without them it is not looked at */
export const loadEnvironment = (
  env: Environment,
  options: { readonly crashPoints?: readonly string[] } = {},
): LoadedEnvironment => {
  const reader = new Reader(env);
  const config = present({
    home: reader.word('DROVER_HOME', { spaces: true }),
    temporalAddress: reader.address('TEMPORAL_ADDRESS'),
    temporalNamespace: reader.word('TEMPORAL_NAMESPACE', { max: 200 }) ?? 'default',
    temporalCliPath: reader.word('TEMPORAL_CLI_PATH', { spaces: true }),
    temporalPort: reader.integer('DROVER_TEMPORAL_PORT', 1, 65_535),
    uiPort: reader.integer('DROVER_UI_PORT', 1, 65_535),
    apiHost: reader.word('DROVER_API_HOST', { max: 200 }),
    apiPort: reader.integer('DROVER_API_PORT', 1, 65_535),
    apiAllowedHosts: reader.hosts('DROVER_API_ALLOWED_HOSTS'),
    apiToken: reader.token('DROVER_API_TOKEN'),
    retentionDays: reader.integer('DROVER_RETENTION_DAYS', 1, 36_500),
    databaseUrl: reader.databaseUrl('DROVER_DATABASE_URL'),
    codecOrigins: reader.origins('DROVER_CODEC_ORIGINS'),
    webhooksAllow: reader.networks('DROVER_WEBHOOKS_ALLOW'),
    webhookVariables: reader.webhookVariables(),
    gatewayHost: reader.word('DROVER_GATEWAY_HOST', { max: 200 }),
    gatewayPort: reader.integer('DROVER_GATEWAY_PORT', 1, 65_535),
    gatewayUrl: reader.url('DROVER_GATEWAY_URL')?.replace(/\/+$/, ''),
    gatewayLog: reader.text('DROVER_GATEWAY_LOG') === '1' ? true : undefined,
    hostUrl: reader.url('DROVER_HOST_URL')?.replace(/\/+$/, ''),
    hostListen: reader.listen('DROVER_HOST_LISTEN'),
    kubernetesNamespace: reader.word('DROVER_KUBERNETES_NAMESPACE', { max: 63 }),
    agentImage: reader.word('DROVER_AGENT_IMAGE', { max: 500 }),
    launcher: reader.launcher(),
    anthropicApiKey: reader.word('ANTHROPIC_API_KEY'),
    anthropicBaseUrl: reader.url('ANTHROPIC_BASE_URL'),
    githubToken: reader.word('GITHUB_TOKEN') ?? reader.word('GH_TOKEN'),
    githubApiUrl: reader.url('GITHUB_API_URL'),
    hostApiUrl: reader.url('DROVER_HOST_API_URL')?.replace(/\/+$/, ''),
    workerPort: reader.integer('DROVER_WORKER_PORT', 1, 65_535),
    buildId: reader.buildId('DROVER_BUILD_ID'),
    defaultModel: reader.word('CLAUDE_MODEL', { max: 100 }),
    parallelism: reader.parallelism(),
    crash: options.crashPoints === undefined ? undefined : reader.crash(options.crashPoints),
  });
  reader.warnOfUnknown();
  return { config, problems: reader.problems };
};
