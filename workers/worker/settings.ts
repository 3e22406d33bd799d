/** What the worker reads from its environment: all problems at once, secrets known by name. */
import { loadEnvironment, type Environment, type LoadedEnvironment } from '../../config/environment.ts';
import { CRASH_POINTS } from '../../store/crash-point.ts';
import { readService, type ReadSettings, type ServiceEnvironment } from '../service-environment.ts';

export interface WorkerSettings extends ServiceEnvironment {
  readonly github: { readonly token?: string; readonly apiUrl?: string };
  /** Where the gateway is, when it is not one of this home's services. */
  readonly gatewayUrl?: string;
  /** Where the API beside this worker is reached from other machines. */
  readonly hostApiUrl?: string;
  /** Of `/health` and `/ready`. */
  readonly probePort?: number;
  /** With worker versioning. */
  readonly buildId?: string;
  /** For agents in pods. */
  readonly pods: {
    readonly namespace: string;
    readonly image?: string;
    /** The host's own server. */
    readonly host?: {
      readonly url: string;
      readonly listen: { readonly host: string; readonly port: number };
    };
  };
}

/** What is not in the URL is the port that its scheme has. */
const listenFor = (url: string): { readonly host: string; readonly port: number } => {
  const { port, protocol } = new URL(url);
  return { host: '0.0.0.0', port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) };
};

/** Read, then taken out of the environment. */
export const SECRET_VARIABLES = [
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_AUTH_TOKEN',
  'GITHUB_TOKEN',
  'GH_TOKEN',
  'TEMPORAL_API_KEY',
  'TEMPORAL_TLS_CLIENT_KEY_DATA',
  'DROVER_DATABASE_URL',
  'DROVER_ENCRYPTION_KEY',
] as const;

export const loadWorkerEnvironment = (env: Environment): LoadedEnvironment =>
  loadEnvironment(env, { crashPoints: CRASH_POINTS });

export const readWorkerSettings = (env: Environment): ReadSettings<WorkerSettings> =>
  readService(env, loadWorkerEnvironment(env), (service, config) => ({
    ...service,
    github: {
      ...(config.githubToken === undefined ? {} : { token: config.githubToken }),
      ...(config.githubApiUrl === undefined ? {} : { apiUrl: config.githubApiUrl }),
    },
    ...(config.gatewayUrl === undefined ? {} : { gatewayUrl: config.gatewayUrl }),
    ...(config.hostApiUrl === undefined ? {} : { hostApiUrl: config.hostApiUrl }),
    ...(config.workerPort === undefined ? {} : { probePort: config.workerPort }),
    ...(config.buildId === undefined ? {} : { buildId: config.buildId }),
    pods: {
      namespace: config.kubernetesNamespace ?? 'drover',
      ...(config.agentImage === undefined ? {} : { image: config.agentImage }),
      ...(config.hostUrl === undefined
        ? {}
        : { host: { url: config.hostUrl, listen: config.hostListen ?? listenFor(config.hostUrl) } }),
    },
  }));

/** For the log. */
export const settingsWithoutSecrets = (settings: WorkerSettings): Record<string, unknown> => ({
  home: settings.home.root,
  temporal: { address: settings.temporal.address, namespace: settings.temporal.namespace },
  githubToken: settings.github.token === undefined ? 'not set' : 'set',
  githubApiUrl: settings.github.apiUrl ?? 'default',
  store: settings.store.url === undefined ? settings.store.file : 'DROVER_DATABASE_URL',
  gatewayUrl: settings.gatewayUrl ?? "this home's own",
  hostApiUrl: settings.hostApiUrl ?? 'not set',
  buildId: settings.buildId ?? 'not versioned',
  pods: settings.pods,
  crash: settings.crash?.at,
});
