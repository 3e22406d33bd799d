/**
 * Runs one program to its end, its output kept. By itself in this process; a large process has it done by a small
 * one (`spawner.ts`), because starting a program costs by the memory of who starts it.
 */
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface ProgramRequest {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  /** Bytes of standard output; a program that prints more is ended. */
  readonly outputLimit: number;
  /** Characters of standard error that are kept. */
  readonly errorLimit: number;
}

export interface ProgramResult {
  /** -1 when a signal ended it. */
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export type RunProgram = (request: ProgramRequest, signal?: AbortSignal) => Promise<ProgramResult>;

/** @param stream instead of `input`: what does not fit into memory */
export const runProgramHere = async (
  request: ProgramRequest,
  signal?: AbortSignal,
  stream?: Readable,
): Promise<ProgramResult> => {
  const child = spawn(request.program, request.args, {
    cwd: request.cwd,
    env: request.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGTERM',
  });
  const stdout: Buffer[] = [];
  let size = 0;
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= request.outputLimit) stdout.push(chunk);
    else {
      child.kill('SIGKILL');
      // What it had started may be what prints: without a reader that ends, too, and is not waited for.
      child.stdout.destroy();
    }
  });
  child.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < request.errorLimit) stderr += chunk.toString('utf8');
  });
  // A program that ends before it has read its input is judged by its exit code.
  child.stdin.on('error', () => undefined);
  const closed = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? -1));
  });
  if (stream === undefined) child.stdin.end(request.input ?? '');
  else await Promise.all([pipeline(stream, child.stdin).catch(() => undefined), closed]);
  return {
    code: await closed,
    stdout: Buffer.concat(stdout),
    stderr: stderr.slice(0, request.errorLimit),
  };
};

let elsewhere: RunProgram | undefined;

/** From now on programs are started by `run`. */
export const startProgramsBy = (run: RunProgram | undefined): void => {
  elsewhere = run;
};

export const runProgram: RunProgram = (request, signal) => (elsewhere ?? runProgramHere)(request, signal);
