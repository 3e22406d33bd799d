/**
 * The files of one workspace, and no others. Paths are walked one directory at a time, each opened inside the one
 * before it without following a link, so that nothing that is swapped in meanwhile leads outside. What is written
 * replaces the file whole: it never goes through a link to somewhere else, symbolic or hard.
 *
 * Without /proc (not Linux) names are joined instead, and a directory swapped for a link at the right moment
 * would be followed.
 */
import { randomBytes } from 'node:crypto';
import { constants, type Dirent, type Stats } from 'node:fs';
import { lstat, mkdir, open, readdir, realpath, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../../store/files.ts';
import { componentsOf } from './confined-path.ts';
import { ToolProblem } from './tool-problem.ts';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** A directory that is held open; names are looked up in it and nowhere else. */
export interface OpenDirectory {
  entries(): Promise<Dirent[]>;
  /** @throws ToolProblem when it is not a plain file or larger than `maxBytes` */
  read(name: string, maxBytes: number): Promise<Buffer>;
}

export interface ConfinedFiles {
  read(path: string, maxBytes: number): Promise<Buffer>;
  /** Makes missing directories; keeps the mode of a file that is there. */
  write(path: string, content: string): Promise<'created' | 'replaced'>;
  inDirectory<T>(path: string, use: (directory: OpenDirectory) => Promise<T>): Promise<T>;
}

interface Held {
  readonly handle: FileHandle;
  /** For what is said and for systems without /proc. */
  readonly path: string;
}

export const confineTo = async (workspace: string): Promise<ConfinedFiles> => {
  const root = await realpath(workspace);

  const within = async <T>(
    directories: readonly string[],
    use: (held: Held) => Promise<T>,
    create = false,
  ): Promise<T> => {
    let held: Held = { handle: await open(root, O_RDONLY | O_DIRECTORY), path: root };
    try {
      for (const name of directories) {
        const next = await openDirectory(held, name, create);
        await held.handle.close();
        held = next;
      }
      return await use(held);
    } finally {
      await held.handle.close();
    }
  };

  return {
    read: async (path, maxBytes) => {
      const [directories, name] = split(path);
      return await within(directories, async (held) => await readIn(held, name, maxBytes));
    },
    write: async (path, content) => {
      const [directories, name] = split(path);
      return await within(directories, async (held) => await writeIn(held, name, content), true);
    },
    inDirectory: async (path, use) =>
      await within(componentsOf(path), async (held) =>
        use({
          entries: async () => await readdir(inside(held, '.'), { withFileTypes: true }),
          read: async (name, maxBytes) => await readIn(held, name, maxBytes),
        }),
      ),
  };
};

const split = (path: string): readonly [readonly string[], string] => {
  const components = componentsOf(path);
  const name = components.at(-1);
  if (name === undefined) throw new ToolProblem('The path names the workspace itself, not a file in it.');
  return [components.slice(0, -1), name];
};

const inside = (held: Held, name: string): string =>
  process.platform === 'linux' ? `/proc/self/fd/${held.handle.fd}/${name}` : join(held.path, name);

const openDirectory = async (held: Held, name: string, create: boolean): Promise<Held> => {
  const path = join(held.path, name);
  const tryOpen = async (): Promise<Held> => ({
    handle: await open(inside(held, name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW),
    path,
  });
  try {
    return await tryOpen();
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' || !create) throw await explained(held, name, error);
  }
  try {
    await mkdir(inside(held, name));
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
  try {
    return await tryOpen();
  } catch (error) {
    throw await explained(held, name, error);
  }
};

/** Opens a plain file; NONBLOCK so that a named pipe does not wait for a writer. */
const openFile = async (held: Held, name: string): Promise<{ handle: FileHandle; stats: Stats }> => {
  let handle: FileHandle;
  try {
    handle = await open(inside(held, name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    throw await explained(held, name, error);
  }
  const stats = await handle.stat();
  if (stats.isFile()) return { handle, stats };
  await handle.close();
  throw new ToolProblem(`"${name}" is ${stats.isDirectory() ? 'a directory' : 'not a plain file'}.`);
};

const readIn = async (held: Held, name: string, maxBytes: number): Promise<Buffer> => {
  const { handle, stats } = await openFile(held, name);
  try {
    if (stats.size > maxBytes)
      throw new ToolProblem(`"${name}" has ${stats.size} bytes; at most ${maxBytes} can be read.`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
};

const writeIn = async (held: Held, name: string, content: string): Promise<'created' | 'replaced'> => {
  let mode: number | undefined;
  try {
    const { handle, stats } = await openFile(held, name);
    await handle.close();
    mode = stats.mode & 0o777;
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
  }
  const temporary = `.drover-${randomBytes(6).toString('hex')}.tmp`;
  const handle = await open(inside(held, temporary), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode ?? 0o666);
  try {
    await handle.writeFile(content);
    if (mode !== undefined) await handle.chmod(mode);
    await handle.close();
    await rename(inside(held, temporary), inside(held, name));
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(inside(held, temporary), { force: true });
    throw error;
  }
  return mode === undefined ? 'created' : 'replaced';
};

class Missing extends ToolProblem {}

/** Why `name` could not be opened, in words for the model. */
const explained = async (held: Held, name: string, error: unknown): Promise<unknown> => {
  const code = errorCode(error);
  if (code === 'ENOENT') return new Missing(`There is no "${name}" there.`);
  if (code !== 'ELOOP' && code !== 'ENOTDIR' && code !== 'ENXIO') return error;
  const stats = await lstat(inside(held, name)).catch(() => undefined);
  return stats?.isSymbolicLink() === true
    ? new ToolProblem(`"${name}" is a symbolic link; links are not followed.`)
    : new ToolProblem(`"${name}" is not a ${code === 'ENOTDIR' ? 'directory' : 'plain file'}.`);
};
