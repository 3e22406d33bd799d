/** Single objects, written into a repository and read as git would: for the small ones that are not worth a process. */
import { createHash, randomBytes } from 'node:crypto';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync, inflateSync } from 'node:zlib';

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

const COMMIT_LIMIT_BYTES = 1024 * 1024;

/** The parents of the commit, or undefined when it is no loose object that can be read: then git has to say. */
export const looseParents = async (
  gitDirectory: string,
  commit: string,
): Promise<readonly string[] | undefined> => {
  let object: Buffer;
  try {
    const file = await readFile(join(gitDirectory, 'objects', commit.slice(0, 2), commit.slice(2)));
    object = inflateSync(file, { maxOutputLength: COMMIT_LIMIT_BYTES });
  } catch {
    return undefined;
  }
  const format = commit.length === 64 ? 'sha256' : 'sha1';
  if (createHash(format).update(object).digest('hex') !== commit) return undefined;
  const [header = '', ...lines] = object.toString('latin1').split(/\0|\n/);
  if (!header.startsWith('commit ')) return undefined;
  const parents: string[] = [];
  // The tree comes first, then the parents, then everything else.
  for (const line of lines.slice(1)) {
    if (!line.startsWith('parent ')) break;
    parents.push(line.slice('parent '.length));
  }
  return parents;
};
