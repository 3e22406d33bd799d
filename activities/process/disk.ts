/** Is a disk used up? Words about it in some output are not enough: programs also read and test such words. */
import { statfsSync } from 'node:fs';

const LOW_DISK_BYTES = 64 * 1024 * 1024;

/** What programs say when they could not write. */
export const FULL_DISK_WORDS = ['No space left on device', 'ENOSPC', 'Disk quota exceeded'] as const;

const MIB = 1_048_576;

/** Why nothing large should be put at `path` now; undefined when there is room, or when that cannot be told. */
export const fullDisk = (path: string, leastBytes: number): string | undefined => {
  if (leastBytes === 0) return undefined;
  try {
    const { bavail, bsize, files, ffree } = statfsSync(path);
    const free = bavail * bsize;
    if (free < leastBytes)
      return `the disk of ${path} has ${Math.floor(free / MIB)} MB left, and ${Math.ceil(leastBytes / MIB)} MB are to stay free`;
    return files > 0 && ffree === 0 ? `the disk of ${path} can hold no further file` : undefined;
  } catch {
    return undefined;
  }
};

/** Less than 64 MiB or no inode is left on the disk of `path`. */
export const isDiskLow = (path: string): boolean => {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(path);
    return bavail * bsize < LOW_DISK_BYTES || (files > 0 && ffree === 0);
  } catch {
    return false;
  }
};
