import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { BranchTip, MergeResult, VerifyResult } from '../../domain/integration.ts';
import {
  approved,
  asked,
  baseVerified,
  fixed,
  heldTasks,
  landed,
  merged,
  newMergeTrain,
  nextStep,
  notFixed,
  rejected,
  verified,
  type MergeTrain,
  type TrainStep,
} from '../../domain/merge-train.ts';

const branch = (taskId: string, dependsOn: readonly string[] = []): BranchTip => ({
  taskId,
  commit: `commit-${taskId}`,
  priority: 2,
  dependsOn,
});

const GREEN: VerifyResult = { ok: true, tree: 't', seconds: 1, cached: false };
const red = (step: 'setup' | 'build' | 'test' = 'test'): VerifyResult => ({
  ok: false,
  tree: 't',
  seconds: 1,
  cached: false,
  step,
  command: `run ${step}`,
  exitCode: 1,
  timedOut: false,
  output: 'it is red',
  logPath: '/log',
});

/** A merge commit is named by what it holds: `base+a+b`. */
const mergeAll = (
  tip: string,
  branches: readonly BranchTip[],
  conflicts: readonly string[] = [],
): MergeResult => {
  let at = tip;
  const done = branches
    .filter(({ taskId }) => !conflicts.includes(taskId))
    .map(({ taskId }) => {
      at = `${at}+${taskId}`;
      return { taskId, mergeCommit: at, reason: '' };
    });
  return {
    tip: at,
    merged: done,
    conflicts: branches
      .filter(({ taskId }) => conflicts.includes(taskId))
      .map(({ taskId, commit }) => ({ taskId, commit, paths: ['file'], withTasks: ['x'] })),
    matrixKey: 'm',
  };
};

const kinds = (steps: readonly TrainStep[]): string[] => steps.map((step) => step.kind);

/** Runs the train until it waits or is done. A tree is red when it holds one of `bad`. */
const run = (
  start: MergeTrain,
  branches: readonly BranchTip[],
  bad: ReadonlySet<string>,
  options: { conflicts?: readonly string[]; baseIsRed?: boolean } = {},
): { train: MergeTrain; steps: TrainStep[]; landings: string[] } => {
  let train = start;
  const steps: TrainStep[] = [];
  const landings: string[] = [];
  for (;;) {
    const held = heldTasks(train);
    const ready = branches.filter(
      (one) =>
        !held.has(one.taskId) &&
        !landings.includes(one.taskId) &&
        one.dependsOn.every((id) => landings.includes(id) || !held.has(id)),
    );
    const step = nextStep(train, ready);
    steps.push(step);
    if (steps.length > 500) throw new Error('the train does not end');
    const holdsBad = (commit: string): boolean => commit.split('+').some((name) => bad.has(name));
    switch (step.kind) {
      case 'merge':
        train = merged(train, step.branches, mergeAll(train.tip, step.branches, options.conflicts));
        break;
      case 'verify':
        train = verified(train, holdsBad(step.commit) ? red() : GREEN);
        break;
      case 'verifyBase':
        train = baseVerified(train, options.baseIsRed === true ? red() : GREEN);
        break;
      case 'land':
        landings.push(...step.merged.map((one) => one.taskId));
        train = landed(train);
        break;
      default:
        return { train, steps, landings };
    }
  }
};

const start = newMergeTrain('base', true);

describe('a train of good branches', () => {
  test('is merged once, verified once and landed', () => {
    const { steps, landings, train } = run(start, [branch('a'), branch('b')], new Set());
    expect(kinds(steps)).toEqual(['merge', 'verify', 'land', 'done']);
    expect(landings).toEqual(['a', 'b']);
    expect(train.tip).toBe('base+a+b');
  });

  test('is landed without a verification when there is no command to verify with', () => {
    const { steps } = run(newMergeTrain('base', false), [branch('a'), branch('b')], new Set(['a']));
    expect(kinds(steps)).toEqual(['merge', 'land', 'done']);
  });

  test('of none is done at once', () => {
    expect(kinds(run(start, [], new Set()).steps)).toEqual(['done']);
  });
});

describe('a red batch', () => {
  test('is taken apart one by one, and only the guilty branch is left out', () => {
    const { train, landings } = run(
      start,
      ['a', 'b', 'c', 'd'].map((id) => branch(id)),
      new Set(['c']),
    );
    expect(landings).toEqual(['a', 'b', 'd']);
    expect(train.parked.map((one) => one.branch.taskId)).toEqual(['c']);
    expect(train.parked[0]?.trouble).toMatchObject({ kind: 'test', onto: 'base+a+b+c', baseIsRed: false });
  });

  test('never lets a branch land whose tree was not green', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 16 }),
        fc.array(fc.nat({ max: 15 }), { maxLength: 6 }),
        (count, picks) => {
          const ids = Array.from({ length: count }, (_, at) => `t${at}`);
          const bad = new Set(picks.map((pick) => `t${pick}`));
          const { landings, steps, train } = run(
            start,
            ids.map((id) => branch(id)),
            bad,
          );
          expect(landings).toEqual(ids.filter((id) => !bad.has(id)));
          expect(train.parked.map((one) => one.branch.taskId)).toEqual(ids.filter((id) => bad.has(id)));
          const guilty = ids.filter((id) => bad.has(id)).length;
          const verifications = steps.filter((step) => step.kind === 'verify').length;
          expect(verifications).toBeLessThanOrEqual(count + 2 * guilty + 1);
        },
      ),
    );
  });

  test('asks the base once, however many branches are to blame', () => {
    const { steps } = run(
      start,
      ['a', 'b', 'c'].map((id) => branch(id)),
      new Set(['a', 'c']),
    );
    expect(steps.filter((step) => step.kind === 'verifyBase')).toEqual([
      { kind: 'verifyBase', commit: 'base' },
    ]);
  });

  test('says so when the base is red in the same step', () => {
    const { train } = run(start, [branch('a')], new Set(['a']), { baseIsRed: true });
    expect(train.parked[0]?.trouble).toMatchObject({ baseIsRed: true });
  });

  test('that fails in its set-up counts as a failed build', () => {
    let train = merged(start, [branch('a')], mergeAll('base', [branch('a')]));
    train = baseVerified(verified(train, red('setup')), GREEN);
    expect(train.parked[0]?.trouble.kind).toBe('build');
  });

  test('holds back what builds on the guilty branch', () => {
    const { landings, train } = run(start, [branch('a'), branch('b', ['a']), branch('c')], new Set(['a']));
    expect(landings).toEqual(['c']);
    expect(train.parked.map((one) => one.branch.taskId)).toEqual(['a']);
  });
});

