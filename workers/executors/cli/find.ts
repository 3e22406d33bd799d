/**
 * Finds the program of an agent CLI: the one that the settings name, else the environment, else the usual places,
 * Drover's own copy, the PATH. Where it looks is pure; only `findCli` touches the disk.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Environment } from '../../../config/environment.ts';
import { DroverFailure } from '../../../domain/failures.ts';
import { cachedProgram, CLI_PACKAGES, isAgentCli, type AgentCli } from './packages.ts';

export interface CliPlace {
  readonly path: string;
  readonly origin: string;
}

const USUAL: Readonly<Record<AgentCli, readonly string[]>> = {
  claude: ['.claude/local/claude', '.local/bin/claude', '.npm-global/bin/claude'],
  codex: ['.local/bin/codex', '.npm-global/bin/codex', '.codex/bin/codex'],
  gemini: ['.local/bin/gemini', '.npm-global/bin/gemini'],
};
const SYSTEM = ['/usr/local/bin', '/opt/homebrew/bin'];

/** A relative entry would run whatever lies in the workspace, which is a stranger's. */
const onPath = (env: Environment, name: string): CliPlace[] =>
  (env['PATH'] ?? '')
    .split(delimiter)
    .filter((directory) => isAbsolute(directory))
    .map((directory) => ({ path: join(directory, name), origin: 'PATH' }));

/** @param setting `executors.<name>.path` of drover.yml */
export const cliPlaces = (
  name: string,
  setting: string | undefined,
  env: Environment,
): readonly CliPlace[] => {
  if (setting !== undefined && setting !== '')
    return isAbsolute(setting) ? [{ path: setting, origin: 'drover.yml' }] : onPath(env, setting);
  if (!isAgentCli(name)) return onPath(env, name);
  const { variable } = CLI_PACKAGES[name];
  const explicit = env[variable];
  if (explicit !== undefined && explicit !== '') return [{ path: explicit, origin: variable }];
  const home = env['HOME'];
  return [
    ...(home === undefined ? [] : USUAL[name].map((path) => ({ path: join(home, path), origin: 'home' }))),
    ...SYSTEM.map((directory) => ({ path: join(directory, name), origin: 'system' })),
    { path: cachedProgram(env, name), origin: 'cache' },
    ...onPath(env, name),
  ];
};

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

/** @throws {DroverFailure} when there is none */
export const findCli = (name: string, setting: string | undefined, env: Environment): CliPlace => {
  const places = cliPlaces(name, setting, env);
  const found = places.find(({ path }) => isProgram(path));
  if (found !== undefined) return found;
  const only = places.length === 1 ? places[0] : undefined;
  const install = isAgentCli(name)
    ? `install it (npm install -g ${CLI_PACKAGES[name].name}), or name it in executors.${name}.path of drover.yml or in ${CLI_PACKAGES[name].variable}`
    : `install it, or give its full path in executors.${name}.path of drover.yml`;
  throw new DroverFailure(
    'unavailable',
    only === undefined
      ? `There is no program "${setting ?? name}"`
      : `${only.origin} names ${only.path}, which is no program`,
    { hint: install },
  );
};
