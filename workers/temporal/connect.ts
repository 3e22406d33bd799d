/** How to reach Temporal: the embedded server by its address, any other by the user's own Temporal settings. */
import { Connection, type ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { Environment } from './places.ts';

export interface TemporalTarget {
  /** Fits `Connection` of the client as well as `NativeConnection` of the worker. */
  readonly connection: Pick<ConnectionOptions, 'tls' | 'apiKey'> & {
    readonly address: string;
    readonly metadata?: Record<string, string>;
  };
  readonly namespace: string;
}

export const DEFAULT_NAMESPACE = 'default';

/** The server that Drover itself runs: plain text on loopback, whatever the user's settings for other clusters. */
export const embeddedTarget = (address: string): TemporalTarget => ({
  connection: { address },
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
    connection: {
      address,
      ...(tls === undefined || tls === null ? {} : { tls }),
      ...(typeof apiKey === 'string' ? { apiKey } : {}),
      ...(metadata === undefined ? {} : { metadata: metadata as Record<string, string> }),
    },
    namespace: namespace ?? DEFAULT_NAMESPACE,
  };
};

export const lazyConnection = (target: TemporalTarget): Connection => Connection.lazy(target.connection);
