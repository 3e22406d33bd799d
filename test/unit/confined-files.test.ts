import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { confineTo, type ConfinedFiles } from '../../workers/executors/api/confined-files.ts';

let directory: string;
let workspace: string;
let outside: string;
let files: ConfinedFiles;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drover-confined-'));
  workspace = join(directory, 'workspace');
  outside = join(directory, 'outside');
  await mkdir(join(workspace, 'src'), { recursive: true });
  await mkdir(outside);
  await writeFile(join(outside, 'secret'), 'secret');
  await writeFile(join(workspace, 'src/a.txt'), 'inside');
  files = await confineTo(workspace);
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const text = async (path: string): Promise<string> => (await files.read(path, 1000)).toString();

describe('files of a workspace', () => {
  test('are read and written, with their directories', async () => {
    expect(await text('src/a.txt')).toBe('inside');
    expect(await files.write('new/deep/b.txt', 'b')).toBe('created');
    expect(await files.write('new/deep/b.txt', 'c')).toBe('replaced');
    expect(await readFile(join(workspace, 'new/deep/b.txt'), 'utf8')).toBe('c');
  });

  test('keep their mode when they are replaced, and leave nothing beside them', async () => {
    await chmod(join(workspace, 'src/a.txt'), 0o755);
    await files.write('src/a.txt', 'changed');
    expect((await stat(join(workspace, 'src/a.txt'))).mode & 0o777).toBe(0o755);
    expect(await readdir(join(workspace, 'src'))).toEqual(['a.txt']);
  });

  test.each([
    ['to a file outside', 'link', '../outside/secret', 'link'],
    ['to a directory outside, in the middle', 'link', '../outside', 'link/secret'],
    ['that dangles', 'link', '../outside/new', 'link'],
    ['that dangles in the middle', 'link', '../outside/gone', 'link/new'],
    ['to a file inside', 'link', 'src/a.txt', 'link'],
    ['to itself', 'link', 'link', 'link'],
  ])('are not reached by a symbolic link %s', async (_, name, target, path) => {
    await symlink(target, join(workspace, name));
    await expect(text(path)).rejects.toThrow('symbolic link');
    await expect(files.write(path, 'planted')).rejects.toThrow('symbolic link');
    expect(await readdir(outside)).toEqual(['secret']);
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret');
  });

  test('are replaced, so that a hard link to elsewhere keeps its content', async () => {
    await link(join(outside, 'secret'), join(workspace, 'hard'));
    await files.write('hard', 'changed');
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret');
  });

  test('that are no plain files are refused without waiting', async () => {
    execFileSync('mkfifo', [join(workspace, 'pipe')]);
    await expect(text('pipe')).rejects.toThrow('not a plain file');
    await expect(files.write('pipe', 'x')).rejects.toThrow('not a plain file');
    await expect(text('src')).rejects.toThrow('a directory');
    await expect(files.write('src', 'x')).rejects.toThrow('a directory');
    await expect(text('src/a.txt/b')).rejects.toThrow('not a directory');
    await expect(text('')).rejects.toThrow('workspace itself');
    await expect(text('src/none')).rejects.toThrow('no "none"');
    await expect(files.read('src/a.txt', 3)).rejects.toThrow('6 bytes');
  });

  test('stay inside while a directory is swapped for a link outside again and again', async () => {
    await mkdir(join(outside, 'deep'));
    await writeFile(join(outside, 'deep/a.txt'), 'outside');
    await mkdir(join(workspace, 'swap/deep'), { recursive: true });
    await writeFile(join(workspace, 'swap/deep/a.txt'), 'inside');
    const swap = join(workspace, 'swap');
    const kept = join(workspace, 'kept');
    const stop = new AbortController();
    let swaps = 0;
    /** A write in the gap may have made the directory anew. */
    const inTheGap = async (act: () => Promise<void>): Promise<void> => {
      const tryOnce = async (): Promise<void> => {
        await rm(swap, { recursive: true, force: true });
        await act();
      };
      while (
        !(await tryOnce().then(
          () => true,
          () => false,
        ))
      );
    };
    const swapper = (async () => {
      for (; !stop.signal.aborted; swaps += 1) {
        await rename(swap, kept);
        await inTheGap(async () => await symlink(outside, swap));
        await inTheGap(async () => await rename(kept, swap));
      }
    })();
    const outcomes = new Set<string>();
    const from = Date.now();
    while (Date.now() < from + 1500 || (!outcomes.has('inside') && Date.now() < from + 15_000)) {
      outcomes.add(await text('swap/deep/a.txt').catch((error: Error) => error.message));
      outcomes.add(await files.write('swap/deep/w.txt', 'x').catch((error: Error) => error.message));
    }
    stop.abort();
    await swapper;
    expect(swaps).toBeGreaterThan(50);
    expect(outcomes).not.toContain('outside');
    expect(outcomes).toContain('inside');
    expect(await readdir(join(outside, 'deep'))).toEqual(['a.txt']);
  }, 20_000);
});
