/**
 * Starts a runner as a process of its own: own session, output to a file, no tie to this process but the pipe
 * over which it gets the access to the model. What it does from then on is in its run directory.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentSpec } from '../../domain/agents/agent.ts';
import { DroverFailure } from '../../domain/failures.ts';
import { crashPoint } from '../../store/crash-point.ts';
import type { AgentDirectory, Home } from '../../store/home.ts';
import type { AgentDoors } from '../model/access.ts';
import { passableEnvironment } from '../process/environment.ts';
import { AGENT_MARKER, COMMAND_MARKER } from '../process/sweep.ts';

export interface LaunchDeps {
  readonly home: Home;
  readonly doors: AgentDoors;
  /** The runner's program. */
  readonly runnerEntry: string;
  /** The Node that runs it. */
  readonly nodePath: string;
  /** Drover's own environment without keys; runners get PATH, HOME, locale and what `passEnv` names of it. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

const TEST_SWITCHES = ['DROVER_TEST', 'DROVER_CRASH_AT', 'DROVER_CRASH_ONCE_FILE'];

/** A Drover that runs inside an agent of another one stays that one's: its runners are found with the rest. */
const OUTER_MARKERS = [AGENT_MARKER, COMMAND_MARKER];

/** Where the programs of executors are found; the runner looks for them, its agent does not get these. */
const PROGRAM_PLACES = ['CLAUDE_CLI_PATH', 'CODEX_CLI_PATH', 'GEMINI_CLI_PATH', 'XDG_CACHE_HOME'];

const runnerEnvironment = (deps: LaunchDeps, spec: AgentSpec): Record<string, string> => {
  const testing = deps.env['DROVER_TEST'] === '1';
  return {
    ...(testing ? { DROVER_CRASH_ONCE_FILE: join(deps.home.root, 'crashed') } : {}),
    ...passableEnvironment(deps.env, [
      ...spec.passEnv,
      ...OUTER_MARKERS,
      ...PROGRAM_PLACES,
      ...(testing ? TEST_SWITCHES : []),
    ]),
  };
};

/** @returns a process that has been started, though it may have claimed nothing yet */
export const launchRunner = async (
  deps: LaunchDeps,
  spec: AgentSpec,
  directory: AgentDirectory,
): Promise<ChildProcess> => {
  const gateway = await deps.doors.open(spec);
  crashPoint('spawn.before');
  const log = await open(directory.log, 'a', 0o600);
  try {
    const runner = spawn(deps.nodePath, [deps.runnerEntry, directory.spec], {
      cwd: directory.root,
      env: runnerEnvironment(deps, spec),
      detached: true,
      stdio: ['pipe', log.fd, log.fd],
    });
    await new Promise<void>((resolve, reject) => {
      runner.once('spawn', resolve);
      runner.once('error', (cause) =>
        reject(
          new DroverFailure('toolBroken', `The runner could not be started: ${cause.message}`, {
            hint: 'free processes, memory or file handles, or install Drover again',
            cause,
          }),
        ),
      );
    });
    crashPoint('spawn.after');
    // A runner that lost the race for the claim ends without reading.
    runner.stdin?.on('error', () => undefined);
    runner.stdin?.end(JSON.stringify({ gateway }));
    runner.unref();
    return runner;
  } finally {
    await log.close();
  }
};

const LOG_TAIL = 1_500;

/** Why a runner ended that claimed nothing. */
export const launchFailure = async (
  directory: AgentDirectory,
  code: number | null,
): Promise<DroverFailure> => {
  const log = await readFile(directory.log, 'utf8').catch(() => '');
  return new DroverFailure(
    'toolBroken',
    `The runner ended with code ${code} before it took the agent: ${log.trim().slice(-LOG_TAIL)}`,
    { hint: `see ${directory.log}` },
  );
};
