/**
 * The WebSocket channels `/ws/<channel>`: what happens from now on, in all swarms. Clients that no longer answer a
 * ping, or read too slowly, are dropped; nothing is kept for them. What they missed is in the store.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { CHANNELS, type Channel, type ChannelMessage } from './channels.ts';

export interface SocketsOptions {
  readonly server: Server;
  /** Why the client may not; undefined when it may. */
  readonly refusal: (
    request: IncomingMessage,
  ) => { readonly status: number; readonly message: string } | undefined;
  /** @default 30 s */
  readonly pingMs?: number;
}

export interface Sockets {
  send(messages: readonly ChannelMessage[]): void;
  count(channel: Channel): number;
  close(): void;
}

const PING_MS = 30_000;
/** Unsent bytes of one client. */
const BACKLOG_BYTES = 1_000_000;
/** Nothing that a client says is read. */
const MESSAGE_BYTES = 1_024;

const channelOf = (request: IncomingMessage): Channel | undefined => {
  const name = /^\/ws\/([a-z]+)(\?.*)?$/.exec(request.url ?? '')?.[1];
  return CHANNELS.find((channel) => channel === name);
};

const refuse = (socket: Duplex, status: number, message: string): void => {
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(message)}\r\n\r\n${message}`,
  );
};

export const startSockets = ({ server, refusal, pingMs = PING_MS }: SocketsOptions): Sockets => {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_BYTES });
  const clients = new Map<Channel, Set<WebSocket>>(CHANNELS.map((channel) => [channel, new Set()]));
  const answered = new WeakSet<WebSocket>();

  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const refused = refusal(request);
    const channel = channelOf(request);
    if (refused !== undefined) refuse(socket, refused.status, refused.message);
    else if (channel === undefined) refuse(socket, 404, `Channels: ${CHANNELS.join(', ')}`);
    else
      sockets.handleUpgrade(request, socket, head, (client) => {
        const listeners = clients.get(channel);
        listeners?.add(client);
        answered.add(client);
        client.on('pong', () => answered.add(client));
        client.on('error', () => client.terminate());
        client.on('close', () => listeners?.delete(client));
      });
  });

  const ping = setInterval(() => {
    for (const listeners of clients.values())
      for (const client of listeners) {
        if (!answered.has(client)) {
          client.terminate();
          continue;
        }
        answered.delete(client);
        client.ping();
      }
  }, pingMs);

  return {
    send: (messages) => {
      for (const { channel, event, data } of messages) {
        const listeners = clients.get(channel);
        if (listeners === undefined || listeners.size === 0) continue;
        const text = JSON.stringify({ event, data });
        for (const client of listeners) {
          if (client.readyState !== WebSocket.OPEN) continue;
          if (client.bufferedAmount > BACKLOG_BYTES) client.terminate();
          else client.send(text);
        }
      }
    },
    count: (channel) => clients.get(channel)?.size ?? 0,
    close: () => {
      clearInterval(ping);
      for (const listeners of clients.values()) for (const client of listeners) client.terminate();
      sockets.close();
    },
  };
};
