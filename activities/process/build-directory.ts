/**
 * A build directory for Cargo that one agent or verification has to itself, and that the next one finds as it was
 * left: what it depends on is then compiled once. Cargo tells by the times of files what to build anew, so a checkout
 * gets only a directory that was left before the checkout was made: each of its files is then younger than anything
 * that was built there. Final artifacts stay in the checkout. Cargo before 1.91 takes no notice of the variable.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tryLock } from '../../store/lock.ts';

/** At work at once in one cache; further ones build without. */
const MOST = 64;

export interface BuildDirectory {
  readonly variables: Readonly<Record<string, string>>;
  readonly release: () => void;
}

const NONE: BuildDirectory = { variables: {}, release: () => undefined };

export interface Checkout {
  readonly path: string;
  /** When making it began, in milliseconds since 1970; 0 when its files have been worked on since. */
  readonly madeAt: number;
}

/** Who had a directory last. Written before anything is built there and again after all has ended. */
interface Use {
  readonly checkout: string;
  /** Absent while it is used, and when its user was killed. */
  readonly leftAt?: number;
}

const readUse = (path: string): Use | undefined => {
  try {
    const { checkout, leftAt } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Use>;
    return { checkout: String(checkout), ...(typeof leftAt === 'number' ? { leftAt } : {}) };
  } catch {
    // Nobody had it yet, or the disk was full when it was written down.
    return undefined;
  }
};

const fits = (path: string, use: Use | undefined, checkout: Checkout): boolean => {
  if (use?.checkout === checkout.path) return true;
  if (use?.leftAt !== undefined) return use.leftAt < checkout.madeAt;
  // When the one that had it was killed, nobody knows when it built last. Its checkout is removed after its processes.
  if (use !== undefined && existsSync(use.checkout)) return false;
  rmSync(path, { recursive: true, force: true });
  return true;
};

/** @param cache absent when there is none to share */
export const takeBuildDirectory = (cache: string | undefined, checkout: Checkout): BuildDirectory => {
  if (cache === undefined) return NONE;
  for (let number = 0; number < MOST; number += 1) {
    const path = join(cache, `cargo-${number}`);
    // The lock ends with this process.
    const lock = tryLock(`${path}.lock`);
    if (lock === undefined) continue;
    const note = `${path}.json`;
    const write = (use: Use): void => writeFileSync(note, JSON.stringify(use));
    try {
      if (fits(path, readUse(note), checkout)) {
        write({ checkout: checkout.path });
        return {
          variables: { CARGO_BUILD_BUILD_DIR: path },
          release: () => {
            try {
              write({ checkout: checkout.path, leftAt: Date.now() });
            } catch {
              // Without the note nobody builds on what is there.
              rmSync(note, { force: true });
            }
            lock.release();
          },
        };
      }
    } catch {
      // A full disk, or an agent that has locked its neighbours out: building without costs time only.
    }
    lock.release();
  }
  return NONE;
};
