/**
 * Replays resolutions. What resolved a conflict once in this swarm, whoever made it (a fixing agent, a person, a
 * rung), is in the train: merges that git could not have made alone. Git's own `rerere` learns them from there, in
 * a repository of Drover's own with file names of Drover's own, and is then shown the new conflict. Nothing is
 * kept: what the train does not hold, because it was not accepted, is never replayed.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasConflictMarkers } from '../../domain/train/conflict-markers.ts';
import { readBlobs, writeBlob } from '../git/blobs.ts';
import { git, type GitOptions } from '../git/git.ts';
import { readHubRecord } from '../git/hub.ts';
import { mergeTrees, shownPath, type Hub } from '../git/merge-objects.ts';
import { quotedLine } from '../git/repository-files.ts';
import {
  conflictedFiles,
  isTextConflict,
  NOTHING,
  type Conflict,
  type Content,
  type Rung,
  type TextConflict,
} from './conflict.ts';
import { filesOf } from './scratch.ts';

/** The newest resolutions that are learnt from; each costs a merge of objects. */
const LEARNT = 100;

export const rerere: Rung = {
  climb: async (conflict, scratch) => {
    const wanted = conflict.files.filter(isTextConflict);
    if (wanted.length === 0) return NOTHING;
    const merges = await resolvedMerges(conflict.hub, conflict.ours);
    if (merges.length === 0) return NOTHING;
    const memory = await openMemory(scratch, conflict);
    for (const merge of merges) await memory.learn(merge);
    return memory.recall(wanted);
  },
};

interface ResolvedMerge {
  readonly commit: string;
  readonly parents: readonly [ours: string, theirs: string];
}

/**
 * Merges in what the train took over. The train's own commits are left out: they are clean by their making. Oldest
 * first, so that the newest resolution of the same conflict counts.
 */
const resolvedMerges = async (hub: Hub, tip: string): Promise<readonly ResolvedMerge[]> => {
  const base = (await readHubRecord(hub.cwd))?.baseCommit;
  if (base === undefined) return [];
  const list = async (...more: readonly string[]): Promise<readonly string[]> => {
    const { stdout } = await git('rev-list', [...more, tip, `^${base}`], hub);
    return stdout
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '');
  };
  const own = new Set(await list('--first-parent'));
  return (await list('--parents', '--min-parents=2', '--max-parents=2'))
    .flatMap((line) => {
      const [commit = '', ours = '', theirs = ''] = line.split(' ');
      return own.has(commit) ? [] : [{ commit, parents: [ours, theirs] as const }];
    })
    .slice(0, LEARNT)
    .toReversed();
};

const openMemory = async (scratch: string, { hub, tree, ours }: Conflict) => {
  const gitDir = join(scratch, 'git');
  const workTree = join(scratch, 'files');
  const sha256 = ours.length === 64;
  for (const path of ['objects/info', 'refs/heads', 'rr-cache'])
    await mkdir(join(gitDir, path), { recursive: true });
  await mkdir(workTree);
  await writeFile(join(gitDir, 'HEAD'), 'ref: refs/heads/none\n');
  await writeFile(join(gitDir, 'objects/info/alternates'), `${quotedLine(join(hub.cwd, 'objects'))}\n`);
  await writeFile(
    join(gitDir, 'config'),
    sha256
      ? '[core]\n\trepositoryformatversion = 1\n\tbare = false\n[extensions]\n\tobjectformat = sha256\n'
      : '[core]\n\trepositoryformatversion = 0\n\tbare = false\n',
  );
  const options: GitOptions = {
    cwd: workTree,
    gitDir,
    workTree,
    config: { 'rerere.enabled': 'true', 'rerere.autoUpdate': 'false' },
  };
  const fileOf = (index: number): string => join(workTree, `f${index}`);

  /** Puts the conflicts before git, as a merge that stopped would have left them. */
  const show = async (files: readonly TextConflict[], marked: ReadonlyMap<string, Content>) => {
    for (const name of ['index', 'MERGE_RR']) await rm(join(gitDir, name), { force: true });
    const blobs = await readBlobs(
      hub,
      files.map(({ path }) => marked.get(path)?.oid ?? ''),
    );
    const lines: string[] = [];
    for (const [index, { path, base, ours: mine, theirs }] of files.entries()) {
      await writeFile(fileOf(index), blobs.get(marked.get(path)?.oid ?? '') ?? '');
      [base, mine, theirs].forEach((side, stage) => {
        if (side !== undefined) lines.push(`${side.mode} ${side.oid} ${stage + 1}\tf${index}\0`);
      });
    }
    await git('update-index', ['-z', '--index-info'], { ...options, input: lines.join('') });
    await git('rerere', [], options);
  };

  const learn = async ({ commit, parents: [mine, theirs] }: ResolvedMerge): Promise<void> => {
    const merge = await mergeTrees(hub, mine, theirs);
    if (merge.clean) return;
    const [marked, accepted] = await Promise.all([filesOf(hub, merge.tree), filesOf(hub, commit)]);
    const files = conflictedFiles(merge.conflicts).filter(
      (file): file is TextConflict =>
        isTextConflict(file) && marked.has(file.path) && accepted.has(file.path),
    );
    if (files.length === 0) return;
    await show(files, marked);
    const blobs = await readBlobs(
      hub,
      files.map(({ path }) => accepted.get(path)?.oid ?? ''),
    );
    for (const [index, { path }] of files.entries())
      await writeFile(fileOf(index), blobs.get(accepted.get(path)?.oid ?? '') ?? '');
    await git('rerere', [], options);
  };

  const recall = async (wanted: readonly TextConflict[]) => {
    const marked = await filesOf(hub, tree);
    const files = wanted.filter(({ path }) => marked.has(path));
    await show(files, marked);
    const settled = new Map<string, Content>();
    const how: string[] = [];
    for (const [index, { path, ours: mine }] of files.entries()) {
      const content = await readFile(fileOf(index));
      if (hasConflictMarkers(content.toString('latin1'))) continue;
      settled.set(path, { mode: mine.mode, oid: await writeBlob(hub, content, ours) });
      how.push(`${shownPath(path)}: as the same conflict was resolved before in this swarm`);
    }
    return { settled, how, reasons: [] };
  };
  return { learn, recall };
};
