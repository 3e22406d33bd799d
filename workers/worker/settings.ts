/** What the worker reads from its environment: all problems at once, secrets known by name. Pure. */
import { CRASH_POINTS, type CrashPoint } from '../../store/crash-point.ts';
import { homeAt, type Home } from '../../store/home.ts';
import { join } from 'node:path';
import { embeddedTarget, externalTarget, type TemporalTarget } from '../temporal/connect.ts';
import type { Environment } from '../temporal/places.ts';

export interface WorkerSettings {
  readonly home: Home;
  readonly temporal: TemporalTarget;
  readonly model: { readonly anthropicApiKey?: string; readonly anthropicBaseUrl?: string };
  readonly crash?: { readonly at: CrashPoint; readonly onceFile: string };
}

/** Read, then taken out of the environment. */
export const SECRET_VARIABLES = [
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_AUTH_TOKEN',
  'TEMPORAL_API_KEY',
  'TEMPORAL_TLS_CLIENT_KEY_DATA',
  'DROVER_DATABASE_URL',
] as const;

const isCrashPoint = (value: string): value is CrashPoint => CRASH_POINTS.some((point) => point === value);

const isUrl = (value: string): boolean => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);

export const readWorkerSettings = (
  env: Environment,
): { readonly settings?: WorkerSettings; readonly problems: readonly string[] } => {
  const problems: string[] = [];
  const home = homeAt(env['DROVER_HOME']);
  const embedded = env['DROVER_EMBEDDED_TEMPORAL'];
  const crashAt = env['DROVER_CRASH_AT'] ?? '';
  if (crashAt !== '' && env['DROVER_TEST'] !== '1')
    problems.push('DROVER_CRASH_AT kills processes on purpose and works only with DROVER_TEST=1; unset it');
  else if (crashAt !== '' && !isCrashPoint(crashAt))
    problems.push(`DROVER_CRASH_AT: "${crashAt}" is none of ${CRASH_POINTS.join(', ')}`);
  const baseUrl = env['ANTHROPIC_BASE_URL'] ?? '';
  if (baseUrl !== '' && !isUrl(baseUrl)) problems.push('ANTHROPIC_BASE_URL is not an http or https URL');
  let temporal: TemporalTarget | undefined;
  try {
    temporal = embedded ? embeddedTarget(embedded) : externalTarget(env);
  } catch (error) {
    problems.push(`the settings for Temporal: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (problems.length > 0 || temporal === undefined) return { problems };
  return {
    problems,
    settings: {
      home,
      temporal,
      model: {
        ...(env['ANTHROPIC_API_KEY'] ? { anthropicApiKey: env['ANTHROPIC_API_KEY'] } : {}),
        ...(baseUrl === '' ? {} : { anthropicBaseUrl: baseUrl }),
      },
      ...(isCrashPoint(crashAt) ? { crash: { at: crashAt, onceFile: join(home.root, 'crashed') } } : {}),
    },
  };
};

/** For the log. */
export const settingsWithoutSecrets = (settings: WorkerSettings): Record<string, unknown> => ({
  home: settings.home.root,
  temporal: { address: settings.temporal.address, namespace: settings.temporal.namespace },
  anthropicApiKey: settings.model.anthropicApiKey === undefined ? 'not set' : 'set',
  anthropicBaseUrl: settings.model.anthropicBaseUrl ?? 'default',
  crash: settings.crash?.at,
});
