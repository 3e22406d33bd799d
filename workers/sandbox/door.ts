/**
 * Runs inside of a sandbox, around one program of the agent: it listens where the program looks for the gateway and
 * for a proxy, and hands each connection to a socket of the runner, which is the only way out. Stands alone: it is the
 * one file of Drover that is visible there.
 *
 *   node door.ts <port>=<socket> … -- <program> <argument> …
 */
import { spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { constants } from 'node:os';

const given = process.argv.slice(2);
const end = given.indexOf('--');
const [program = '', ...args] = given.slice(end + 1);

const listen = (port: number, socket: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true }, (inner) => {
      const outer = connect({ path: socket, allowHalfOpen: true });
      for (const [from, to] of [
        [inner, outer],
        [outer, inner],
      ] as const)
        from.on('error', () => to.destroy());
      inner.pipe(outer).pipe(inner);
    });
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });

// The agent's end is its program's to act on; this one lives as long as it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
await Promise.all(
  given.slice(0, end).map((door) => {
    const at = door.indexOf('=');
    return listen(Number(door.slice(0, at)), door.slice(at + 1));
  }),
);
const child = spawn(program, args, { stdio: 'inherit' });
child.once('error', (error: NodeJS.ErrnoException) => {
  process.stderr.write(`${program} could not be started: ${error.message}\n`);
  process.exit(error.code === 'ENOENT' ? 127 : 126);
});
child.once('exit', (code, signal) =>
  process.exit(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
);
