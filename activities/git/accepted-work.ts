/**
 * What a branch must be before the hub names it: whole, built on what its agent was given, and without entries
 * that a later checkout or merge could be misled by. The commit is read as objects; nothing of it is followed.
 */
import { clip, plainLine } from '../../domain/text.ts';
import { readBlobs } from './blobs.ts';
import { git } from './git.ts';
import type { AgentRecord } from './hub.ts';
import { looseParents } from './loose-object.ts';
import { isAncestor, shownPath, type Hub } from './merge-objects.ts';

const NOT_ON_BASE = 'it does not build on the commit that it was given';

/** What is wrong with the commit, or the paths that it changed. */
type ExaminedWork = { readonly refused: string } | { readonly changed: readonly string[] };

export const examineWork = async (hub: Hub, commit: string, asked: AgentRecord): Promise<ExaminedWork> => {
  const misplaced = await whyMisplaced(hub, commit, asked);
  if (misplaced !== undefined) return { refused: misplaced };
  const { stdout } = await git(
    'diff-tree',
    ['-r', '-z', '--raw', '--no-renames', asked.baseCommit, commit],
    hub,
  );
  const entries = parseRaw(stdout.toString('latin1'));
  if (entries.length === 0 && asked.mustChange === true) return { refused: 'it changes nothing' };
  const hostile = await hostileEntry(hub, entries);
  return hostile === undefined
    ? { changed: entries.map(({ path }) => shownPath(path)) }
    : { refused: hostile };
};

/** Why the commit is refused; undefined when it is good. */
export const refusalOf = async (
  hub: Hub,
  commit: string,
  asked: AgentRecord,
): Promise<string | undefined> => {
  const work = await examineWork(hub, commit, asked);
  return 'refused' in work ? work.refused : undefined;
};

/** Is it whole, and built on what was given? */
const whyMisplaced = async (hub: Hub, commit: string, asked: AgentRecord): Promise<string | undefined> => {
  const known = [asked.baseCommit, ...(asked.mergeParent === undefined ? [] : [asked.mergeParent])];
  // The common case, one commit on what was given. That it is whole was checked with its objects: git takes none
  // whose links lead nowhere (`--strict`).
  const direct = await looseParents(hub.gitDir ?? hub.cwd, commit);
  if (direct !== undefined && direct.join() === known.join()) return undefined;
  const whole = await git(
    'rev-list',
    ['--objects', '--no-object-names', '--parents', commit, ...known.map((parent) => `^${parent}`)],
    { ...hub, okCodes: [0, 1, 128] },
  );
  if (whole.code !== 0) return `it is not whole: ${clip(plainLine(whole.stderr), 300)}`;
  const lines = whole.stdout.toString('latin1').split('\n');
  // The newest commit comes first, with its parents; a tag, a tree or a commit without a past has none.
  if (!lines[0]?.startsWith(`${commit} `)) return NOT_ON_BASE;
  const parents = new Set(lines.flatMap((line) => line.split(' ').slice(1)));
  for (const parent of known)
    if (!parents.has(parent) && !(await isAncestor(hub, parent, commit)))
      return parent === asked.mergeParent
        ? 'it does not contain the branch that it was to merge'
        : NOT_ON_BASE;
  return undefined;
};

/** `path` in Latin-1, one character per byte. */
interface Entry {
  readonly path: string;
  readonly oldMode: string;
  readonly mode: string;
  readonly oid: string;
}

const SUBMODULE = '160000';
const LINK = '120000';
const DELETED = '000000';

const hostileEntry = async (hub: Hub, changed: readonly Entry[]): Promise<string | undefined> => {
  const entries = changed.filter((entry) => entry.mode !== DELETED);
  for (const { path, mode, oldMode } of entries) {
    if (path.split('/').some(isGitDirectoryName))
      return `it holds a path into a git directory: ${named(path)}`;
    if (mode === SUBMODULE && oldMode !== SUBMODULE)
      return `it adds a repository inside the repository: ${named(path)}`;
  }
  const links = entries.filter((entry) => entry.mode === LINK);
  const targets = await readBlobs(
    hub,
    links.map((entry) => entry.oid),
  );
  const escaping = links.find(
    ({ path, oid }) => !staysInside(path, targets.get(oid)?.toString('latin1') ?? '/'),
  );
  return escaping === undefined
    ? undefined
    : `it holds a symbolic link that leads out of the repository: ${named(escaping.path)}`;
};

const named = (path: string): string => clip(plainLine(shownPath(path)), 200);

const parseRaw = (text: string): readonly Entry[] => {
  const fields = text.split('\0');
  const entries: Entry[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [oldMode = '', mode = '', , oid = ''] = (fields[at] ?? '').slice(1).split(' ');
    entries.push({ path: fields[at + 1] ?? '', oldMode, mode, oid });
  }
  return entries;
};

/** Characters that HFS+ ignores in names. */
const IGNORED = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/gu;

/** `.git` as any file system may read it: in any case, with ignored characters, as a short name or a stream. */
const isGitDirectoryName = (part: string): boolean => {
  const name = shownPath(part)
    .replace(IGNORED, '')
    .toLowerCase()
    .replace(/(:.*)?$/s, '')
    .replace(/[ .]+$/, '');
  return name === '.git' || /^git~[0-9]+$/.test(name) || name.split('\\').includes('.git');
};

/**
 * Does a link at `path` stay in the tree? Steps up may only come first: after a step into a directory that is
 * itself a link, a step up could lead anywhere.
 */
const staysInside = (path: string, target: string): boolean => {
  if (target === '' || target.startsWith('/') || target.includes('\\')) return false;
  const steps = target.split('/').filter((step) => step !== '' && step !== '.');
  const down = steps.findIndex((step) => step !== '..');
  const up = down === -1 ? steps.length : down;
  return up < path.split('/').length && !steps.slice(up).includes('..') && !steps.some(isGitDirectoryName);
};
