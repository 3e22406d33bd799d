/**
 * The internet behind a proxy, on this machine: names under example.test that only the proxy knows, each with a
 * certificate of an authority of its own, and a proxy that writes down what it is asked for.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { promisify } from 'node:util';

const DOMAIN = 'example.test';

export interface ProxiedNet {
  /** For `HTTPS_PROXY`. */
  readonly proxy: string;
  /** For `NODE_EXTRA_CA_CERTS`. */
  readonly certificates: string;
  /** `host:port`, as the proxy was asked for them. */
  readonly asked: readonly string[];
  /** @returns its address behind the proxy */
  serve(name: string, backend: string): string;
  close(): void;
}

const portOf = (server: { address(): AddressInfo | string | null }): number =>
  (server.address() as AddressInfo).port;

export const startProxiedNet = async (directory: string): Promise<ProxiedNet> => {
  const key = join(directory, 'key.pem');
  const certificates = join(directory, 'certificate.pem');
  const made = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=*.${DOMAIN}`;
  const named = ['-addext', `subjectAltName=DNS:*.${DOMAIN}`, '-keyout', key, '-out', certificates];
  await promisify(execFile)('openssl', [...made.split(' '), ...named]);
  const backends = new Map<string, number>();
  const asked: string[] = [];
  const open = new Set<Socket>();
  const joined = (one: Socket, other: Socket): void => {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      open.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
  };
  const secure = createTlsServer(
    { key: await readFile(key), cert: await readFile(certificates) },
    (socket) => {
      const port = backends.get(socket.servername === false ? '' : (socket.servername ?? ''));
      if (port === undefined) socket.destroy();
      else joined(socket, connect(port, '127.0.0.1'));
    },
  );
  const proxy: Server = createServer((_request, response) => response.writeHead(405).end());
  proxy.on('connect', (request, socket: Socket) => {
    asked.push(request.url ?? '');
    const through = connect(portOf(secure), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      joined(socket, through);
    });
  });
  for (const server of [secure, proxy])
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    proxy: `http://127.0.0.1:${portOf(proxy)}`,
    certificates,
    asked,
    serve: (name, backend) => {
      const url = new URL(backend);
      backends.set(`${name}.${DOMAIN}`, Number(url.port));
      return `https://${name}.${DOMAIN}${url.pathname.replace(/\/$/, '')}`;
    },
    close: () => {
      for (const socket of open) socket.destroy();
      secure.close();
      proxy.close();
    },
  };
};
