/** What the API reads from its environment: all problems at once, secrets known by name. */
import { loadEnvironment, type Environment } from '../../config/environment.ts';
import { configError, isError, problemLine } from '../../config/problem.ts';
import type { StorePlace } from '../../store/database.ts';
import { homeAt, type Home } from '../../store/home.ts';
import { embeddedTarget, externalTarget } from '../../workers/temporal/connect.ts';
import { LOOPBACK } from '../../workers/temporal/server.ts';
import type { TemporalTarget } from '../client.ts';

interface ApiSettings {
  readonly home: Home;
  readonly temporal: TemporalTarget;
  readonly store: StorePlace;
  readonly host: string;
  readonly port: number;
  /** Host names besides loopback's that are answered. */
  readonly allowedHosts: readonly string[];
  /** Instead of the one in the home: for several replicas. */
  readonly token?: string;
  readonly retentionDays: number;
  readonly defaults: { readonly defaultModel?: string; readonly parallelism?: number };
}

const RETENTION_DAYS = 90;

/** Read, then taken out of the environment. */
export const SECRET_VARIABLES = [
  'DROVER_API_TOKEN',
  'DROVER_DATABASE_URL',
  'TEMPORAL_API_KEY',
  'TEMPORAL_TLS_CLIENT_KEY_DATA',
] as const;

export interface ReadSettings {
  readonly settings?: ApiSettings;
  /** One line each; with settings, only warnings. */
  readonly problems: readonly string[];
}

export const readApiSettings = (env: Environment): ReadSettings => {
  const { config, problems } = loadEnvironment(env);
  const found = [...problems];
  const embedded = env['DROVER_EMBEDDED_TEMPORAL'];
  let temporal: TemporalTarget | undefined;
  try {
    temporal = embedded ? embeddedTarget(embedded) : externalTarget(env);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    found.push(configError('environment', `TEMPORAL_* cannot be used: ${message}`));
  }
  // The supervisor has chosen one; a server that runs by itself takes the user's.
  const port = Number(env['DROVER_SERVICE_PORT'] ?? config.apiPort ?? 7420);
  const lines = found.map(problemLine);
  if (found.some(isError) || temporal === undefined) return { problems: lines };
  const home = homeAt(config.home);
  return {
    problems: lines,
    settings: {
      home,
      temporal,
      store: {
        file: home.databaseFile,
        ...(config.databaseUrl === undefined ? {} : { url: config.databaseUrl }),
      },
      host: config.apiHost ?? LOOPBACK,
      port,
      allowedHosts: config.apiAllowedHosts ?? [],
      ...(config.apiToken === undefined ? {} : { token: config.apiToken }),
      retentionDays: config.retentionDays ?? RETENTION_DAYS,
      defaults: {
        ...(config.defaultModel === undefined ? {} : { defaultModel: config.defaultModel }),
        ...(config.parallelism === undefined ? {} : { parallelism: config.parallelism }),
      },
    },
  };
};
