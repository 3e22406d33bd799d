/** Which paths a model may name: relative ones, without a way up, a way around, or a way into git's own files. */
import { ToolProblem } from './tool-problem.ts';

const MAX_PATH = 1000;
const MAX_COMPONENT = 255;

/** Code points that some file systems ignore in names, so that `.g\u200cit` is `.git` there. */
const IGNORED = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g;

/**
 * Is `name` git's own directory on any file system? Case, trailing dots and spaces, NTFS streams and short names
 * (`GIT~1`), and ignored code points are seen through, since the repository may be used on another machine.
 */
export const isGitName = (name: string): boolean => {
  const plain = name
    .normalize('NFKC')
    .replace(IGNORED, '')
    .toLowerCase()
    .split(':', 1)[0]!
    .replace(/[. ]+$/, '');
  return plain === '.git' || /^git~\d+$/.test(plain);
};

/**
 * The components of `path`, none of them empty, `.` or `..`; none at all for the workspace itself.
 * @throws ToolProblem for a path that is not inside the workspace, whatever is on the disk
 */
export const componentsOf = (path: string): readonly string[] => {
  if (path.length > MAX_PATH) throw new ToolProblem(`The path is longer than ${MAX_PATH} characters.`);
  const shown = JSON.stringify(path);
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(path)) throw new ToolProblem(`The path ${shown} has a control character.`);
  if (path.startsWith('/') || path.startsWith('~/') || /^[a-z]:[\\/]/i.test(path))
    throw new ToolProblem(`The path ${shown} is absolute. Paths are relative to the root of the workspace.`);
  const components = path.split('/').filter((part) => part !== '' && part !== '.');
  for (const part of components) {
    if (part === '..') throw new ToolProblem(`The path ${shown} leads out of its directory by "..".`);
    if (Buffer.byteLength(part) > MAX_COMPONENT)
      throw new ToolProblem(`A name in the path is longer than ${MAX_COMPONENT} bytes.`);
    if (isGitName(part))
      throw new ToolProblem(`The path ${shown} leads into git's own files, which no tool may touch.`);
  }
  return components;
};
