/** Where a finished branch conflicts with what has landed: the places between git's markers, read from the hub. */
import { DroverFailure } from '../domain/failures.ts';
import { openHub, type HubGit } from './hub-git.ts';
import { findTask } from './swarm-actions.ts';
import type { SwarmHandle } from './swarm-handle.ts';

export interface ConflictFile {
  /** Text of strangers, as all of it. */
  readonly path: string;
  /** Each place in conflict with some lines around it; empty where nothing can be shown as text. */
  readonly places: readonly { readonly line: number; readonly text: string }[];
}

const LINES_AROUND = 3;
const FILES = 50;
const PLACES = 100;
const PLACE_CHARACTERS = 20_000;

const CONFIG = ['-c', 'merge.conflictStyle=zdiff3', '-c', 'merge.directoryRenames=true'];

/** Markers name what is on each side by words instead of commits. */
const named = (line: string, theirs: string): string => {
  if (line.startsWith('<<<<<<< ')) return '<<<<<<< what has landed';
  if (line.startsWith('||||||| ')) return '||||||| before both';
  return line.startsWith('>>>>>>> ') ? `>>>>>>> ${theirs}` : line;
};

const placesOf = (text: string, theirs: string): ConflictFile['places'] => {
  const lines = text.split('\n');
  const found: { line: number; text: string }[] = [];
  for (let at = 0; at < lines.length && found.length < PLACES; at += 1) {
    if (lines[at]?.startsWith('<<<<<<< ') !== true) continue;
    const end = lines.findIndex((line, index) => index > at && line.startsWith('>>>>>>> '));
    if (end === -1) break;
    const shown = lines.slice(Math.max(0, at - LINES_AROUND), end + 1 + LINES_AROUND);
    found.push({
      line: at + 1,
      text: shown
        .map((line) => named(line, theirs))
        .join('\n')
        .slice(0, PLACE_CHARACTERS),
    });
    at = end;
  }
  return found;
};

/** The merge as it stops: its tree, with markers in the files, and the paths in conflict. */
const stoppedMerge = async (
  git: HubGit,
  ours: string,
  theirs: string,
): Promise<{ readonly tree: string; readonly paths: readonly string[] }> => {
  const merge = [...CONFIG, 'merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', ours, theirs];
  const output = await git(...merge).catch((error: unknown) => {
    // Ends with 1 when there are conflicts.
    if (error instanceof Error && Reflect.get(error, 'code') === 1)
      return String(Reflect.get(error, 'stdout'));
    throw error;
  });
  const [tree = '', ...paths] = output.split('\0').filter((field) => field !== '');
  return { tree, paths: [...new Set(paths)] };
};

/** @returns nothing when the branch merges cleanly with what has landed by now */
export const swarmConflict = async (
  swarm: SwarmHandle,
  path: string,
  taskId: string,
): Promise<readonly ConflictFile[]> => {
  const task = await findTask(swarm, taskId);
  if (task.commit === undefined)
    throw new DroverFailure('wrongState', `Task ${taskId} has no finished branch`, {
      hint: `drover status ${swarm.id} shows how far it is`,
    });
  const git = await openHub(swarm, path);
  const { baseCommit } = await swarm.state();
  const landed = await git('rev-parse', '--verify', '--quiet', 'refs/heads/result').catch(() => baseCommit);
  const { tree, paths } = await stoppedMerge(git, landed.trim(), task.commit);
  return Promise.all(
    paths.slice(0, FILES).map(async (name) => ({
      path: name,
      // Not there as a file, when one side deleted it; too large to be read by anybody.
      places: placesOf(await git('cat-file', 'blob', `${tree}:${name}`).catch(() => ''), taskId),
    })),
  );
};

/** The same as one text. */
export const conflictText = (files: readonly ConflictFile[]): string =>
  files
    .flatMap(({ path, places }) =>
      places.length === 0
        ? [`${path}: in conflict as a whole, such as when one side deleted it\n`]
        : places.map(({ line, text }) => `${path}:${line}\n${text}\n`),
    )
    .join('\n');
