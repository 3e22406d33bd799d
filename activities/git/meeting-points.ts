/** Where the changes of two branches can meet: the same path, a file where the other has a directory, a moved directory. */
import type { FileChange } from './changes.ts';

export interface MeetingPoints {
  readonly changes: ReadonlyMap<string, FileChange>;
  readonly paths: ReadonlySet<string>;
  /** Directories above added files: a file of that name elsewhere is a conflict. */
  readonly addedBelow: ReadonlySet<string>;
  /** Directories that files were moved out of: git moves what the other side adds there. */
  readonly movedFrom: ReadonlySet<string>;
}

export const meetingPoints = (changes: readonly FileChange[]): MeetingPoints => {
  const added = changes.filter((change) => change.kind === 'added');
  const deleted = changes.filter((change) => change.kind === 'deleted');
  return {
    changes: new Map(changes.map((change) => [change.path, change])),
    paths: new Set(changes.map((change) => change.path)),
    addedBelow: new Set(added.flatMap((change) => directoriesAbove(change.path))),
    movedFrom: new Set(added.length === 0 ? [] : deleted.flatMap((change) => directoriesAbove(change.path))),
  };
};

const directoriesAbove = (path: string): readonly string[] => {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
};

/** Do they meet otherwise than by a path that both change? */
export const meetByName = (a: MeetingPoints, b: MeetingPoints): boolean =>
  !a.paths.isDisjointFrom(b.addedBelow) ||
  !a.addedBelow.isDisjointFrom(b.paths) ||
  !a.movedFrom.isDisjointFrom(b.addedBelow) ||
  !a.addedBelow.isDisjointFrom(b.movedFrom);