describe('a conflict', () => {
  test('waits at its gate while the clean branches land', () => {
    const { train, landings, steps } = run(
      start,
      ['a', 'b', 'c'].map((id) => branch(id)),
      new Set(),
      {
        conflicts: ['b'],
      },
    );
    expect(landings).toEqual(['a', 'c']);
    expect(train.parked[0]?.trouble).toEqual({ kind: 'conflict', paths: ['file'], withTasks: ['x'] });
    expect(steps.at(-1)).toEqual({ kind: 'wait' });
  });

  test('of a branch and of one that builds on it is one question', () => {
    const branches = [branch('a'), branch('b', ['a'])];
    const train = merged(start, branches, mergeAll('base', branches, ['a', 'b']));
    expect(train.parked.map((one) => one.branch.taskId)).toEqual(['a']);
  });
});

describe('an answer at the gate of a branch', () => {
  const parked = run(start, [branch('a'), branch('b')], new Set(['b'])).train;
  const afterMerge = (train: MergeTrain, conflicts: readonly string[] = []): MergeTrain => {
    const step = nextStep(train, []);
    if (step.kind !== 'merge') throw new Error(`${step.kind} instead of merge`);
    return merged(train, step.branches, mergeAll(train.tip, step.branches, conflicts));
  };

  test('that rejects ends the train', () => {
    expect(nextStep(rejected(parked, 'b'), [])).toEqual({ kind: 'done' });
  });

  test('that approves tries the branch on the present tip before any agent is asked', () => {
    const train = verified(afterMerge(approved(parked, 'b')), GREEN);
    expect(nextStep(train, [])).toMatchObject({ kind: 'land', to: 'base+a+b' });
  });

  test('that approves gives a fixing agent the output of the present tip', () => {
    const train = verified(afterMerge(approved(parked, 'b')), red('build'));
    expect(nextStep(train, [])).toEqual({
      kind: 'fix',
      taskId: 'b',
      request: { kind: 'build', onto: 'base+a+b', command: 'run build', output: 'it is red', taskIds: ['b'] },
    });
  });

  test('that approves a conflict gives a fixing agent both sides', () => {
    const conflict = run(start, [branch('a'), branch('b')], new Set(), { conflicts: ['b'] }).train;
    const train = afterMerge(approved(conflict, 'b'), ['b']);
    expect(nextStep(train, [])).toMatchObject({
      kind: 'fix',
      request: { kind: 'conflict', taskId: 'b', commit: 'commit-b', onto: 'base+a', paths: ['file'] },
    });
  });

  test('lands what the fixing agent made, once it is green', () => {
    const fixing = verified(afterMerge(approved(parked, 'b')), red());
    const train = verified(afterMerge(fixed(fixing, 'commit-fixed')), GREEN);
    expect(nextStep(train, [])).toMatchObject({
      kind: 'land',
      merged: [{ taskId: 'b', commit: 'commit-fixed' }],
    });
    expect(nextStep(landed(train), [])).toEqual({ kind: 'done' });
  });

  test('is asked for again when the fix is still red or no fix was made, with the fixes counted', () => {
    const fixing = verified(afterMerge(approved(asked(parked, 'b', 'd1'), 'b')), red());
    const stillRed = verified(afterMerge(fixed(fixing, 'commit-fixed')), red());
    expect(stillRed.parked).toMatchObject([{ fixes: 1, branch: { commit: 'commit-fixed' } }]);
    expect(stillRed.parked[0]?.decisionId).toBeUndefined();
    const failed = notFixed(fixing, 'out of turns');
    expect(failed.parked).toMatchObject([{ fixes: 1, note: 'The fixing agent failed: out of turns' }]);
    expect(nextStep(failed, [])).toEqual({ kind: 'wait' });
  });
});

test('a train between two steps survives being stored as JSON', () => {
  const branches = ['a', 'b', 'c'].map((id) => branch(id));
  let train = start;
  for (const step of [
    (now: MergeTrain) => merged(now, branches, mergeAll('base', branches)),
    (now: MergeTrain) => verified(now, red()),
    (now: MergeTrain) => verified(now, red()),
    (now: MergeTrain) => baseVerified(now, GREEN),
  ]) {
    train = step(train);
    const restored = JSON.parse(JSON.stringify(train)) as MergeTrain;
    expect(nextStep(restored, [])).toEqual(nextStep(train, []));
  }
});
