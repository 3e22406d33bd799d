/** Finds the files that a process was killed over: `store/files.ts` writes beside the target, then renames. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, TEMPORARY_NAME } from './files.ts';

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
};

/** Removes them from the directory itself, not from those below. Files of living processes stay. */
export const removeHalfWritten = async (directory: string): Promise<void> => {
  const names = await readdir(directory).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw error;
  });
  const left = names.filter((name) => {
    const pid = TEMPORARY_NAME.exec(name)?.[1];
    return pid !== undefined && !isRunning(Number(pid));
  });
  await Promise.all(left.map((name) => rm(join(directory, name), { force: true })));
};
