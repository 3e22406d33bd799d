/** Feedback on a pull request as a task, and the brake that knows the same failure again. */
import { describe, expect, test } from '@jest/globals';
import { pullRequestBody, pullRequestTitle } from '../../domain/delivery/delivery.ts';
import { planProblems } from '../../domain/plan/problems.ts';
import { feedbackPlan, fingerprint, isListenedTo } from '../../domain/delivery/pull-request.ts';

const red = (output: string) => ({ checks: [{ name: 'ci / test (24)', output }], comments: [] });

describe('the fingerprint of a failure', () => {
  test('is the same when only times, counts, ids and places differ', () => {
    expect(fingerprint(red('3 failed at 10:22:01 in 4.31 s, commit 8d2f1a9c, line 17'))).toBe(
      fingerprint(red('3 failed at 11:05:59 in 12.07 s,\n commit 0b77aa31, line 19')),
    );
  });
  test('differs when something else fails', () => {
    expect(fingerprint(red('expected 1 to be 2'))).not.toBe(fingerprint(red('timeout of 30 s')));
  });
});

describe('feedback', () => {
  test('becomes a plan of one task that is valid however long and hostile the feedback is', () => {
    const plan = feedbackPlan('Add search', 'o/r#7', {
      checks: Array.from({ length: 10 }, () => ({ name: 'x\u001b[2J', output: 'long '.repeat(5_000) })),
      comments: [{ author: 'ann', path: 'a.ts', line: 3, body: 'Please rename this' }],
    });
    expect(planProblems(plan).filter((problem) => problem.severity === 'error')).toEqual([]);
    expect(plan.tasks).toHaveLength(1);
    expect(plan.tasks[0]?.description).not.toContain('\u001b');
    expect(plan.tasks[0]?.description).toContain('ann comments about a.ts, line 3');
  });
  test('of strangers is not listened to', () => {
    expect(['OWNER', 'MEMBER', 'COLLABORATOR'].every(isListenedTo)).toBe(true);
    expect(['NONE', 'CONTRIBUTOR', 'FIRST_TIMER', 'MANNEQUIN', ''].some(isListenedTo)).toBe(false);
  });
});

describe('the text of a pull request', () => {
  test('closes no issue, and fits', () => {
    const body = pullRequestBody(`Fixes #12, closes GH-13\n${'x'.repeat(100_000)}`);
    expect(body).not.toMatch(/#12|GH-13/);
    expect(body.length).toBeLessThan(65_536);
  });
  test('has the first line of the goal as its title', () => {
    expect(pullRequestTitle('Add search\n\nwith care')).toBe('Add search');
    expect(pullRequestTitle('\u001b[31m')).toBe('Work of a swarm');
  });
});
