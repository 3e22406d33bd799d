/** Is the program at a path a Temporal CLI with a server that Drover can use? */
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface TemporalBinary {
  readonly path: string;
  /** Version of the server inside, such as `1.29.1`. */
  readonly serverVersion: string;
}

/** Updates and suggested continue-as-new are on by default from this server on. */
const OLDEST_SERVER = [1, 25] as const;
const VERSION_TIMEOUT_MS = 15_000;

export type BinaryCheck =
  | { readonly kind: 'usable'; readonly binary: TemporalBinary }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unusable'; readonly why: string };

/** Reads what `temporal --version` prints, such as `temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)`. */
export const judgeVersion = (path: string, output: string): BinaryCheck => {
  const found = /\bserver (\d+)\.(\d+)\.(\d+)/i.exec(output);
  if (found === null) {
    const line = output.trim().split('\n')[0]?.slice(0, 120) ?? '';
    return { kind: 'unusable', why: `does not say a server version; it printed "${line}"` };
  }
  const [, major = '', minor = '', patch = ''] = found;
  const tooOld =
    Number(major) < OLDEST_SERVER[0] ||
    (Number(major) === OLDEST_SERVER[0] && Number(minor) < OLDEST_SERVER[1]);
  const serverVersion = `${major}.${minor}.${patch}`;
  return tooOld
    ? {
        kind: 'unusable',
        why: `its server is ${serverVersion}; ${OLDEST_SERVER.join('.')} or newer is needed`,
      }
    : { kind: 'usable', binary: { path, serverVersion } };
};

export const checkBinary = async (path: string): Promise<BinaryCheck> => {
  try {
    await access(path, constants.X_OK);
  } catch {
    return { kind: 'missing' };
  }
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: VERSION_TIMEOUT_MS });
    return judgeVersion(path, stdout);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      kind: 'unusable',
      why: `does not run: ${message.trim().split('\n').slice(0, 3).join(' ').slice(0, 300)}`,
    };
  }
};
