/** The whole output of a command in a file, up to a limit. A full disk ends the log, not the command. */
import { closeSync, openSync, writeSync } from 'node:fs';

export class LogFile {
  #descriptor: number | undefined;
  #room: number;

  constructor(path: string, maxBytes: number) {
    this.#descriptor = openSync(path, 'w', 0o600);
    this.#room = maxBytes;
  }

  add(chunk: Buffer): void {
    if (this.#descriptor === undefined || this.#room <= 0) return;
    const part = chunk.subarray(0, this.#room);
    this.#room -= part.length;
    try {
      writeSync(this.#descriptor, part);
      if (this.#room <= 0) writeSync(this.#descriptor, '\n… the log ends here: it reached its limit …\n');
    } catch {
      this.close();
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}
