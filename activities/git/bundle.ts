/**
 * Takes an agent's bundle into the hub. The file is opened once, without following a link, and read from that
 * handle alone, so that it cannot be exchanged under way. Its objects are checked by git (`--strict`) before the
 * hub keeps any of them.
 */
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { isSha } from '../../domain/names.ts';
import { plainLine } from '../../domain/text.ts';
import { errorCode } from '../../store/files.ts';
import { git } from './git.ts';
import type { Hub } from './merge-objects.ts';

export const BUNDLE_LIMIT_BYTES = 1024 * 1024 * 1024;
const HEADER_LIMIT_BYTES = 256 * 1024;
/** As in git's own fetch: few objects are kept one by one, many as a pack. */
const UNPACK_LIMIT = 100;
/** Larger ones are read by git as it goes. */
const IN_MEMORY_BYTES = 4 * 1024 * 1024;

export interface OpenBundle {
  readonly commit: string;
  readonly objects: number;
  readonly file: FileHandle;
  /** Where the pack begins. */
  readonly offset: number;
  /** Bytes of the pack. */
  readonly size: number;
}

/** An answer, or why there is none. */
export type OrRefusal<T> = { readonly value: T } | { readonly refused: string };

/** Opens the bundle at `path`, which must hold exactly the branch. The caller closes its file. */
export const openBundle = async (path: string, branch: string): Promise<OrRefusal<OpenBundle>> => {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: unknown) => {
      if (['ENOENT', 'ELOOP', 'ENXIO', 'ENOTDIR'].includes(errorCode(error) ?? '')) return undefined;
      throw error;
    },
  );
  if (file === undefined) return { refused: 'the agent left no bundle of its work' };
  const read = await readHeader(file, branch).catch(async (error: unknown) => {
    await file.close();
    throw error;
  });
  if ('refused' in read) await file.close();
  return read;
};

const readHeader = async (file: FileHandle, branch: string): Promise<OrRefusal<OpenBundle>> => {
  const facts = await file.stat();
  if (!facts.isFile()) return { refused: 'its bundle is not a regular file' };
  if (facts.size > BUNDLE_LIMIT_BYTES)
    return { refused: `its work is larger than ${BUNDLE_LIMIT_BYTES / 1024 / 1024} MiB` };
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_LIMIT_BYTES), 0, HEADER_LIMIT_BYTES, 0);
  const start = buffer.subarray(0, bytesRead);
  const end = start.indexOf('\n\n');
  const pack = start.subarray(end + 2);
  if (end === -1 || pack.length < 12 || pack.toString('latin1', 0, 4) !== 'PACK')
    return { refused: 'its bundle is broken' };
  const [signature = '', ...lines] = start.toString('latin1', 0, end).split('\n');
  const capabilities = lines.filter((line) => line.startsWith('@'));
  const refs = lines.filter((line) => !line.startsWith('@') && !line.startsWith('-'));
  const [commit = '', ref = ''] = refs[0]?.split(' ') ?? [];
  if (
    !/^# v[23] git bundle$/.test(signature) ||
    capabilities.some((line) => !line.startsWith('@object-format='))
  )
    return { refused: 'its bundle is of an unknown kind' };
  if (refs.length !== 1 || ref !== `refs/heads/${branch}` || !isSha(commit))
    return { refused: `its bundle holds something else than the branch ${branch}` };
  return {
    value: { commit, objects: pack.readUInt32BE(8), file, offset: end + 2, size: facts.size - end - 2 },
  };
};

/** What is missing, because the file has become shorter, is zero, which git finds fault with. */
const readPack = async ({ file, offset, size }: OpenBundle): Promise<Buffer> => {
  const pack = Buffer.alloc(size);
  for (let at = 0; at < size;) {
    const { bytesRead } = await file.read(pack, at, size - at, offset + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return pack;
};

/** Brings the bundle's objects into the hub, unless git finds fault with one of them. */
export const importObjects = async (hub: Hub, bundle: OpenBundle): Promise<OrRefusal<string>> => {
  const { file, offset, size } = bundle;
  const input =
    size <= IN_MEMORY_BYTES
      ? await readPack(bundle)
      : file.createReadStream({ start: offset, autoClose: false });
  const options = { ...hub, input, okCodes: [0, 1, 128] };
  const { code, stderr } =
    bundle.objects < UNPACK_LIMIT
      ? await git('unpack-objects', ['-q', '--strict'], options)
      : await git('index-pack', ['--stdin', '--fix-thin', '--strict'], options);
  if ('destroy' in input) input.destroy();
  return code === 0
    ? { value: bundle.commit }
    : { refused: `git refused its objects: ${plainLine(stderr).slice(-500)}` };
};
