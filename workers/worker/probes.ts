/** What a cluster asks a worker: does it live, does it take work? Nothing else is told; nobody has to sign in. */
import { createServer } from 'node:http';
import { LOOPBACK } from '../temporal/server.ts';

interface Probes {
  /** From now on `/ready` says so. */
  ready(): void;
  close(): Promise<void>;
}

export const serveProbes = async (port: number, host: string = LOOPBACK): Promise<Probes> => {
  let isReady = false;
  const server = createServer((request, response) => {
    const ok = request.url === '/health' || (request.url === '/ready' && isReady);
    const known = request.url === '/health' || request.url === '/ready';
    response
      .writeHead(ok ? 200 : known ? 503 : 404, { 'content-type': 'application/json' })
      .end(`${JSON.stringify({ status: ok ? 'ok' : known ? 'not ready' : 'not found' })}\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, resolve);
  });
  return {
    ready: () => {
      isReady = true;
    },
    close: () =>
      new Promise((resolve) => {
        isReady = false;
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
