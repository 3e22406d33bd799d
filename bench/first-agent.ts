/** P2: from the approval of a plan to the first line of an agent's command, services warm. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { completed, startDrover, until, type Drover } from '../test/support/drover.ts';
import { median, percentile, type Bench } from './figure.ts';
import { sleeperTask, smallRepository } from './sleepers.ts';

const ROUNDS = 21;

/** Milliseconds. */
const approvalToAgent = async (drover: Drover, repository: string, round: number): Promise<number> => {
  const journal = join(drover.root, `started-${round}`);
  const command = `date +%s%N > ${journal}; echo ${round} > round.txt`;
  const task = { ...sleeperTask({ id: 'first', seconds: 0 }), command };
  const swarm = await drover.start(
    repository,
    [task],
    { gates: { plan: 'ask', task: 'fail', conflict: 'fail', build: 'fail', test: 'fail', phase: 'fail' } },
    { approve: false },
  );
  await until(
    async () => (await swarm.state()).phase === 'awaiting_approval',
    30,
    'the plan awaits approval',
  );
  const approvedAt = Date.now();
  await swarm.signal('approvePlan', {});
  await completed(swarm);
  return Number(BigInt((await readFile(journal, 'utf8')).trim()) / 1_000n) / 1_000 - approvedAt;
};

export const bench: Bench = {
  id: 'P2',
  title: `approved plan to first agent, ${ROUNDS} times`,
  run: async () => {
    const drover = await startDrover();
    try {
      const repository = await smallRepository(drover, 'project');
      const times: number[] = [];
      for (let round = 0; round <= ROUNDS; round++)
        times.push(await approvalToAgent(drover, repository, round));
      // The first one warms the services up.
      const warm = times.slice(1);
      const p95 = percentile(warm, 0.95) / 1_000;
      return [
        {
          id: 'P2',
          what: `approved plan to first agent running, p95 of ${ROUNDS}`,
          figure: p95,
          unit: 's',
          baseline: { name: 'median', value: median(warm) / 1_000 },
          goal: '≤ 1.0 s',
          pass: p95 <= 1,
        },
      ];
    } finally {
      await drover.close();
    }
  },
};
