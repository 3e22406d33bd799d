/** Tells those who listen in this process that a swarm has new events. Keeps nothing: the store has them all. */
import type { SwarmEvent } from '../../domain/swarm/events.ts';

/** `after` is the sequence before the first of these: who has read as far needs no look into the store. */
export interface News {
  readonly swarmId: string;
  readonly after: number;
  readonly events: readonly SwarmEvent[];
}

type Listener = (news: News) => void;

export class Hub {
  readonly #ofSwarm = new Map<string, Set<Listener>>();
  readonly #ofAll = new Set<Listener>();

  /** @returns ends it */
  onSwarm(swarmId: string, listener: Listener): () => void {
    const listeners = this.#ofSwarm.get(swarmId) ?? new Set();
    this.#ofSwarm.set(swarmId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#ofSwarm.delete(swarmId);
    };
  }

  /** @returns ends it */
  onAll(listener: Listener): () => void {
    this.#ofAll.add(listener);
    return () => this.#ofAll.delete(listener);
  }

  publish(news: News): void {
    for (const listener of [...(this.#ofSwarm.get(news.swarmId) ?? []), ...this.#ofAll]) listener(news);
  }
}
