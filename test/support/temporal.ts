/**
 * The Temporal server of this Jest run, for tests: a client, and a name for the task queue that no other test
 * uses. Close what you open: a connection that stays open keeps Jest alive.
 */
import { randomBytes } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';

const testAddress = (): string => {
  const address = process.env['TEMPORAL_TEST_ADDRESS'];
  if (!address) throw new Error('This Jest project has no Temporal server: see jest.config.js');
  return address;
};

/** A name that no other test and no earlier run on the same server uses. */
export const uniqueName = (prefix: string): string => `${prefix}-${randomBytes(5).toString('hex')}`;

export interface TestTemporal {
  readonly client: Client;
  readonly connection: Connection;
  /** For `Worker.create`. */
  readonly nativeConnection: NativeConnection;
  readonly namespace: string;
  readonly close: () => Promise<void>;
}

/** Call in `beforeAll`; call `close` in `afterAll`, after the workers have ended. */
export const connectToTestServer = async (): Promise<TestTemporal> => {
  const address = testAddress();
  const [connection, nativeConnection] = await Promise.all([
    Connection.connect({ address }),
    NativeConnection.connect({ address }),
  ]);
  return {
    client: new Client({ connection }),
    connection,
    nativeConnection,
    namespace: 'default',
    close: async () => {
      await connection.close();
      await nativeConnection.close();
    },
  };
};
