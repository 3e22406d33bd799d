/**
 * Has programs started by a small process of Drover's own. The worker has 300 MB, and Linux copies the page tables
 * of a process that starts another one: 7 ms of its main thread each time, against 1 ms in a small process. The
 * spawner ends with the worker; programs that it had started run to their end, as if the worker had started them.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { DroverFailure } from '../../domain/failures.ts';
import { runProgramHere, type ProgramRequest, type ProgramResult, type RunProgram } from './program.ts';

/** To the spawner. */
export type SpawnerOrder =
  { readonly id: number; readonly run: ProgramRequest } | { readonly id: number; readonly stop: true };

/** From the spawner. */
export type SpawnerAnswer =
  | { readonly id: number; readonly result: ProgramResult }
  | { readonly id: number; readonly error: { readonly message: string; readonly code?: string } };

interface Waiting {
  readonly resolve: (result: ProgramResult) => void;
  readonly reject: (error: Error) => void;
}

const ended = (): DroverFailure =>
  new DroverFailure('toolBroken', 'The process that starts programs for the worker has ended', {
    hint: 'the step is tried again by itself; if this goes on, look for what ends processes, such as a lack of memory',
  });

/**
 * @param entry the spawner's program
 * @param path for its environment, which holds nothing else
 */
export const createSpawner = (entry: string, path: string): RunProgram => {
  const waiting = new Map<number, Waiting>();
  let child: ChildProcess | undefined;
  let last = 0;

  const start = (): ChildProcess => {
    const started = fork(entry, [], {
      cwd: '/',
      env: { PATH: path },
      execArgv: ['--max-semi-space-size=1'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    // What it was asked must not wait for ever, and nothing more is asked of it.
    const lose = (): void => {
      if (child !== started) return;
      child = undefined;
      const lost = [...waiting.values()];
      waiting.clear();
      for (const { reject } of lost) reject(ended());
    };
    started.on('error', lose);
    started.on('exit', lose);
    started.on('message', (message) => {
      const answer = message as SpawnerAnswer;
      const one = waiting.get(answer.id);
      waiting.delete(answer.id);
      if ('result' in answer) one?.resolve({ ...answer.result, stdout: Buffer.from(answer.result.stdout) });
      else one?.reject(Object.assign(new Error(answer.error.message), { code: answer.error.code }));
    });
    return started;
  };

  return async (request, signal) => {
    signal?.throwIfAborted();
    child ??= start();
    const spawner = child;
    if (!spawner.connected) return runProgramHere(request, signal);
    const id = ++last;
    const stop = (): void => {
      if (spawner.connected) spawner.send({ id, stop: true } satisfies SpawnerOrder);
    };
    signal?.addEventListener('abort', stop, { once: true });
    try {
      return await new Promise<ProgramResult>((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        spawner.send({ id, run: request } satisfies SpawnerOrder);
      });
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  };
};
