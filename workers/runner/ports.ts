/**
 * Free loopback ports for an agent. The TCP port itself must stay free for the agent, so the reservation is the
 * UDP port of the same number, held by the runner: no two agents of the machine get the same, whatever home or
 * swarm they belong to, and it is released by the runner's death.
 */
import type { Socket } from 'node:dgram';
import { DroverFailure } from '../../domain/failures.ts';

/** Below the range from which systems take ports for outgoing connections. */
const FIRST = 20_000;
const LAST = 32_000;
const LOOPBACK = '127.0.0.1';

const reserve = async (port: number): Promise<Socket | undefined> => {
  const { createSocket } = await import('node:dgram');
  const socket = createSocket({ type: 'udp4', reuseAddr: false });
  const bound = await new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(false));
    socket.bind({ port, address: LOOPBACK, exclusive: true }, () => resolve(true));
  });
  if (bound) return socket.unref();
  socket.close();
  return undefined;
};

const isFree = async (port: number, host: string): Promise<boolean> => {
  const { createServer } = await import('node:net');
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
};

/** The reservation lasts as long as the calling process. */
export const reservePorts = async (count: number): Promise<readonly number[]> => {
  const ports: number[] = [];
  const range = LAST - FIRST;
  const start = count === 0 ? 0 : Math.floor(Math.random() * range);
  for (let step = 0; step < range && ports.length < count; step++) {
    const port = FIRST + ((start + step) % range);
    const reservation = await reserve(port);
    if (reservation === undefined) continue;
    if ((await isFree(port, LOOPBACK)) && (await isFree(port, '0.0.0.0'))) ports.push(port);
    else reservation.close();
  }
  if (ports.length < count)
    throw new DroverFailure('resourcesExhausted', `No ${count} free ports between ${FIRST} and ${LAST}`, {
      hint: 'lower portsPerAgent, or end what listens on these ports',
    });
  return ports;
};
