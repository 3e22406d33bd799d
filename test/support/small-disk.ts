/** A small disk of its own for a test, in memory. Mounting is for root alone. */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const mount = (...args: readonly string[]): boolean => spawnSync('mount', args).status === 0;

export const unmount = (path: string): boolean => spawnSync('umount', ['-l', path]).status === 0;

export const mountSmallDisk = (path: string, size: string): boolean => {
  mkdirSync(path, { recursive: true });
  return mount('-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path);
};

/** Nothing can be written under `path` until it is unmounted. */
export const makeReadOnly = (path: string): boolean =>
  mount('--bind', path, path) && mount('-o', 'remount,bind,ro', path);

export const mayMount = ((): boolean => {
  const probe = mkdtempSync(join(tmpdir(), 'mount-'));
  const may = mountSmallDisk(probe, '1m') && unmount(probe);
  rmdirSync(probe);
  return may;
})();

/** Fills the disk of `path` with a file there, but for `leave` bytes. @returns a function that removes it */
export const fillDisk = (path: string, leave = 0): (() => void) => {
  const file = join(path, '.ballast');
  const descriptor = openSync(file, 'w');
  const chunk = Buffer.alloc(64 * 1024, 1);
  try {
    for (;;) writeSync(descriptor, chunk);
  } catch {
    // Full.
  }
  closeSync(descriptor);
  if (leave > 0) truncateSync(file, Math.max(0, statSync(file).size - leave));
  return () => rmSync(file, { force: true });
};
