/** A merge that stopped, as the rungs of the ladder see it, and what a rung gives back. Paths are in Latin-1. */
import type { ConflictEntry, Hub } from '../git/merge-objects.ts';

/** A file in a tree. */
export interface Content {
  readonly mode: string;
  readonly oid: string;
}

export interface ConflictedFile {
  readonly path: string;
  readonly base?: Content;
  readonly ours?: Content;
  readonly theirs?: Content;
}

/** What no rung has resolved yet. */
export interface Conflict {
  readonly hub: Hub;
  /** Commits: the tip of the train and the branch. */
  readonly ours: string;
  readonly theirs: string;
  /** The merge so far: with conflict markers in `files`, with the results of earlier rungs elsewhere. */
  readonly tree: string;
  readonly files: readonly ConflictedFile[];
}

/** What one rung came to. What it does not name stays in conflict. */
export interface Step {
  readonly settled: ReadonlyMap<string, Content>;
  /** How, in words for people, one line for each file. */
  readonly how: readonly string[];
  /** Why something that the rung is for was not resolved. */
  readonly reasons: readonly string[];
}

export interface Rung {
  /** @param scratch a directory of this rung's own, empty; removed afterwards */
  readonly climb: (conflict: Conflict, scratch: string) => Promise<Step>;
}

/** What rungs that start programs are given. */
export interface Surroundings {
  /** The whole environment of those programs. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export const NOTHING: Step = { settled: new Map(), how: [], reasons: [] };

export const conflictedFiles = (entries: readonly ConflictEntry[]): readonly ConflictedFile[] => {
  const files = new Map<string, ConflictedFile>();
  const side = { 1: 'base', 2: 'ours', 3: 'theirs' } as const;
  for (const { path, stage, mode, oid } of entries) {
    const name = side[stage as 1 | 2 | 3];
    files.set(path, { ...(files.get(path) ?? { path }), [name]: { mode, oid } });
  }
  return [...files.values()];
};

const REGULAR = /^100(644|755)$/;

/** A file whose text is in conflict, and nothing else: on both sides a regular file with the same mode. */
export type TextConflict = ConflictedFile & { readonly ours: Content; readonly theirs: Content };

export const isTextConflict = (file: ConflictedFile): file is TextConflict =>
  file.ours !== undefined &&
  file.theirs !== undefined &&
  file.ours.mode === file.theirs.mode &&
  REGULAR.test(file.ours.mode) &&
  (file.base === undefined || REGULAR.test(file.base.mode));
