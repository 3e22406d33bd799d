/** The arguments of bubblewrap for one agent: what of the machine its processes see. Pure but for looking what exists. */
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, delimiter, dirname, isAbsolute, join, sep } from 'node:path';
import { promisify } from 'node:util';
import type { Environment } from '../../config/environment.ts';

/** Where the system's programs and libraries are; read-only. */
const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/opt', '/nix', '/gnu'];
/** Of `/etc`, what programs need to run. No keys, no passwords, no settings of services. */
const SETTINGS = [
  'alternatives',
  'bash.bashrc',
  'ca-certificates',
  'crypto-policies',
  'fonts',
  'group',
  'host.conf',
  'hosts',
  'java-17-openjdk',
  'java-21-openjdk',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'mime.types',
  'nsswitch.conf',
  'passwd',
  'pki/ca-trust',
  'pki/tls/certs',
  'profile',
  'protocols',
  'resolv.conf',
  'services',
  'ssl/certs',
  'ssl/openssl.cnf',
  'timezone',
].map((name) => `/etc/${name}`);

/** User, processes, network, host name and shared memory of its own; ends with the runner. */
const APART = [
  '--unshare-all',
  '--die-with-parent',
  '--new-session',
  '--cap-drop',
  'ALL',
  '--hostname',
  'agent',
];

export interface Mounts {
  /** Seen where they are. Later ones lie over earlier ones. */
  readonly readable: readonly string[];
  readonly writable: readonly string[];
  /** What lies elsewhere: from where, to where. */
  readonly moved: readonly (readonly [from: string, to: string])[];
}

const isWithin = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep);

const inSystem = (path: string): boolean => SYSTEM.some((directory) => isWithin(path, directory));

/** On Debian `/bin` is a link to `/usr/bin`, elsewhere a directory. */
const systemPart = (path: string): readonly string[] => {
  if (!existsSync(path)) return [];
  return lstatSync(path).isSymbolicLink()
    ? ['--symlink', readlinkSync(path), path]
    : ['--ro-bind', path, path];
};

/**
 * Directories of programs outside of the system that the PATH names, with the libraries beside them.
 * @param secret directories that must not become visible by lying in one of these
 */
export const programDirectories = (path: string, secret: readonly string[]): readonly string[] =>
  path
    .split(delimiter)
    .filter((directory) => isAbsolute(directory) && !inSystem(directory))
    .flatMap((directory) =>
      basename(directory) === '.bin' ? [dirname(directory)] : [directory, join(dirname(directory), 'lib')],
    )
    .filter((directory) => existsSync(directory) && !secret.some((one) => isWithin(one, directory)));

/** What a program needs that lies somewhere else: its package, or the directory that it is in. */
export const programPlace = (real: string): readonly string[] => {
  if (inSystem(real)) return [];
  const packages = real.indexOf(`${sep}node_modules${sep}`);
  return [packages < 0 ? real : real.slice(0, packages + `${sep}node_modules`.length)];
};

export const realProgram = (path: string): string => {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
};

export const bubblewrapArguments = (
  { readable, writable, moved }: Mounts,
  cwd: string,
  variables: Readonly<Record<string, string>>,
): readonly string[] => [
  ...APART,
  ...SYSTEM.flatMap(systemPart),
  ...SETTINGS.flatMap((path) => ['--ro-bind-try', path, path]),
  '--proc',
  '/proc',
  '--dev',
  '/dev',
  '--tmpfs',
  '/run',
  ...moved.flatMap(([from, to]) => ['--bind', from, to]),
  ...readable.flatMap((path) => ['--ro-bind', path, path]),
  ...writable.flatMap((path) => ['--bind', path, path]),
  '--chdir',
  cwd,
  ...Object.entries(variables).flatMap(([name, value]) => ['--setenv', name, value]),
  '--',
];

const findBubblewrap = (env: Environment): string | undefined =>
  [...(env['PATH'] ?? '').split(delimiter).filter((one) => isAbsolute(one)), '/usr/bin', '/usr/local/bin']
    .map((directory) => join(directory, 'bwrap'))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });

export type SandboxFinding =
  | { readonly kind: 'works'; readonly path: string; readonly version: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'forbidden'; readonly path: string; readonly reason: string };

const PROBE_MS = 20_000;

/** Tries it: containers and some systems forbid what it needs. */
export const probeSandbox = async (env: Environment): Promise<SandboxFinding> => {
  if (process.platform !== 'linux') return { kind: 'missing' };
  const path = findBubblewrap(env);
  if (path === undefined) return { kind: 'missing' };
  const run = promisify(execFile);
  const options = { timeout: PROBE_MS, env: { PATH: '/usr/bin:/bin' } };
  try {
    const nothing = { readable: [], writable: [], moved: [] };
    await run(path, [...bubblewrapArguments(nothing, '/', {}), 'true'], options);
    const { stdout } = await run(path, ['--version'], options);
    return { kind: 'works', path, version: stdout.trim() };
  } catch (error) {
    const { stderr } = error as { readonly stderr?: string };
    const reason = (stderr ?? '').trim() || (error instanceof Error ? error.message : String(error));
    return { kind: 'forbidden', path, reason: reason.slice(0, 500) };
  }
};
