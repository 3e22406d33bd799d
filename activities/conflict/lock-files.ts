/**
 * Lock files are made anew by their own manager, from the merged manifest, in a scratch checkout without scripts.
 * Only when nothing else is in conflict any more: a lock file must not be made from a manifest that will change.
 */
import { lstat, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join, relative } from 'node:path';
import { hasConflictMarkers } from '../../domain/train/conflict-markers.ts';
import { clip, plainLine } from '../../domain/text.ts';
import { readBlobs, writeBlob } from '../git/blobs.ts';
import { git } from '../git/git.ts';
import { shownPath, type Hub } from '../git/merge-objects.ts';
import { findProgram } from '../process/find-program.ts';
import { runCommand, type CommandResult } from '../process/run-command.ts';
import {
  isTextConflict,
  NOTHING,
  type Conflict,
  type Content,
  type Rung,
  type Step,
  type Surroundings,
  type TextConflict,
} from './conflict.ts';
import { managerOf, type LockManager } from './lock-managers.ts';
import { filesOf } from './scratch.ts';

/** A manager that asks a slow registry for hundreds of packages. */
const SECONDS = 600;
const MAX_BYTES = 64 * 1024 * 1024;
const REASON_LENGTH = 400;

type LockFile = TextConflict & { readonly manager: LockManager };

export const lockFiles = (around: Surroundings): Rung => ({
  climb: async (conflict, scratch) => {
    const locks = conflict.files.filter(isTextConflict).flatMap((file): LockFile[] => {
      const manager = managerOf(file.path);
      return manager === undefined ? [] : [{ ...file, manager }];
    });
    if (locks.length === 0) return NOTHING;
    if (locks.length < conflict.files.length)
      return { ...NOTHING, reasons: [`${namesOf(locks)}: the other conflicts have to be resolved first`] };
    const checkout = join(scratch, 'files');
    await checkOut(conflict.hub, conflict.tree, checkout, join(scratch, 'index'));
    const tree = await filesOf(conflict.hub, conflict.tree);
    const steps: Step[] = [];
    for (const lock of locks)
      steps.push(await makeAnew(conflict, lock, { ...around, checkout, scratch, tree }));
    return {
      settled: new Map(steps.flatMap((step) => [...step.settled])),
      how: steps.flatMap((step) => step.how),
      reasons: steps.flatMap((step) => step.reasons),
    };
  },
});

const namesOf = (locks: readonly LockFile[]): string => locks.map(({ path }) => shownPath(path)).join(', ');

/** The merged tree as files, without a repository: there is nothing in it for git to obey. */
const checkOut = async (hub: Hub, tree: string, path: string, index: string): Promise<void> => {
  await mkdir(path);
  await git('read-tree', ['--reset', '-u', tree], {
    ...hub,
    cwd: path,
    workTree: path,
    env: { GIT_INDEX_FILE: index },
  });
};

interface Bench extends Surroundings {
  readonly checkout: string;
  readonly scratch: string;
  readonly tree: ReadonlyMap<string, Content>;
}

const makeAnew = async (conflict: Conflict, lock: LockFile, bench: Bench): Promise<Step> => {
  const { manager, path } = lock;
  const name = shownPath(path);
  const refuse = (why: string): Step => ({ ...NOTHING, reasons: [`${name}: ${why}`] });
  const { program, manifest, alsoTakes = [] } = manager;
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  if (bench.tree.get(`${folder}${manifest}`)?.mode.startsWith('100') !== true)
    return refuse(`there is no ${manifest} beside it`);
  if ((await findProgram(program, bench.env['PATH'] ?? '')) === undefined)
    return refuse(`${program} is not installed on this host`);

  const file = join(bench.checkout, name);
  const directory = dirname(file);
  const problem = manager.manifestProblem?.(await readFile(join(directory, manifest), 'utf8'));
  if (problem !== undefined) return refuse(problem);
  await takeOut(manager, bench.checkout, directory);
  await writeFile(file, await startOf(conflict.hub, lock, bench.scratch));
  const tools = join(bench.scratch, `tools-${program}`);
  await mkdir(tools, { recursive: true });
  for (const [tool, text] of Object.entries(manager.tools ?? {}))
    await writeFile(join(tools, tool), text, { mode: 0o755 });
  const result = await runCommand(manager.command, {
    cwd: directory,
    env: {
      ...bench.env,
      ...manager.env,
      PATH: [tools, bench.env['PATH'] ?? ''].join(delimiter),
      LOCK_TOOLS: tools,
    },
    timeoutSeconds: SECONDS,
    signal: bench.signal,
    graceSeconds: 2,
    keepBytes: 4_000,
  });
  bench.signal.throwIfAborted();
  if (result.exitCode !== 0) return refuse(failureOf(program, result));

  const settled = new Map<string, Content>();
  for (const taken of [name.slice(name.lastIndexOf('/') + 1), ...alsoTakes]) {
    const content = await regularFile(join(directory, taken));
    const place = `${folder}${taken}`;
    const before = bench.tree.get(place);
    if (content === undefined || before === undefined || hasConflictMarkers(content.toString('latin1')))
      return refuse(`${program} left no usable ${taken}`);
    settled.set(place, {
      mode: place === path ? lock.ours.mode : before.mode,
      oid: await writeBlob(conflict.hub, content, conflict.ours),
    });
  }
  return { settled, how: [`${name}: made anew by ${program} from the merged ${manifest}`], reasons: [] };
};

