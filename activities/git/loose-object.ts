/** Writes a single object into a repository as git would: for the small ones that are not worth a process. */
import { createHash, randomBytes } from 'node:crypto';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';

/**
 * @param format of the repository's object names
 * @returns the object's name
 */
export const writeLooseObject = async (
  gitDirectory: string,
  format: 'sha1' | 'sha256',
  kind: 'commit' | 'blob',
  content: string | Uint8Array,
): Promise<string> => {
  const body = typeof content === 'string' ? Buffer.from(content) : content;
  const object = Buffer.concat([Buffer.from(`${kind} ${body.length}\0`), body]);
  const name = createHash(format).update(object).digest('hex');
  const directory = join(gitDirectory, 'objects', name.slice(0, 2));
  const path = join(directory, name.slice(2));
  const there = await access(path).then(
    () => true,
    () => false,
  );
  if (there) return name;
  await mkdir(directory, { recursive: true });
  const temporary = join(directory, `tmp_obj_${randomBytes(6).toString('hex')}`);
  try {
    await writeFile(temporary, deflateSync(object, { level: 1 }), { mode: 0o444, flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return name;
};
