/** What the worker reads from its environment: all problems at once, secrets known by name. */
import { join } from 'node:path';
import { loadEnvironment, type Environment, type LoadedEnvironment } from '../../config/environment.ts';
import { configError, isError, problemLine } from '../../config/problem.ts';
import { CRASH_POINTS, type CrashPoint } from '../../store/crash-point.ts';
import type { StorePlace } from '../../store/database.ts';
import { homeAt, type Home } from '../../store/home.ts';
import { embeddedTarget, externalTarget, type TemporalTarget } from '../temporal/connect.ts';

export interface WorkerSettings {
  readonly home: Home;
  readonly temporal: TemporalTarget;
  readonly github: { readonly token?: string; readonly apiUrl?: string };
  readonly store: StorePlace;
  /** Where the gateway is, when it is not one of this home's services. */
  readonly gatewayUrl?: string;
  readonly crash?: { readonly at: CrashPoint; readonly onceFile: string };
}

/** Read, then taken out of the environment. */
export const SECRET_VARIABLES = [
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_AUTH_TOKEN',
  'GITHUB_TOKEN',
  'GH_TOKEN',
  'TEMPORAL_API_KEY',
  'TEMPORAL_TLS_CLIENT_KEY_DATA',
  'DROVER_DATABASE_URL',
] as const;

export const loadWorkerEnvironment = (env: Environment): LoadedEnvironment =>
  loadEnvironment(env, { crashPoints: CRASH_POINTS });

export interface ReadSettings {
  readonly settings?: WorkerSettings;
  /** One line each; with settings, only warnings. */
  readonly problems: readonly string[];
}

export const readWorkerSettings = (env: Environment): ReadSettings => {
  const { config, problems } = loadWorkerEnvironment(env);
  const found = [...problems];
  const embedded = env['DROVER_EMBEDDED_TEMPORAL'];
  let temporal: TemporalTarget | undefined;
  try {
    temporal = embedded ? embeddedTarget(embedded) : externalTarget(env);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    found.push(configError('environment', `TEMPORAL_* cannot be used: ${message}`));
  }
  const lines = found.map(problemLine);
  if (found.some(isError) || temporal === undefined) return { problems: lines };
  const { databaseUrl, gatewayUrl, crash } = config;
  const at = CRASH_POINTS.find((point) => point === crash?.at);
  const home = homeAt(config.home);
  return {
    problems: lines,
    settings: {
      home,
      temporal,
      github: {
        ...(config.githubToken === undefined ? {} : { token: config.githubToken }),
        ...(config.githubApiUrl === undefined ? {} : { apiUrl: config.githubApiUrl }),
      },
      store: { file: home.databaseFile, ...(databaseUrl === undefined ? {} : { url: databaseUrl }) },
      ...(gatewayUrl === undefined ? {} : { gatewayUrl }),
      ...(crash === undefined || at === undefined
        ? {}
        : { crash: { at, onceFile: crash.onceFile ?? join(home.root, 'crashed') } }),
    },
  };
};

/** For the log. */
export const settingsWithoutSecrets = (settings: WorkerSettings): Record<string, unknown> => ({
  home: settings.home.root,
  temporal: { address: settings.temporal.address, namespace: settings.temporal.namespace },
  githubToken: settings.github.token === undefined ? 'not set' : 'set',
  githubApiUrl: settings.github.apiUrl ?? 'default',
  store: settings.store.url === undefined ? settings.store.file : 'DROVER_DATABASE_URL',
  gatewayUrl: settings.gatewayUrl ?? "this home's own",
  crash: settings.crash?.at,
});
