/**
 * Writes `events.jsonl`. Lines and the whole log are capped, so that no agent can fill the disk with its log; a
 * disk that is full for other reasons costs events, never the agent. Writes are synchronous and in blocks: the
 * runner reads an agent's output only as fast as it can write it, and holds at most one block in memory.
 */
import { closeSync, fstatSync, openSync, writeSync } from 'node:fs';
import { cap } from '../../domain/failures.ts';
import type { ExecutorEvent } from '../executors/executor.ts';

/** Characters of one text in an event. */
export const TEXT_LIMIT = 16_000;
const BLOCK_CHARACTERS = 64 * 1024;
const FLUSH_MS = 15;
/** What a full log still takes: phases, notices, usage and the end. */
const RESERVE_BYTES = 256 * 1024;
const RETRY_MS = 1_000;

const BULK: ReadonlySet<ExecutorEvent['kind']> = new Set([
  'output',
  'message',
  'tool_call',
  'tool_result',
  'progress',
  'waiting',
]);

const clean = (_key: string, value: unknown): unknown =>
  typeof value === 'string' ? cap(value.replaceAll('\0', ''), TEXT_LIMIT) : value;

export class EventLog {
  readonly #descriptor: number;
  readonly #maxBytes: number;
  #bytes = 0;
  #block = '';
  #timer: NodeJS.Timeout | undefined;
  #truncated = false;
  #brokenUntil = 0;
  #lost = 0;

  constructor(path: string, maxBytes: number) {
    this.#descriptor = openSync(path, 'a', 0o600);
    // An agent that goes on has a log already.
    this.#bytes = fstatSync(this.#descriptor).size;
    this.#maxBytes = maxBytes;
  }

  /** The log reached its limit; output need not be prepared for it any more. */
  get truncated(): boolean {
    return this.#truncated;
  }

  emit(event: ExecutorEvent): void {
    const bulk = BULK.has(event.kind);
    if (this.#truncated && bulk) return;
    const line = `${JSON.stringify({ at: new Date().toISOString(), ...event }, clean)}\n`;
    const bytes = Buffer.byteLength(line);
    if (this.#bytes + bytes > this.#maxBytes + (bulk ? 0 : RESERVE_BYTES)) {
      if (this.#truncated) return;
      this.#truncated = true;
      this.emit({
        kind: 'notice',
        text: `The log reached its limit of ${this.#maxBytes} bytes; the rest of the output is dropped`,
      });
      return;
    }
    this.#bytes += bytes;
    this.#block += line;
    if (this.#block.length >= BLOCK_CHARACTERS) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#block === '') return;
    const block = this.#block;
    this.#block = '';
    if (performance.now() < this.#brokenUntil) {
      this.#lost += block.length;
      return;
    }
    try {
      if (this.#lost > 0) this.#write(this.#lostNotice());
      this.#lost = 0;
      this.#write(block);
    } catch {
      this.#lost += block.length;
      this.#brokenUntil = performance.now() + RETRY_MS;
    }
  }

  /** Starts with a line break: the failed write may have left half a line. */
  #lostNotice(): string {
    const text = `About ${this.#lost} characters of the log could not be written: the disk was full`;
    return `\n${JSON.stringify({ at: new Date().toISOString(), kind: 'notice', text })}\n`;
  }

  #write(text: string): void {
    let rest = Buffer.from(text);
    while (rest.length > 0) rest = rest.subarray(writeSync(this.#descriptor, rest));
  }

  close(): void {
    this.flush();
    closeSync(this.#descriptor);
  }
}
