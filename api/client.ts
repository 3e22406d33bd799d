/** The connection to Temporal that the CLI and other clients of Drover's workflows share. */
import { userInfo } from 'node:os';
import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import { DroverFailure } from '../domain/failures.ts';
import type { Encryption } from '../workers/temporal/encryption.ts';
import type { Home } from '../store/home.ts';

/** Which server, and how to get in. */
export interface TemporalTarget {
  /** `host:port` */
  readonly address: string;
  readonly namespace: string;
  readonly tls?: ConnectionOptions['tls'];
  readonly apiKey?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly encryption?: Encryption;
}

export interface DroverClient {
  readonly target: TemporalTarget;
  readonly home: Home;
  readonly temporal: Client;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5_000;

/** @throws DroverFailure `unavailable` when no server answers within five seconds */
export const connect = async (
  target: TemporalTarget,
  home: Home,
  who: 'cli' | 'api' = 'cli',
): Promise<DroverClient> => {
  const connection = Connection.lazy({
    address: target.address,
    ...(target.tls === undefined ? {} : { tls: target.tls }),
    ...(target.apiKey === undefined ? {} : { apiKey: target.apiKey }),
    ...(target.metadata === undefined ? {} : { metadata: { ...target.metadata } }),
  });
  try {
    await connection.withDeadline(Date.now() + CONNECT_TIMEOUT_MS, () => connection.ensureConnected());
  } catch (error) {
    await connection.close();
    throw new DroverFailure('unavailable', `No Temporal server answers at ${target.address}`, {
      hint: 'drover up starts the services, drover doctor says what is wrong',
      cause: error,
    });
  }
  return {
    target,
    home,
    temporal: new Client({
      connection,
      namespace: target.namespace,
      ...(target.encryption === undefined
        ? {}
        : { dataConverter: { payloadCodecs: [target.encryption.codec] } }),
      identity: `drover-${who}-${process.pid}@${userInfo().username}`,
    }),
    close: () => connection.close(),
  };
};