/** What of the project would have the manager run something, beside the lock file and in the directories above. */
const takeOut = async (
  { without = [], instead = {} }: LockManager,
  checkout: string,
  directory: string,
): Promise<void> => {
  const above = relative(checkout, directory)
    .split('/')
    .filter((name) => name !== '');
  for (let depth = 0; depth <= above.length; depth += 1) {
    const place = join(checkout, ...above.slice(0, depth));
    for (const name of without) await rm(join(place, name), { recursive: true, force: true });
    for (const [name, rewrite] of Object.entries(instead)) {
      const path = join(place, name);
      const content = await regularFile(path);
      await rm(path, { recursive: true, force: true });
      if (content !== undefined) await writeFile(path, rewrite(content.toString('utf8')));
    }
  }
};

const failureOf = (program: string, { timedOut, exitCode, output }: CommandResult): string =>
  timedOut
    ? `${program} took longer than ${SECONDS} s`
    : `${program} ended with code ${exitCode}: ${clip(plainLine(output.trim().slice(-REASON_LENGTH)), REASON_LENGTH)}`;

const regularFile = async (path: string): Promise<Buffer | undefined> => {
  const stat = await lstat(path).catch(() => undefined);
  return stat?.isFile() === true && stat.size <= MAX_BYTES ? readFile(path) : undefined;
};

const nameOf = (block: string): string => block.slice(0, block.indexOf('\n'));

const startOf = async (hub: Hub, lock: LockFile, scratch: string): Promise<Buffer> => {
  const blobs = await readBlobs(
    hub,
    [lock.base, lock.ours, lock.theirs].flatMap((side) => side?.oid ?? []),
  );
  const sides = [lock.ours, lock.base, lock.theirs].map(
    (side) => blobs.get(side?.oid ?? '') ?? Buffer.alloc(0),
  );
  const [ours = Buffer.alloc(0), , theirs = Buffer.alloc(0)] = sides;
  switch (lock.manager.start) {
    case 'ours':
      return ours;
    case 'lines': {
      const lines = [ours, theirs].flatMap((side) => side.toString('utf8').split('\n'));
      return Buffer.from(
        `${[...new Set(lines)]
          .filter((line) => line !== '')
          .toSorted()
          .join('\n')}\n`,
      );
    }
    case 'blocks': {
      const blocksOf = (side: Buffer): readonly string[] =>
        `${side.toString('utf8').trimEnd()}\n`.split(/^(?=[^\s#])/m);
      const names = new Set(blocksOf(ours).map(nameOf));
      const others = blocksOf(theirs).filter(
        (block) => !/^\s*(?:#|$)/.test(block) && !names.has(nameOf(block)),
      );
      return Buffer.from([`${ours.toString('utf8').trimEnd()}\n`, ...others].join('\n'));
    }
    case 'conflict': {
      const names = ['ours', 'base', 'theirs'].map((side) => join(scratch, side));
      for (const [index, path] of names.entries()) await writeFile(path, sides[index] ?? '');
      // Its exit code is the number of conflicts.
      const { stdout } = await git('merge-file', ['-p', '-q', ...names], {
        cwd: scratch,
        gitDir: hub.gitDir,
        config: { 'merge.conflictStyle': 'merge' },
        okCodes: Array.from({ length: 128 }, (_, code) => code),
      });
      return stdout;
    }
  }
};
