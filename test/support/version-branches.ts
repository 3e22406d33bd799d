/**
 * Many real branches that conflict as real work does: each change from one published version of a package to the
 * next, by group of files, put on top of one common base.
 */
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BranchTip, PairFacts } from '../../domain/train/integration.ts';
import { git, packedPackage, repositoryFromPackage } from './repository.ts';

interface VersionBranch {
  /** Such as `v1-12-0-lib`; a branch of this name is in the repository. */
  readonly id: string;
  readonly commit: string;
}

export interface VersionBranches {
  readonly base: string;
  /** From the oldest to the newest. */
  readonly branches: readonly VersionBranch[];
}

export interface VersionSource {
  readonly name: string;
  /** In order; the first is the base. */
  readonly versions: readonly string[];
  /** Which changes belong together; those without a group are left out. */
  readonly groupOf: (path: string) => string | undefined;
}

/** Makes a repository at `directory`. */
export const versionBranches = async (
  directory: string,
  { name, versions, groupOf }: VersionSource,
): Promise<VersionBranches> => {
  await repositoryFromPackage(directory, name, versions[0] ?? '');
  const run: Run = (...args) => git(directory, ...args);
  const trees: string[] = [];
  for (const version of versions) trees.push(await treeOf(directory, name, version));
  const [first = ''] = trees;
  const base = await commitOf(run, first, [], `${name} ${versions[0]}`);
  const branches: VersionBranch[] = [];
  for (const [index, version] of versions.entries()) {
    const [before, after] = [trees[index - 1], trees[index]];
    if (before === undefined || after === undefined) continue;
    const paths = await run('diff-tree', '-r', '--name-only', '--no-renames', before, after);
    for (const group of new Set(paths.split('\n').flatMap((path) => groupOf(path) ?? []))) {
      const tree = await onBase(run, { first, before, after, group });
      if (tree === first) continue;
      const id = `v${version}-${group}`.toLowerCase().replace(/[^a-z0-9]+/g, '-');
      const commit = await commitOf(run, tree, [base], `${group} of ${version}`);
      await run('update-ref', `refs/heads/${id.slice(0, 40).replace(/-$/, '')}`, commit);
      branches.push({ id: id.slice(0, 40).replace(/-$/, ''), commit });
    }
  }
  await run('read-tree', base);
  await run('update-ref', 'refs/heads/main', base);
  await run('checkout', '-q', '--force', 'main');
  return { base, branches };
};

type Run = (...args: readonly string[]) => Promise<string>;

const commitOf = (run: Run, tree: string, parents: readonly string[], message: string): Promise<string> =>
  run('commit-tree', tree, ...parents.flatMap((parent) => ['-p', parent]), '-m', message);

interface Change {
  readonly first: string;
  readonly before: string;
  readonly after: string;
  readonly group: string;
}

/** As git would pick the change onto the base; a change that needs what came before it comes with that. */
const onBase = async (run: Run, { first, before, after, group }: Change): Promise<string> => {
  const parent = await commitOf(run, before, [], 'before');
  const [ours, theirs] = [
    await commitOf(run, first, [parent], 'ours'),
    await commitOf(run, await treeWith(run, before, after, group), [parent], 'theirs'),
  ];
  return run('merge-tree', '--write-tree', '--no-messages', ours, theirs).catch(() =>
    treeWith(run, first, after, group),
  );
};

/** The published files as a tree. Their version is taken out: it would make every two branches conflict. */
const treeOf = async (directory: string, name: string, version: string): Promise<string> => {
  const unpacked = `${directory}.unpacked`;
  await rm(unpacked, { recursive: true, force: true });
  await mkdir(unpacked);
  const tarball = await packedPackage(name, version);
  await promisify(execFile)('tar', ['-xzf', tarball, '-C', unpacked, '--strip-components=1']);
  const manifest = join(unpacked, 'package.json');
  const text = await readFile(manifest, 'utf8');
  await writeFile(manifest, text.replace(/"version": *"[^"]*"/, '"version": "0.0.0"'));
  const options = ['--git-dir', join(directory, '.git'), '--work-tree', unpacked];
  await git(unpacked, ...options, 'read-tree', '--empty');
  await git(unpacked, ...options, 'add', '-A', '--force');
  const tree = await git(unpacked, ...options, 'write-tree');
  await rm(unpacked, { recursive: true, force: true });
  return tree;
};

/** `before` with one file or directory as it is in `after`. */
const treeWith = async (run: Run, before: string, after: string, group: string): Promise<string> => {
  await run('read-tree', before);
  await run('rm', '-r', '-q', '--cached', '--force', '--ignore-unmatch', '--', group);
  const [mode, type, oid] = (await run('ls-tree', after, '--', group)).split(/[ \t]/);
  if (type === 'tree') await run('read-tree', `--prefix=${group}/`, oid ?? '');
  else if (type === 'blob') await run('update-index', '--add', '--cacheinfo', `${mode},${oid},${group}`);
  return run('write-tree');
};

/** 53 branches, of which 186 pairs conflict: changes of the resolver's library, its manifest and its page. */
export const RESOLVE: VersionSource = {
  name: 'resolve',
  versions: [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22].map((minor) => `1.${minor}.0`),
  groupOf: (path) =>
    (path.startsWith('lib/') && path !== 'lib/core.json') ||
    ['readme.markdown', '.eslintrc', 'package.json'].includes(path)
      ? path
      : undefined,
};

const VALIDATORS =
  /^lib\/(isMobilePhone|isPassportNumber|isPostalCode|alpha|isURL|isTaxID|isIBAN|isEmail|isVAT)\.js$/;

/** 73 branches, of which 238 pairs conflict: changes of single validators over five years. */
export const VALIDATOR: VersionSource = {
  name: 'validator',
  versions: ['0.0', '1.0', '1.17', '5.0', '6.0', '7.0', '9.0', '11.0', '15.0', '15.20', '15.35'].map(
    (version) => `13.${version}`,
  ),
  groupOf: (path) => (VALIDATORS.test(path) ? path : undefined),
};

/** As the merge train is given them. */
export const tipsOf = (branches: readonly VersionBranch[]): readonly BranchTip[] =>
  branches.map(({ id, commit }) => ({ taskId: id, commit, priority: 2, dependsOn: [] }));

/** The most branches without a pair that conflicts: exact, part by part of what hangs together. */
export const mostThatLand = (tips: readonly BranchTip[], pairs: readonly PairFacts[]): number => {
  const foes = new Map(tips.map(({ taskId }) => [taskId, new Set<string>()]));
  for (const { a, b, conflictPaths } of pairs)
    if (conflictPaths.length > 0) {
      foes.get(a)?.add(b);
      foes.get(b)?.add(a);
    }
  const most = (open: ReadonlySet<string>): number => {
    const contested = [...open].find((id) => (foes.get(id)?.intersection(open).size ?? 0) > 0);
    if (contested === undefined) return open.size;
    const part = new Set([contested]);
    for (const id of part) for (const other of foes.get(id)?.intersection(open) ?? []) part.add(other);
    const rest = open.difference(part);
    const without = part.difference(new Set([contested]));
    return (
      most(rest) + Math.max(most(without), 1 + most(without.difference(foes.get(contested) ?? new Set())))
    );
  };
  return most(new Set(tips.map(({ taskId }) => taskId)));
};
