/** What commits changed against a base: paths, sizes and hunks, of many commits in one process. */
import { git } from './git.ts';
import { shownPath, type Hub } from './merge-objects.ts';

/** Lines of the base that a hunk replaces, counted from 0; `count` 0 is an insertion before line `start`. */
export interface Hunk {
  readonly start: number;
  readonly count: number;
}

export interface FileChange {
  /** In Latin-1, one character per byte. */
  readonly path: string;
  /** A renamed file is one that is deleted and one that is added. */
  readonly kind: 'added' | 'deleted' | 'modified';
  /** The text of a regular file changed, and nothing else of it. */
  readonly plain: boolean;
  /** Names of the old and the new content. */
  readonly content: string;
  readonly insertions: number;
  readonly deletions: number;
}

/** As git's merge finds them: other algorithms give other hunks. */
const OPTIONS = [
  '--stdin',
  '-r',
  '--no-renames',
  '--diff-algorithm=histogram',
  '--no-indent-heuristic',
] as const;
const COMMIT_LINE = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
const RAW_LINE = /^:(\d+) (\d+) ([0-9a-f]+) ([0-9a-f]+) ([A-Z])/;

/** The second name on a line stands for the parent to compare with. */
const comparisons = (base: string, commits: readonly string[]): string =>
  [...new Set(commits)].map((commit) => `${commit} ${base}\n`).join('');

/** @returns by commit, what it changed since `base` */
export const changesSince = async (
  hub: Hub,
  base: string,
  commits: readonly string[],
): Promise<ReadonlyMap<string, readonly FileChange[]>> => {
  const { stdout } = await git('diff-tree', [...OPTIONS, '--raw', '--numstat', '-z'], {
    ...hub,
    input: comparisons(base, commits),
  });
  const found = new Map<string, FileChange[]>(commits.map((commit) => [commit, []]));
  const fields = stdout.toString('latin1').split('\0').values();
  let commit = '';
  let sizes = new Map<string, readonly [insertions: string, deletions: string]>();
  let raw: (readonly [facts: RegExpExecArray, path: string])[] = [];
  const flush = (): void => {
    const changes = raw.map(([facts, path]) => fileChange(facts, path, sizes.get(path)));
    if (changes.length > 0) found.set(commit, changes);
    [raw, sizes] = [[], new Map()];
  };
  for (const field of fields) {
    const facts = RAW_LINE.exec(field);
    if (facts !== null) raw.push([facts, fields.next().value ?? '']);
    else if (COMMIT_LINE.test(field)) {
      flush();
      commit = field;
    } else {
      const [insertions = '', deletions = '', ...path] = field.split('\t');
      sizes.set(path.join('\t'), [insertions, deletions]);
    }
  }
  flush();
  return found;
};

const fileChange = (
  [, oldMode, mode = '', oldContent = '', content = '', status]: RegExpExecArray,
  path: string,
  [insertions, deletions]: readonly [string, string] = ['-', '-'],
): FileChange => ({
  path,
  kind: status === 'A' ? 'added' : status === 'D' ? 'deleted' : 'modified',
  // Git gives `-` for what is not text.
  plain: status === 'M' && oldMode === mode && mode.startsWith('100') && insertions !== '-',
  content: `${oldContent}..${content}`,
  insertions: Number(insertions) || 0,
  deletions: Number(deletions) || 0,
});

/** Bytes of paths for one process. */
const PATHS_AT_ONCE = 64 * 1024;
/** Processes; the hunks of further paths stay unknown. */
const MAX_RUNS = 16;

/**
 * @param paths in Latin-1
 * @returns hunks by `content` of the change; one that is missing is not known
 */
export const hunksOf = async (
  hub: Hub,
  base: string,
  commits: readonly string[],
  paths: readonly string[],
): Promise<ReadonlyMap<string, readonly Hunk[]>> => {
  const found = new Map<string, Hunk[]>();
  const input = comparisons(base, commits);
  for (const some of portions(paths).slice(0, MAX_RUNS)) {
    const { code, stdout } = await git(
      'diff-tree',
      [...OPTIONS, '-p', '-U0', '--full-index', '--', ...some],
      {
        ...hub,
        input,
        // Ended for printing too much.
        okCodes: [0, -1],
      },
    );
    if (code === 0) readHunks(stdout, found);
  }
  return found;
};

const portions = (paths: readonly string[]): readonly (readonly string[])[] => {
  const portions: string[][] = [[]];
  let size = 0;
  for (const path of paths) {
    const name = shownPath(path);
    // An argument is text: a path that is not stays unknown.
    if (Buffer.from(name).toString('latin1') !== path) continue;
    size += path.length + 1;
    if (size > PATHS_AT_ONCE) [size] = [path.length + 1, portions.push([])];
    portions.at(-1)?.push(name);
  }
  return portions.filter((portion) => portion.length > 0);
};

const INDEX_LINE = /^index ([0-9a-f]+\.\.[0-9a-f]+)/;
const HUNK_LINE = /^@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@/;

/** Lines of content start with `+`, `-` or a backslash, so that nothing in a file can pass for a header. */
const readHunks = (output: Buffer, found: Map<string, Hunk[]>): void => {
  let hunks: Hunk[] = [];
  for (const line of linesOf(output)) {
    const content = INDEX_LINE.exec(line)?.[1];
    if (content !== undefined) found.set(content, (hunks = []));
    const hunk = HUNK_LINE.exec(line);
    if (hunk === null) continue;
    const count = Number(hunk[2] ?? 1);
    hunks.push({ start: Number(hunk[1]) - (count === 0 ? 0 : 1), count });
  }
};

/** Only the beginning of each line is looked at; a line of many megabytes is not copied. */
function* linesOf(output: Buffer): Generator<string> {
  const NEWLINE = 10;
  let from = 0;
  while (from < output.length) {
    const end = output.indexOf(NEWLINE, from);
    const stop = end === -1 ? output.length : end;
    yield output.toString('latin1', from, Math.min(stop, from + 160));
    from = stop + 1;
  }
}

/** How many hunks of `a` and `b` touch the same or neighbouring lines of the base: git takes these for conflicts. */
export const overlappingHunks = (a: readonly Hunk[], b: readonly Hunk[]): number => {
  let found = 0;
  let from = 0;
  for (const hunk of a) {
    while (from < b.length && endOf(b[from]) < hunk.start) from += 1;
    for (let index = from; index < b.length && (b[index]?.start ?? Infinity) <= endOf(hunk); index += 1)
      found += 1;
  }
  return found;
};

const endOf = (hunk: Hunk | undefined): number => (hunk === undefined ? 0 : hunk.start + hunk.count);
