// F3 where branches conflict: SIGKILL while a conflict is resolved without anybody, and while a person resolves one.
// Both branches are in the result once afterwards, and nothing is left behind.
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { resolveDecision } from '../../api/answer-decision.ts';
import type { SwarmSettings } from '../../domain/swarm/settings.ts';
import type { Decision } from '../../domain/swarm/swarm.ts';
import { completed, startDrover, until, type Drover } from '../support/drover.ts';
import { violations } from '../support/invariants.ts';
import { snapshotRepository } from '../support/invariants/snapshot.ts';
import { task } from '../support/memory-host.ts';
import { git, makeRepository } from '../support/repository.ts';

const killedAt = async (
  point: string,
  settings: Partial<SwarmSettings>,
  during: (swarm: Awaited<ReturnType<Drover['start']>>) => Promise<void>,
): Promise<object> => {
  const drover = await startDrover({ DROVER_TEST: '1', DROVER_CRASH_AT: point });
  try {
    const repository = join(drover.root, 'project');
    await makeRepository(repository, { 'CHANGELOG.md': '# Changes\n' });
    const before = await snapshotRepository(repository);
    const swarm = await drover.start(
      repository,
      ['a', 'b'].map((id) => task(id, { command: `echo '- by ${id}' >> CHANGELOG.md` })),
      settings,
    );
    await during(swarm);
    const { commit = '', landed } = await completed(swarm);
    await access(join(drover.home.root, 'crashed'));
    return {
      landed,
      changes: await git(repository, 'show', `${commit}:CHANGELOG.md`),
      violations: await violations({ home: drover.home, swarmId: swarm.id, repository, before }),
    };
  } finally {
    await drover.close();
  }
};

const GOOD = { landed: 2, changes: '# Changes\n- by a\n- by b', violations: [] };

test.concurrent.each(['conflict.before', 'conflict.after'])('killed at %s', async (point) => {
  expect(await killedAt(point, { merge: { union: ['CHANGELOG.md'] } }, async () => {})).toEqual(GOOD);
});

test.concurrent.each(['manual.before', 'manual.after', 'manual.taken'])('killed at %s', async (point) => {
  const gates = { plan: 'auto', task: 'fail', conflict: 'ask', build: 'fail', test: 'fail' } as const;
  const outcome = await killedAt(point, { gates: { ...gates, phase: 'fail' } }, async (swarm) => {
    const open = (holds: (decision: Decision) => boolean): Promise<Decision> =>
      until(
        async () => {
          // While the worker is dead nobody answers.
          const decisions = await swarm.decisions().catch(() => []);
          return decisions.find((one) => one.answer === undefined && holds(one));
        },
        120,
        'a decision about the conflict',
      );
    const asked = await open(({ kind }) => kind === 'conflict');
    await resolveDecision(swarm, asked.id, 'manual');
    const { id, worktree = '' } = await open((decision) => decision.worktree !== undefined);
    await writeFile(join(worktree, 'CHANGELOG.md'), '# Changes\n- by a\n- by b\n');
    await resolveDecision(swarm, id, 'done');
  });
  expect(outcome).toEqual(GOOD);
});
