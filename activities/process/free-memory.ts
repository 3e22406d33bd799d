/**
 * Is there memory for one more agent? What agents use that have been at work for a while is taken already; those that
 * have just started count with all that they may use, so that a wave of them does not share one free gigabyte,
 * also when the worker that let them in is another one by now.
 */
import { freemem } from 'node:os';

const MIB = 1_048_576;
/** By then an agent has the memory that it is going to have, more or less. */
const FRESH_MS = 30_000;

/** @returns why an agent that may use `needed` bytes cannot start now */
export const littleMemory = (free: number, needed: number): string | undefined =>
  free >= needed
    ? undefined
    : `${Math.round(free / MIB)} MB of memory are free, and an agent may use ${Math.round(needed / MIB)} MB (limits.memory)`;

/** @returns why the agent cannot start now; when it can, its memory is promised to it */
export type MemoryDesk = (agent: string, needed: number) => Promise<string | undefined>;

export interface MemoryPromise {
  /** By which name it asks. */
  readonly agent: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly until: number;
}

interface DeskDeps {
  /** What was promised before this process began; asked once. */
  readonly earlier: (freshMs: number) => Promise<readonly MemoryPromise[]>;
  readonly look?: () => { readonly free: number; readonly now: number };
}

export const openMemoryDesk = ({
  earlier,
  look = () => ({ free: freemem(), now: Date.now() }),
}: DeskDeps): MemoryDesk => {
  const fresh = new Map<string, MemoryPromise>();
  const learn = async (): Promise<void> => {
    for (const promise of await earlier(FRESH_MS)) fresh.set(promise.agent, promise);
  };
  let learnt: Promise<void> | undefined;
  return async (agent, needed) => {
    if (needed === 0) return undefined;
    await (learnt ??= learn());
    const { free, now } = look();
    let promised = 0;
    for (const [name, { bytes, until }] of fresh)
      if (until <= now) fresh.delete(name);
      else if (name !== agent) promised += bytes;
    const why = littleMemory(Math.max(0, free - promised), needed);
    if (why === undefined) fresh.set(agent, { agent, bytes: needed, until: now + FRESH_MS });
    return why;
  };
};
