/**
 * A build directory for Cargo that one verification has to itself, and that the next one finds as it was left: what
 * it depends on is then compiled once. Taken before the checkout is made, so that each file of it is younger than
 * anything that was built before; Cargo tells by that what to build anew. Final artifacts stay in the checkout.
 */
import { join } from 'node:path';
import { tryLock } from '../../store/lock.ts';

/** Verifications at once; further ones build without. */
const MOST = 64;

export interface BuildDirectory {
  readonly variables: Readonly<Record<string, string>>;
  readonly release: () => void;
}

const NONE: BuildDirectory = { variables: {}, release: () => undefined };

export const takeBuildDirectory = (cache: string | undefined): BuildDirectory => {
  if (cache === undefined) return NONE;
  for (let number = 0; number < MOST; number += 1) {
    const path = join(cache, `cargo-${number}`);
    // The lock ends with this process, and what a killed one had started is ended before the next try.
    const lock = tryLock(`${path}.lock`);
    if (lock !== undefined) return { variables: { CARGO_BUILD_BUILD_DIR: path }, release: lock.release };
  }
  return NONE;
};
