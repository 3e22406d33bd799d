/** Branches of independent mode: named in the hub so that a person finds them, and measured. Only reads otherwise. */
import type { BranchSize } from '../../domain/swarm/comparison.ts';
import { changesSince } from '../git/changes.ts';
import { moveRef, openHub, readRef } from '../git/hub.ts';
import { shownPath } from '../git/merge-objects.ts';

const PATHS_SHOWN = 20;

export const compareBranches = async (
  path: string,
  base: string,
  branches: readonly { readonly branch: string; readonly commit: string }[],
): Promise<readonly BranchSize[]> => {
  const hub = await openHub(path);
  for (const { branch, commit } of branches)
    // `agent-0` may have been lost and `agent-0.2` have done the work: `git diff main..agent-0` works all the same.
    if ((await readRef(hub, branch)) === undefined) await moveRef(hub, branch, undefined, commit);
  const changes = await changesSince(
    hub,
    base,
    branches.map(({ commit }) => commit),
  );
  return branches.map(({ commit }) => {
    const files = changes.get(commit) ?? [];
    const sum = (key: 'insertions' | 'deletions'): number => files.reduce((all, file) => all + file[key], 0);
    return {
      files: files.length,
      insertions: sum('insertions'),
      deletions: sum('deletions'),
      paths: files.slice(0, PATHS_SHOWN).map((file) => shownPath(file.path)),
    };
  });
};
