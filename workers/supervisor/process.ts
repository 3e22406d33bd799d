/** One process of a service, started here or taken over from a supervisor that died. */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunnerClaim } from '../../domain/agents/agent.ts';
import { identityOf, isAlive, signalProcess } from '../../activities/process/identity.ts';

export interface ServiceProcess {
  /** Absent when it died before it could be looked at. */
  readonly identity?: RunnerClaim;
  /** Resolves with how it ended. */
  readonly exited: Promise<string>;
}

const ADOPTED_POLL_MS = 200;
const END_POLL_MS = 20;

export const startedProcess = (child: ChildProcess): ServiceProcess => {
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) =>
      resolve(signal === null ? `exit code ${code}` : `killed by ${signal}`),
    );
  });
  const identity = child.pid === undefined ? undefined : identityOf(child.pid);
  return { exited, ...(identity === undefined ? {} : { identity }) };
};

/** Not a child of this process, so nobody tells when it ends. */
export const adoptedProcess = (identity: RunnerClaim): ServiceProcess => ({
  identity,
  exited: (async () => {
    while (isAlive(identity)) await sleep(ADOPTED_POLL_MS, undefined, { ref: false });
    return 'ended';
  })(),
});

/** Asks the process to end, waits, and kills it when it does not. */
export const endProcess = async (identity: RunnerClaim, graceMs: number): Promise<void> => {
  signalProcess(identity, 'SIGTERM');
  const end = Date.now() + graceMs;
  while (isAlive(identity)) {
    if (Date.now() >= end) signalProcess(identity, 'SIGKILL');
    await sleep(END_POLL_MS);
  }
};
