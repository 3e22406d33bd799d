/**
 * P1: what Drover costs per agent. The agents do next to nothing, so that all time is orchestration; the baseline
 * is `xargs -P` over a script that makes the same worktrees and runs the same command.
 */
import { startDrover, type Drover } from '../test/support/drover.ts';
import type { Bench, Figure } from './figure.ts';
import { equalSleepers, runSleepers, sleeperCommand, smallRepository } from './sleepers.ts';
import { xargsRun } from './xargs.ts';

const CASES = [
  { count: 80, parallel: 8 },
  { count: 200, parallel: 16 },
] as const;

const measure = async (
  drover: Drover,
  { count, parallel }: (typeof CASES)[number],
  say: (line: string) => void,
): Promise<Figure[]> => {
  const repository = await smallRepository(drover, `project-${count}`);
  const baseline = await xargsRun({
    repository: await smallRepository(drover, `xargs-${count}`),
    scratch: drover.root,
    commands: Array.from({ length: count }, () => sleeperCommand(0)),
    parallel,
  });
  const run = await runSleepers(drover, repository, equalSleepers(count, 0), parallel);
  say(
    `${count} agents, ${parallel} at once: ${run.executingMs} ms, with merging and report ${run.ms.toFixed(0)} ms`,
  );
  const added = (run.executingMs - baseline) / count;
  return [
    {
      id: 'P1',
      what: `time that Drover adds per agent, ${count} agents, ${parallel} at once`,
      figure: added,
      unit: 'ms',
      baseline: { name: 'xargs -P, per agent', value: baseline / count },
      goal: '≤ 100 ms',
      pass: added <= 100,
    },
    {
      id: 'P1',
      what: `the same with merging, verifying and report`,
      figure: (run.ms - baseline) / count,
      unit: 'ms',
      goal: '–',
      pass: true,
    },
  ];
};

export const bench: Bench = {
  id: 'P1',
  title: 'orchestration per agent against xargs -P',
  run: async (say) => {
    const drover = await startDrover();
    try {
      await runSleepers(drover, await smallRepository(drover, 'warm-up'), equalSleepers(8, 0), 8);
      const figures: Figure[] = [];
      for (const one of CASES) figures.push(...(await measure(drover, one, say)));
      return figures;
    } finally {
      await drover.close();
    }
  },
};
