/**
 * The ways out of an agent's sandbox, on the runner's side: one socket that leads to the gateway, one that is a proxy
 * to the hosts that the settings allow. Whatever else is asked for is refused and told.
 */
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import {
  createServer as createHttpServer,
  request as httpRequest,
  type Server as HttpServer,
} from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';

interface Target {
  readonly host: string;
  readonly port: number;
}

export interface WaysOut {
  /** Names of the sockets in the directory, by the port of the loopback that they stand for inside. */
  readonly doors: readonly (readonly [port: number, socket: string])[];
  readonly proxyPort: number;
  close(): void;
}

export interface WaysOutOptions {
  readonly directory: string;
  /** Of the gateway; absent without one. */
  readonly gatewayUrl: string | undefined;
  /** Such as `registry.npmjs.org`, `*.debian.org` or `git.example.org:22`. */
  readonly hosts: readonly string[];
  readonly onRefused: (target: string) => void;
}

/** Inside, nothing else listens below. */
const PROXY_PORT = 19_999;
const WEB_PORTS = [80, 443];
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

export const isAllowed = ({ host, port }: Target, hosts: readonly string[]): boolean =>
  hosts.some((allowed) => {
    const [name = '', wanted] = allowed.toLowerCase().split(':');
    const named = host.toLowerCase();
    const fits = name.startsWith('*.') ? named.endsWith(name.slice(1)) : named === name;
    return fits && (wanted === undefined ? WEB_PORTS.includes(port) : port === Number(wanted));
  });

const join2 = (one: Duplex, other: Duplex): void => {
  one.on('error', () => other.destroy());
  other.on('error', () => one.destroy());
  one.pipe(other).pipe(one);
};

const forward = (target: Target): Server =>
  createServer({ allowHalfOpen: true }, (socket) =>
    join2(socket, connect({ ...target, allowHalfOpen: true })),
  );

const REFUSED = 'The sandbox of this agent does not let it go there (sandbox.hosts in drover.yml)\n';

const proxy = (isOpen: (target: Target) => boolean, onRefused: (target: string) => void): HttpServer => {
  const server = createHttpServer((request, response) => {
    const url = URL.canParse(request.url ?? '') ? new URL(request.url ?? '') : undefined;
    const target = { host: url?.hostname ?? '', port: Number(url?.port || 80) };
    if (url?.protocol !== 'http:' || !isOpen(target)) {
      onRefused(url === undefined ? String(request.headers.host) : `${target.host}:${target.port}`);
      response.writeHead(403, { 'content-type': 'text/plain' }).end(REFUSED);
      return;
    }
    const onward = httpRequest(url, { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  server.on('connect', (request: { readonly url?: string }, socket: Duplex, head: Buffer) => {
    const at = (request.url ?? '').lastIndexOf(':');
    const target = {
      host: (request.url ?? '').slice(0, Math.max(0, at)),
      port: Number((request.url ?? '').slice(at + 1)),
    };
    socket.on('error', () => socket.destroy());
    if (!isOpen(target)) {
      onRefused(`${target.host}:${target.port}`);
      socket.end(`HTTP/1.1 403 Forbidden\r\ncontent-length: ${REFUSED.length}\r\n\r\n${REFUSED}`);
      return;
    }
    const onward: Socket = connect(target, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.write(head);
      join2(socket, onward);
    });
    onward.on('error', () => socket.destroy());
  });
  return server;
};

export const openWaysOut = async (options: WaysOutOptions): Promise<WaysOut> => {
  const { directory, hosts, onRefused } = options;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const url = options.gatewayUrl === undefined ? undefined : new URL(options.gatewayUrl);
  const gateway =
    url === undefined
      ? undefined
      : { host: url.hostname, port: Number(url.port || (url.protocol === 'https:' ? 443 : 80)) };
  const isOpen = (target: Target): boolean =>
    (target.host === gateway?.host && target.port === gateway.port) || isAllowed(target, hosts);
  const servers: (readonly [port: number, name: string, server: Server])[] = [
    [PROXY_PORT, 'proxy', proxy(isOpen, onRefused)],
  ];
  if (gateway !== undefined && LOOPBACK.has(gateway.host))
    servers.push([gateway.port, 'gateway', forward(gateway)]);
  // The name of a socket is at most 107 bytes long; a run directory is often longer than that by itself.
  const descriptor = openSync(directory, 'r');
  for (const [, name, server] of servers) {
    server.unref();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(`/proc/self/fd/${descriptor}/${name}`, resolve);
    });
  }
  return {
    doors: servers.map(([port, name]) => [port, join(directory, name)]),
    proxyPort: PROXY_PORT,
    close: () => {
      for (const [, , server] of servers) server.close();
      closeSync(descriptor);
      rmSync(directory, { recursive: true, force: true });
    },
  };
};
