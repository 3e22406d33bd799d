/** Looks a program up as a shell would, but by absolute directories only. */
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** @returns its absolute path; undefined when it is not on `path` */
export const findProgram = async (program: string, path: string): Promise<string | undefined> => {
  for (const directory of path.split(delimiter)) {
    if (!directory.startsWith('/')) continue;
    const found = join(directory, program);
    const there = await access(found, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (there) return found;
  }
  return undefined;
};
