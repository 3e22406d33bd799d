/** WebSocket clients that are gone or too slow are dropped, and the others go on. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startSockets, type Sockets } from '../../api/live/sockets.ts';
import { listen } from '../support/api-client.ts';
import { until } from '../support/drover.ts';

let server: Server;
let sockets: Sockets;
let at: { url: string; token: string };
beforeEach(async () => {
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  sockets = startSockets({ server, refusal: () => undefined, pingMs: 200 });
  at = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: 'x' };
});
afterEach(async () => {
  sockets.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('a client that answers no ping is dropped, one that does stays', async () => {
  const dead = await listen(at, 'gm', {}, { autoPong: false });
  const alive = await listen(at, 'gm', {});
  await until(async () => dead.socket.readyState === dead.socket.CLOSED, 30, 'the dead one is dropped');
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(sockets.count('gm')).toBe(1);
  sockets.send([{ channel: 'gm', event: 'phase_change', data: { phase: 'executing' } }]);
  await until(async () => alive.messages.length > 0, 30, 'the message');
  expect(alive.messages).toEqual([{ event: 'phase_change', data: { phase: 'executing' } }]);
  alive.socket.terminate();
});

test('a client that does not read is dropped instead of being stored for', async () => {
  const slow = await listen(at, 'logs', {});
  slow.socket.pause();
  const line = 'x'.repeat(100_000);
  await until(
    async () => {
      for (let n = 0; n < 20; n++) sockets.send([{ channel: 'logs', event: 'log', data: { message: line } }]);
      return sockets.count('logs') === 0;
    },
    60,
    'the slow one is dropped',
  );
  slow.socket.terminate();
  expect(sockets.count('logs')).toBe(0);
});

test('there are no other channels', async () => {
  await expect(listen(at, 'secrets', {})).rejects.toThrow('404');
});
