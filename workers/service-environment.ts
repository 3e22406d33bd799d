/** What every service reads from its environment: the home, the Temporal server, the store; all problems at once. */
import { join } from 'node:path';
import type { Environment, EnvironmentConfig, LoadedEnvironment } from '../config/environment.ts';
import { configError, isError, problemLine, type ConfigProblem } from '../config/problem.ts';
import { CRASH_POINTS, type CrashPoint } from '../store/crash-point.ts';
import type { StorePlace } from '../store/database.ts';
import { homeAt, type Home } from '../store/home.ts';
import { withEncryption } from './temporal/encryption.ts';
import { embeddedTarget, externalTarget, type TemporalTarget } from './temporal/connect.ts';

export interface ServiceEnvironment {
  readonly home: Home;
  readonly temporal: TemporalTarget;
  readonly store: StorePlace;
  /** Not one that Drover runs itself: whoever starts first has to prepare its namespace. */
  readonly isExternal: boolean;
  readonly crash?: { readonly at: CrashPoint; readonly onceFile: string };
}

export interface ReadSettings<Settings> {
  readonly settings?: Settings;
  /** One line each; with settings, only warnings. */
  readonly problems: readonly string[];
}

/**
 * @param more what the service has besides
 * @param own problems that the service has found itself
 */
export const readService = <Settings>(
  env: Environment,
  { config, problems }: LoadedEnvironment,
  more: (service: ServiceEnvironment, config: EnvironmentConfig) => Settings,
  own: readonly ConfigProblem[] = [],
): ReadSettings<Settings> => {
  const found = [...problems];
  const embedded = env['DROVER_EMBEDDED_TEMPORAL'];
  let temporal: TemporalTarget | undefined;
  try {
    temporal = embedded ? embeddedTarget(embedded) : externalTarget(env);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    found.push(configError('environment', `TEMPORAL_* cannot be used: ${message}`));
  }
  if (temporal !== undefined)
    try {
      temporal = withEncryption(temporal, env);
    } catch (error) {
      found.push(configError('environment', error instanceof Error ? error.message : String(error)));
    }
  found.push(...own);
  const lines = found.map(problemLine);
  if (found.some(isError) || temporal === undefined) return { problems: lines };
  const home = homeAt(config.home);
  const { databaseUrl, crash } = config;
  const at = CRASH_POINTS.find((point) => point === crash?.at);
  const service = {
    home,
    temporal,
    isExternal: !embedded,
    store: { file: home.databaseFile, ...(databaseUrl === undefined ? {} : { url: databaseUrl }) },
    ...(at === undefined ? {} : { crash: { at, onceFile: crash?.onceFile ?? join(home.root, 'crashed') } }),
  };
  return { problems: lines, settings: more(service, config) };
};
