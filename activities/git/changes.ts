/** What commits changed against a base: paths, sizes and hunks, of many commits in one process. */
import { git } from './git.ts';

/** Lines of the base that a hunk replaces; `count` 0 is an insertion after line `start`. */
export interface Hunk {
  readonly start: number;
  readonly count: number;
}

export interface FileChange {
  readonly path: string;
  /** A renamed file is one that is deleted and one that is added. */
  readonly kind: 'added' | 'deleted' | 'modified';
  /** Empty for what is not text. */
  readonly hunks: readonly Hunk[];
  readonly insertions: number;
  readonly deletions: number;
}

const OPTIONS = ['--stdin', '-r', '--no-renames', '--no-color', '--no-ext-diff', '--no-textconv'] as const;
const COMMIT_LINE = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
const HUNK_LINE = /^@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@/;

/**
 * @param commits each compared with `base`
 * @returns changes by commit
 */
export const changesSince = async (
  hub: string,
  base: string,
  commits: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, readonly FileChange[]>> => {
  const wanted = [...new Set(commits)];
  // The second name on a line stands for the parent to compare with.
  const input = wanted.map((commit) => `${commit} ${base}\n`).join('');
  const options = { cwd: hub, input, ...(signal === undefined ? {} : { signal }) };
  const [raw, patch] = await Promise.all([
    git('diff-tree', [...OPTIONS, '--raw', '-z'], options),
    git('diff-tree', [...OPTIONS, '-p', '-U0', '--full-index'], options),
  ]);
  const paths = parseRaw(raw.stdout.toString('utf8'));
  const sizes = parsePatch(patch.stdout);
  return new Map(
    wanted.map((commit) => {
      const blocks = sizes.get(commit) ?? [];
      let next = 0;
      const changes = (paths.get(commit) ?? []).map(({ path, status }): FileChange => {
        const block = blocks[next] ?? NO_BLOCK;
        // A file that became a link (or the other way round) is shown as deleted and added again.
        next += status === 'T' ? 2 : 1;
        return {
          path,
          kind: status === 'A' ? 'added' : status === 'D' ? 'deleted' : 'modified',
          hunks: block.hunks,
          insertions: block.insertions,
          deletions: block.deletions,
        };
      });
      return [commit, changes] as const;
    }),
  );
};

/** `<commit>\0:<modes> <ids> <status>\0<path>\0…`, again for each commit that changed something. */
const parseRaw = (text: string): Map<string, { path: string; status: string }[]> => {
  const found = new Map<string, { path: string; status: string }[]>();
  const fields = text.split('\0');
  let current: { path: string; status: string }[] = [];
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index] ?? '';
    if (COMMIT_LINE.test(field)) {
      current = [];
      found.set(field, current);
    } else if (field.startsWith(':')) {
      index += 1;
      current.push({
        path: fields[index] ?? '',
        status: field.slice(field.lastIndexOf(' ') + 1, field.length)[0] ?? 'M',
      });
    }
  }
  return found;
};

interface Block {
  readonly hunks: Hunk[];
  insertions: number;
  deletions: number;
}
const NO_BLOCK: Readonly<Block> = { hunks: [], insertions: 0, deletions: 0 };

/**
 * Hunks per file, in the order of the raw output. Lines of content start with `+`, `-` or a backslash, so nothing
 * in a file can pass for a header.
 */
const parsePatch = (output: Buffer): Map<string, Block[]> => {
  const found = new Map<string, Block[]>();
  let blocks: Block[] = [];
  let block: Block | undefined;
  for (const line of linesOf(output)) {
    const hunk = HUNK_LINE.exec(line);
    if (hunk !== null && block !== undefined) {
      const count = hunk[2] === undefined ? 1 : Number(hunk[2]);
      block.hunks.push({ start: Number(hunk[1]), count });
      block.deletions += count;
      block.insertions += hunk[3] === undefined ? 1 : Number(hunk[3]);
    } else if (line.startsWith('diff --git ')) {
      block = { hunks: [], insertions: 0, deletions: 0 };
      blocks.push(block);
    } else if (COMMIT_LINE.test(line)) {
      blocks = [];
      block = undefined;
      found.set(line, blocks);
    }
  }
  return found;
};

/** Only the beginning of each line is looked at; a line of many megabytes is not copied. */
function* linesOf(output: Buffer): Generator<string> {
  const NEWLINE = 10;
  let from = 0;
  while (from < output.length) {
    const end = output.indexOf(NEWLINE, from);
    const stop = end === -1 ? output.length : end;
    yield output.toString('latin1', from, Math.min(stop, from + 100));
    from = stop + 1;
  }
}

/** How many hunks of `a` and `b` touch the same or neighbouring lines of the base. */
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

/** The line after the hunk: git takes changes that touch for a conflict. */
const endOf = (hunk: Hunk | undefined): number => (hunk === undefined ? 0 : hunk.start + hunk.count);
