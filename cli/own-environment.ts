/**
 * What the CLI adds to its environment before it does anything: the folder that XDG names, and the variables of a
 * `.env` file. A `.env` of the current directory is never read by itself: it comes with a repository, and could send
 * your key somewhere else.
 */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { parseEnv } from 'node:util';
import { DroverFailure } from '../domain/failures.ts';
import { errorCode } from '../store/files.ts';
import { homeAt } from '../store/home.ts';

const set = (value: string | undefined): value is string => value !== undefined && value.trim() !== '';

/** Who has a `~/.drover` already keeps it. */
const xdgHome = (state: string | undefined): string | undefined =>
  set(state) && isAbsolute(state) && !existsSync(join(homedir(), '.drover'))
    ? join(state, 'drover')
    : undefined;

const readEnvFile = (path: string, mustBe: boolean): NodeJS.Dict<string> => {
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch (error) {
    if (!mustBe && ['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return {};
    throw new DroverFailure('invalidInput', `${path} cannot be read (${errorCode(error) ?? String(error)})`, {
      hint: mustBe ? 'DROVER_ENV_FILE names it; correct or unset it' : 'it is read by every command',
      cause: error,
    });
  }
};

/** @param env is changed; what it holds already stays. @throws DroverFailure `invalidInput` */
export const completeEnvironment = (env: NodeJS.ProcessEnv): void => {
  const { DROVER_HOME: given, XDG_STATE_HOME: state, DROVER_ENV_FILE: file } = env;
  const home = set(given) ? given : xdgHome(state);
  if (home !== undefined) env['DROVER_HOME'] = home;
  const path = set(file) ? file : join(homeAt(home).root, '.env');
  for (const [name, value] of Object.entries(readEnvFile(path, set(file))))
    // Where the home is was decided before its file was read.
    if (name !== 'DROVER_HOME') env[name] ??= value;
};
