/** Is a disk used up? Words about it in some output are not enough: programs also read and test such words. */
import { statfsSync } from 'node:fs';

const LOW_DISK_BYTES = 64 * 1024 * 1024;

/** What programs say when they could not write. */
export const FULL_DISK_WORDS = ['No space left on device', 'ENOSPC', 'Disk quota exceeded'] as const;

/** Less than 64 MiB or no inode is left on the disk of `path`. */
export const isDiskLow = (path: string): boolean => {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(path);
    return bavail * bsize < LOW_DISK_BYTES || (files > 0 && ffree === 0);
  } catch {
    return false;
  }
};
