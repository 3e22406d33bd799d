/**
 * Stands between Drover and a real API server and injects faults: an answer instead of the server's, one that is lost
 * after the server has done what it was asked, connections that break in the middle, watches whose place the server
 * has forgotten. What goes over it is counted.
 */
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';

export interface Asked {
  readonly method: string;
  /** With its query. */
  readonly path: string;
}

export type Fault =
  /** The server is not asked. */
  | { readonly kind: 'answer'; readonly status: number }
  /** The server does it; its answer does not arrive. */
  | { readonly kind: 'lose' }
  /** The connection breaks after so many bytes of the answer. */
  | { readonly kind: 'cut'; readonly bytes: number };

export interface FaultProxy {
  /** File to use as KUBECONFIG. */
  readonly config: string;
  /** All that was asked, with the status that was answered (0: a broken connection). */
  readonly log: readonly (Asked & { readonly status: number })[];
  /** Decides what becomes of each request from now on. */
  decide(rule: (asked: Asked) => Fault | undefined): void;
  /** Ends all open watches as the server does that has forgotten their place. @returns how many */
  forgetWatches(): number;
  /** Breaks all open connections. */
  cutAll(): void;
  close(): Promise<void>;
}

const status = (code: number): string =>
  JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message: 'injected', code });

const readBody = async (message: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

/** @param kubeconfig of the real server. @param file where the one of the proxy is written */
export const startFaultProxy = async (kubeconfig: string, file: string): Promise<FaultProxy> => {
  const real = new KubeConfig();
  real.loadFromFile(kubeconfig);
  const options: Record<string, unknown> = {};
  await real.applyToHTTPSOptions(options);
  const target = new URL(real.getCurrentCluster()?.server ?? '');
  const agent = new Agent({ ...options, keepAlive: true });
  const log: (Asked & { status: number })[] = [];
  const open = new Map<ServerResponse, Asked>();
  let rule: (asked: Asked) => Fault | undefined = () => undefined;

  const pass = async (
    asked: Asked,
    incoming: IncomingMessage,
    response: ServerResponse,
    fault: Fault | undefined,
  ): Promise<void> => {
    const body = await readBody(incoming);
    const headers = { ...incoming.headers, host: target.host };
    const { method, path } = asked;
    const upstream = request({ agent, hostname: target.hostname, port: target.port, method, path, headers });
    const broken = (): void => {
      response.destroy();
    };
    upstream.once('error', broken);
    response.once('close', () => upstream.destroy());
    upstream.once('response', (answer) => {
      if (fault?.kind === 'lose') {
        answer.resume();
        answer.once('end', () => {
          log.push({ ...asked, status: 500 });
          response.writeHead(500, { 'content-type': 'application/json' }).end(status(500));
        });
        return;
      }
      log.push({ ...asked, status: answer.statusCode ?? 0 });
      open.set(response, asked);
      response.once('close', () => open.delete(response));
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      let sent = 0;
      answer.on('data', (chunk: Buffer) => {
        const left = fault?.kind === 'cut' ? fault.bytes - sent : Infinity;
        sent += chunk.length;
        if (chunk.length <= left) return void response.write(chunk);
        response.write(chunk.subarray(0, left), () => response.destroy());
      });
      answer.once('end', () => response.end());
      answer.once('error', broken);
    });
    upstream.end(body);
  };

  const server = createServer((incoming, response) => {
    const asked = { method: incoming.method ?? 'GET', path: incoming.url ?? '/' };
    const fault = rule(asked);
    response.on('error', () => undefined);
    if (fault?.kind === 'answer') {
      log.push({ ...asked, status: fault.status });
      incoming.resume();
      response.writeHead(fault.status, { 'content-type': 'application/json' }).end(status(fault.status));
      return;
    }
    pass(asked, incoming, response, fault).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await writeFile(
    file,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'proxy',
      clusters: [
        { name: 'proxy', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } },
      ],
      contexts: [{ name: 'proxy', context: { cluster: 'proxy', user: 'proxy' } }],
      users: [{ name: 'proxy', user: {} }],
    }),
  );

  return {
    config: file,
    log,
    decide: (next) => {
      rule = next;
    },
    forgetWatches: () => {
      const watches = [...open].filter(([, { path }]) => path.includes('watch=true'));
      for (const [response] of watches) response.end(`{"type":"ERROR","object":${status(410)}}\n`);
      return watches.length;
    },
    cutAll: () => {
      for (const [response] of open) response.destroy();
    },
    close: () =>
      new Promise((resolve) => {
        agent.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
