/** How to reach Temporal: the embedded server by its address, any other by the user's own Temporal settings. */
import { Connection, type ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { Encryption } from './encryption.ts';
import type { Environment } from '../../config/environment.ts';

/** Which server, and how to get in. The same words fit the connections of the client and of the worker. */
export interface TemporalTarget {
  /** `host:port` */
  readonly address: string;
  readonly namespace: string;
  readonly tls?: ConnectionOptions['tls'];
  readonly apiKey?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Absent for whoever reads no histories. */
  readonly encryption?: Encryption;
}

const DEFAULT_NAMESPACE = 'default';

/** The server that Drover itself runs: plain text on loopback, whatever the user's settings for other clusters. */
export const embeddedTarget = (address: string): TemporalTarget => ({
  address,
  namespace: DEFAULT_NAMESPACE,
});

/** The cluster that `TEMPORAL_ADDRESS`, `TEMPORAL_PROFILE`, `TEMPORAL_API_KEY`, `TEMPORAL_TLS_*`… describe. */
export const externalTarget = (env: Environment): TemporalTarget => {
  const set = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const { connectionOptions, namespace } = loadClientConnectConfig({
    overrideEnvVars: Object.fromEntries(set),
  });
  const { address = 'localhost:7233', tls, apiKey, metadata } = connectionOptions;
  return {
    address,
    namespace: namespace ?? DEFAULT_NAMESPACE,
    ...(tls === undefined || tls === null ? {} : { tls }),
    ...(typeof apiKey === 'string' ? { apiKey } : {}),
    ...(metadata === undefined ? {} : { metadata: metadata as Record<string, string> }),
  };
};

export interface ConnectOptions {
  readonly address: string;
  readonly tls?: ConnectionOptions['tls'];
  readonly apiKey?: string;
  readonly metadata?: Record<string, string>;
}

/** `target` as the options of `Connection` and `NativeConnection`. */
export const connectOptions = (target: TemporalTarget): ConnectOptions => {
  const { address, tls, apiKey, metadata } = target;
  return {
    address,
    ...(tls === undefined ? {} : { tls }),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(metadata === undefined ? {} : { metadata: { ...metadata } }),
  };
};

export const lazyConnection = (target: TemporalTarget): Connection => Connection.lazy(connectOptions(target));
