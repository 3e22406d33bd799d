/** What a swarm, or one of its tasks, has changed: read from the hub on this machine. Only reads. */
import { join } from 'node:path';
import { DroverFailure } from '../domain/failures.ts';
import { isSha } from '../domain/names.ts';
import { readIfThere } from '../store/files.ts';
import { openHub, OUTPUT_BYTES } from './hub-git.ts';
import { findTask, phaseName } from './swarm-actions.ts';
import type { SwarmHandle } from './swarm-handle.ts';
import type { SwarmReader } from './swarm-reader.ts';

export interface ChangedFile {
  readonly path: string;
  /** Undefined for what is not text. */
  readonly insertions?: number;
  readonly deletions?: number;
}

export interface SwarmDiff {
  readonly base: string;
  readonly commit: string;
  readonly files: readonly ChangedFile[];
  /** As git prints it; text of strangers. */
  readonly patch: string;
  /** The patch is longer than what is given here. */
  readonly truncated: boolean;
}

interface Range {
  readonly base: string;
  readonly commit: string;
}

const rangeOfTask = async (swarm: SwarmHandle, taskId: string): Promise<Range> => {
  const task = await findTask(swarm, taskId);
  if (task.commit === undefined || task.agentId === undefined)
    throw new DroverFailure(
      'wrongState',
      `Task ${taskId} has no finished branch: it is ${task.state.replaceAll('_', ' ')}`,
      { hint: `drover logs ${swarm.id} ${taskId} shows what its agent does` },
    );
  // What the agent was given, with the work that it builds on, is not its own change.
  const record = await readIfThere(join(swarm.directory.hub, 'drover', 'agents', `${task.agentId}.json`));
  const known: unknown = record === undefined ? undefined : JSON.parse(record);
  const base =
    typeof known === 'object' && known !== null && 'baseCommit' in known ? known.baseCommit : undefined;
  return {
    base: typeof base === 'string' ? base : (await swarm.state()).baseCommit,
    commit: task.commit,
  };
};

const rangeOfResult = async (swarm: SwarmHandle): Promise<Range> => {
  const view = await swarm.state();
  if (view.baseCommit === '')
    throw new DroverFailure(
      'wrongState',
      `Swarm ${swarm.id} has nothing yet: it is ${phaseName(view.phase)}`,
      {
        hint: `drover status ${swarm.id} shows how far it is`,
      },
    );
  // Before the end: what has landed so far.
  return { base: view.baseCommit, commit: view.result?.commit ?? 'refs/heads/result' };
};

const numstat = (output: string): readonly ChangedFile[] =>
  output.split('\0').flatMap((entry) => {
    const [insertions = '', deletions = '', path] = entry.split('\t');
    if (path === undefined) return [];
    return [
      insertions === '-' ? { path } : { path, insertions: Number(insertions), deletions: Number(deletions) },
    ];
  });

/** @param taskId one task's own change; the result of the swarm when absent */
export const swarmDiff = async (swarm: SwarmHandle, path: string, taskId?: string): Promise<SwarmDiff> => {
  const range = await (taskId === undefined ? rangeOfResult(swarm) : rangeOfTask(swarm, taskId));
  const git = await openHub(swarm, path);
  const { base } = range;
  const commit = isSha(range.commit)
    ? range.commit
    : (await git('rev-parse', '--verify', range.commit).catch(() => '')).trim();
  if (commit === '')
    throw new DroverFailure('wrongState', `Nothing of swarm ${swarm.id} has landed yet`, {
      hint: `drover status ${swarm.id} shows how far it is`,
    });
  const options = ['-r', '--no-renames', '--no-ext-diff', '--no-textconv', '--no-color'];
  const files = numstat(await git('diff-tree', ...options, '--numstat', '-z', base, commit));
  try {
    const patch = await git('diff-tree', ...options, '-p', base, commit);
    return { base, commit, files, patch, truncated: false };
  } catch (error) {
    const partial =
      error instanceof RangeError || (error instanceof Error && 'stdout' in error)
        ? String(Reflect.get(error, 'stdout') ?? '')
        : undefined;
    if (partial === undefined || partial === '') throw error;
    return { base, commit, files, patch: partial, truncated: true };
  }
};

/** The same as one text, also of an archived swarm. @throws DroverFailure `resourcesExhausted` when it is too long */
export const wholePatch = async (reader: SwarmReader, path: string, taskId?: string): Promise<string> => {
  const { handle } = reader;
  const source = { ...handle, state: () => reader.state(), tasks: () => reader.tasks() };
  const { patch, truncated, base, commit } = await swarmDiff(source, path, taskId);
  if (!truncated) return patch;
  throw new DroverFailure('resourcesExhausted', `The diff is larger than ${OUTPUT_BYTES / 1_048_576} MB`, {
    hint: `look at it with git: git --git-dir ${handle.directory.hub} diff ${base}...${commit}`,
  });
};
