/** One line for each call, when it is asked for: who called what, how it went and what it cost. No content, no keys. */
import { appendFile, rename, stat } from 'node:fs/promises';

export interface LoggedCall {
  readonly swarmId: string;
  readonly agentId: string;
  readonly family: string;
  readonly path: string;
  readonly model: string;
  /** 0 when there was no answer. */
  readonly status: number;
  readonly ownLogin: boolean;
  readonly costMicros: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Names of the headers that the client sent; their values may be secret. */
  readonly headers: readonly string[];
  readonly ms: number;
}

export type RequestLog = (call: LoggedCall) => void;

const MAX_BYTES = 20 * 1024 * 1024;

/** @param file the newest; the one before it ends in `.1` */
export const createRequestLog = (file: string): RequestLog => {
  let written: Promise<void> = Promise.resolve();
  const append = async (line: string): Promise<void> => {
    const size = await stat(file).then(
      (found) => found.size,
      () => 0,
    );
    if (size > MAX_BYTES) await rename(file, `${file}.1`);
    await appendFile(file, line, { mode: 0o600 });
  };
  return (call) => {
    const line = `${JSON.stringify({ at: new Date().toISOString(), ...call })}\n`;
    // A full disk must not end calls.
    written = written.then(() => append(line)).catch(() => undefined);
  };
};

export const noRequestLog: RequestLog = () => undefined;
