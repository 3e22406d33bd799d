/** Contents of files as objects of the hub, many in one process. */
import { git } from './git.ts';
import { writeLooseObject } from './loose-object.ts';
import type { Hub } from './merge-objects.ts';

export const readBlobs = async (hub: Hub, oids: readonly string[]): Promise<ReadonlyMap<string, Buffer>> => {
  const blobs = new Map<string, Buffer>();
  if (oids.length === 0) return blobs;
  const { stdout } = await git('cat-file', ['--batch'], {
    ...hub,
    input: oids.map((oid) => `${oid}\n`).join(''),
  });
  let at = 0;
  for (const oid of oids) {
    const lineEnd = stdout.indexOf(10, at);
    const size = Number(stdout.toString('latin1', at, lineEnd).split(' ')[2]);
    if (lineEnd === -1 || !Number.isInteger(size)) break;
    blobs.set(oid, stdout.subarray(lineEnd + 1, lineEnd + 1 + size));
    at = lineEnd + size + 2;
  }
  return blobs;
};

/** @param like the name of any object of the hub: it tells the kind of names */
export const writeBlob = (hub: Hub, content: Uint8Array, like: string): Promise<string> =>
  writeLooseObject(hub.gitDir ?? hub.cwd, like.length === 64 ? 'sha256' : 'sha1', 'blob', content);
