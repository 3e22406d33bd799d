/**
 * Merging on objects in the hub: no checkout, no index, no ref. The same commits merged by the same version of
 * git give the same tree, and with their fixed author and date the same commit, so that a retry changes nothing.
 */
import { git, type GitOptions } from './git.ts';
import { writeLooseObject } from './loose-object.ts';

/** Where git runs: the hub. */
export type Hub = Pick<GitOptions, 'cwd' | 'gitDir'>;

/** An entry of the index that a stopped merge leaves. `path` in Latin-1, one character per byte. */
export interface ConflictEntry {
  readonly mode: string;
  readonly oid: string;
  /** 1 the common ancestor, 2 ours, 3 theirs. */
  readonly stage: number;
  readonly path: string;
}

export interface TreeMerge {
  readonly clean: boolean;
  /** With conflict markers in the files of `conflicts`. */
  readonly tree: string;
  readonly conflicts: readonly ConflictEntry[];
}

const MERGE_CONFIG = {
  'merge.conflictStyle': 'zdiff3',
  // A file added to a directory that the other side renamed follows it; the tests tell if that was wrong.
  'merge.directoryRenames': 'true',
  'core.looseCompression': '1',
} as const;

const ENTRY = /^([0-7]{6}) ([0-9a-f]{40,64}) ([123])\t([\s\S]+)$/;

/** Merges `theirs` into `ours`. A conflict is a value. */
export const mergeTrees = async (hub: Hub, ours: string, theirs: string): Promise<TreeMerge> => {
  const { code, stdout } = await git('merge-tree', ['--write-tree', '-z', '--no-messages', ours, theirs], {
    ...hub,
    config: MERGE_CONFIG,
    okCodes: [0, 1],
  });
  const [tree = '', ...rest] = stdout.toString('latin1').split('\0');
  return { clean: code === 0, tree, conflicts: rest.flatMap(entryOf) };
};

const entryOf = (text: string): readonly ConflictEntry[] => {
  const [, mode, oid, stage, path] = ENTRY.exec(text) ?? [];
  return mode === undefined || oid === undefined || stage === undefined || path === undefined
    ? []
    : [{ mode, oid, stage: Number(stage), path }];
};

/** The paths of the entries as text, each once. */
export const pathsOf = (entries: readonly ConflictEntry[]): readonly string[] =>
  [...new Set(entries.map((entry) => entry.path))].map(shownPath);

/** A path of bytes as text. */
export const shownPath = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8');

/**
 * Merges each pair by itself, all in one process.
 * @returns for each pair the paths in conflict as text; undefined for a pair that merges cleanly
 */
export const tryMerges = async (
  hub: Hub,
  pairs: readonly (readonly [ours: string, theirs: string])[],
): Promise<readonly (readonly string[] | undefined)[]> => {
  if (pairs.length === 0) return [];
  const { stdout } = await git(
    'merge-tree',
    ['--write-tree', '-z', '--no-messages', '--name-only', '--stdin'],
    {
      ...hub,
      config: MERGE_CONFIG,
      input: pairs.map(([ours, theirs]) => `${ours} ${theirs}\n`).join(''),
    },
  );
  const fields = stdout.toString('latin1').split('\0');
  let at = 0;
  return pairs.map(() => {
    const clean = fields[at] === '1';
    // The status, then the tree, then the paths in conflict, then an empty field.
    at += 2;
    const paths: string[] = [];
    for (; fields[at] !== '' && at < fields.length; at += 1) paths.push(fields[at] ?? '');
    at += 1;
    return clean ? undefined : [...new Set(paths)].map(shownPath);
  });
};

export interface CommitFacts {
  /** Seconds since 1970, brought into a range that every git accepts. */
  readonly date: number;
  /** First line of the message, as the author wrote it. */
  readonly subject: string;
}

/** Latest date that old and new versions of git agree on: the year 2099. */
const LATEST = 4_000_000_000;

export const factsOf = async (
  hub: Hub,
  commits: readonly string[],
): Promise<ReadonlyMap<string, CommitFacts>> => {
  const { stdout } = await git('log', ['--no-walk=unsorted', '--stdin', '-z', '--format=%H %ct %s'], {
    ...hub,
    input: [...new Set(commits)].map((commit) => `${commit}\n`).join(''),
  });
  const facts = new Map<string, CommitFacts>();
  for (const line of stdout.toString('utf8').split('\0')) {
    const [commit = '', date = '', ...subject] = line.split(' ');
    const seconds = Number(date);
    facts.set(commit, {
      date: Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), LATEST) : 0,
      subject: subject.join(' '),
    });
  }
  return facts;
};

const DROVER = 'Drover <drover@localhost>';

/** A commit by Drover itself. Given the same input it is the same commit. */
export const commitTree = (
  hub: Hub,
  commit: {
    readonly tree: string;
    readonly parents: readonly string[];
    /** Ends with a line feed. */
    readonly message: string;
    readonly date: number;
  },
): Promise<string> => {
  const { tree, parents, message, date } = commit;
  const who = `${DROVER} ${date} +0000`;
  const lines = [
    `tree ${tree}`,
    ...parents.map((parent) => `parent ${parent}`),
    `author ${who}`,
    `committer ${who}`,
  ];
  const format = tree.length === 64 ? 'sha256' : 'sha1';
  return writeLooseObject(hub.gitDir ?? hub.cwd, format, 'commit', `${lines.join('\n')}\n\n${message}`);
};

export const isAncestor = async (hub: Hub, ancestor: string, commit: string): Promise<boolean> =>
  (await git('merge-base', ['--is-ancestor', ancestor, commit], { ...hub, okCodes: [0, 1] })).code === 0;
