/** Output of a process of any length, of which both ends are kept in bounded memory. */

const lossy = new TextDecoder('utf-8');

/** Both ends of a stream of bytes; what lies between is counted only. */
export class CapturedOutput {
  readonly #half: number;
  readonly #head: Buffer[] = [];
  #headBytes = 0;
  #tail: Buffer[] = [];
  #tailBytes = 0;
  #total = 0;

  /** @param maxBytes kept at most, half from each end */
  constructor(maxBytes: number) {
    this.#half = Math.max(1, Math.floor(maxBytes / 2));
  }

  /** All bytes that came, kept or not. */
  get total(): number {
    return this.#total;
  }

  add(chunk: Buffer): void {
    this.#total += chunk.length;
    const forHead = chunk.subarray(0, this.#half - this.#headBytes);
    if (forHead.length > 0) {
      this.#head.push(forHead);
      this.#headBytes += forHead.length;
    }
    const forTail = chunk.subarray(forHead.length).subarray(-this.#half);
    if (forTail.length === 0) return;
    this.#tail.push(forTail);
    this.#tailBytes += forTail.length;
    // Joined only when twice the size is there, so that many small chunks cost little.
    if (this.#tailBytes > 2 * this.#half) this.#joinTail();
  }

  #joinTail(): Buffer {
    // A copy, so that the large chunks behind the slices can be freed.
    const joined = Buffer.from(Buffer.concat(this.#tail).subarray(-this.#half));
    this.#tail = [joined];
    this.#tailBytes = joined.length;
    return joined;
  }

  text(): string {
    const head = Buffer.concat(this.#head);
    const tail = this.#joinTail();
    const left = this.#total - head.length - tail.length;
    if (left === 0) return lossy.decode(Buffer.concat([head, tail]));
    return `${lossy.decode(head)}\n… ${left} bytes left out …\n${lossy.decode(tail)}`;
  }
}
