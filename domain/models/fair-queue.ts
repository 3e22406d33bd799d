/** Who waits, and whose turn it is: round robin between owners, first come first served for each of them. */
export class FairQueue<T> {
  /** In the order of their turns. */
  readonly #waiting = new Map<string, T[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(owner: string, item: T): void {
    const mine = this.#waiting.get(owner);
    if (mine === undefined) this.#waiting.set(owner, [item]);
    else mine.push(item);
    this.#size += 1;
  }

  /** The one whose turn it is; it stays. */
  peek(): T | undefined {
    for (const [first] of this.#waiting.values()) return first;
    return undefined;
  }

  /** Takes the one whose turn it is; its owner's next turn comes after all others'. */
  shift(): T | undefined {
    for (const [owner, mine] of this.#waiting) {
      const item = mine.shift();
      this.#waiting.delete(owner);
      if (mine.length > 0) this.#waiting.set(owner, mine);
      this.#size -= 1;
      return item;
    }
    return undefined;
  }

  /** Takes one out that waits no more. */
  remove(owner: string, item: T): void {
    const mine = this.#waiting.get(owner);
    const place = mine?.indexOf(item) ?? -1;
    if (mine === undefined || place < 0) return;
    mine.splice(place, 1);
    if (mine.length === 0) this.#waiting.delete(owner);
    this.#size -= 1;
  }
}
