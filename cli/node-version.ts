/**
 * Drover needs a newer Node than some machines have. A checkout of it brings one along as a package; this finds
 * it and runs the CLI there. Imports nothing that an old Node does not know.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** `engines` of package.json. */
const NEEDED = [22, 19] as const;

/** @param version such as `20.11.1` */
export const isTooOld = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1]);
};

const packagedNode = (): string | undefined =>
  ['../node_modules/node/bin/node', '../../node_modules/node/bin/node']
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((path) => existsSync(path));

/** @returns the exit code */
export const runWithPackagedNode = async (args: readonly string[]): Promise<number> => {
  const node = packagedNode();
  if (node === undefined) {
    process.stderr.write(
      `error: Drover needs Node ${NEEDED.join('.')} or newer, this is ${process.versions.node}\n` +
        'why:   it uses what older versions do not have\n' +
        'do:    install a newer Node, or run npm ci in the checkout of Drover, which brings one along\n',
    );
    return 6;
  }
  const child = spawn(node, args, { stdio: 'inherit' });
  // The terminal tells both of Ctrl-C; the child decides what it means.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve) => {
    child.once('error', () => resolve(6));
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGHUP' ? 129 : 1)));
  });
};
