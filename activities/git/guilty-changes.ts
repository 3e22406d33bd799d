/** What the branches that are to blame for a red build changed, for the agent that repairs it. */
import type { FixRequest } from '../../domain/agents/agent.ts';
import { cap } from '../../domain/failures.ts';
import { git } from './git.ts';
import { shownPath, type Hub } from './merge-objects.ts';
import { trainMerges } from './train-log.ts';

/** Characters for all of them; the agent has the repository itself for the rest. */
const SHOWN = 16_000;
/** A person would look at no more either; the rest of a larger change is cut before it is read. */
const READ_BYTES = 4 * 1024 * 1024;
/** Landings that are looked through for a branch. */
const LOOKED_AT = 500;

/** @returns one diff for each task, as its merge brought it in; empty when none is found */
export const guiltyChanges = async (
  hub: Hub,
  base: string,
  fix: Extract<FixRequest, { kind: 'build' | 'test' }>,
): Promise<readonly { readonly taskId: string; readonly diff: string }[]> => {
  const merges = (await trainMerges(hub, base, fix.onto)).slice(0, LOOKED_AT);
  const wanted = fix.taskIds.flatMap((taskId) => merges.find((merge) => merge.taskId === taskId) ?? []);
  const share = Math.floor(SHOWN / Math.max(1, wanted.length));
  const changes: { taskId: string; diff: string }[] = [];
  for (const { taskId, parent, commit } of wanted) {
    const { stdout } = await git(
      'diff-tree',
      ['-p', '--stat', '-r', '--no-color', '--no-ext-diff', '--no-textconv', parent, commit],
      // Ended for printing too much.
      { ...hub, okCodes: [0, -1], outputLimit: READ_BYTES },
    );
    changes.push({ taskId, diff: cap(shownPath(stdout.toString('latin1')), share) });
  }
  return changes;
};
