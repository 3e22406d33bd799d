/** The HTTP server of the API: its socket and its end. What it answers is put together in `app.ts`. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApiSettings } from './settings.ts';
import { createApp } from './app.ts';

export interface ApiServer {
  readonly url: string;
  close(): Promise<void>;
}

export const serve = async ({ host, port }: Pick<ApiSettings, 'host' | 'port'>): Promise<ApiServer> => {
  const server = createServer(createApp());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
