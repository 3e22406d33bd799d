/** Makes a branch of the hub without a process: the one move of a ref that happens for each agent. */
import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode, readIfThere, temporaryName } from '../../store/files.ts';

const logLine = (to: string): string =>
  `${'0'.repeat(to.length)} ${to} Drover <drover@localhost> ${Math.floor(Date.now() / 1_000)} +0000\tdrover\n`;

/**
 * Makes the branch unless it is there, by a link, which the kernel makes whole or not at all: nothing is left locked
 * by a process that dies. The log comes first, as with git, so that no ref is without one.
 * @returns false when that is for git to decide: something is there, or refs are packed
 */
export const createRef = async (gitDirectory: string, branch: string, to: string): Promise<boolean> => {
  if ((await readIfThere(join(gitDirectory, 'packed-refs'))) !== undefined) return false;
  const ref = join(gitDirectory, 'refs', 'heads', branch);
  if ((await readIfThere(ref)) !== undefined) return false;
  const log = join(gitDirectory, 'logs', 'refs', 'heads', branch);
  // Not beside the ref, where git would take it for one.
  const temporary = temporaryName(join(gitDirectory, 'drover', 'agents', 'ref'));
  try {
    await Promise.all(
      [dirname(log), dirname(ref), dirname(temporary)].map((path) => mkdir(path, { recursive: true })),
    );
    await writeFile(temporary, `${to}\n`, { flag: 'wx' });
    // A try that was killed before the link has left the line already.
    if (((await readIfThere(log)) ?? '') === '') await writeFile(log, logLine(to), { flag: 'a' });
    await link(temporary, ref);
    return true;
  } catch (error) {
    if (['EEXIST', 'ENOTDIR', 'EISDIR'].includes(errorCode(error) ?? '')) return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
};
