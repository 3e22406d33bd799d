/** P14: what three agents are worth against one, on 5, 15 and 30 equal features. */
import { startDrover } from '../test/support/drover.ts';
import type { Bench, Figure } from './figure.ts';
import { equalSleepers, runSleepers, smallRepository } from './sleepers.ts';

const AGENTS = 3;
/** Short for a feature, whose agents take minutes; long enough that what Drover adds to each does not decide. */
const FEATURE_SECONDS = 12;
const CASES = [5, 15, 30] as const;

export const bench: Bench = {
  id: 'P14',
  title: 'speed-up with three agents on equal features',
  run: async (say) => {
    const drover = await startDrover();
    try {
      const repository = await smallRepository(drover, 'project');
      await runSleepers(drover, repository, equalSleepers(3, 0), AGENTS);
      const figures: Figure[] = [];
      for (const count of CASES) {
        const sleepers = equalSleepers(count, FEATURE_SECONDS);
        const alone = await runSleepers(drover, repository, sleepers, 1);
        const together = await runSleepers(drover, repository, sleepers, AGENTS);
        const bound = count / Math.ceil(count / AGENTS);
        const speedUp = alone.ms / together.ms;
        say(
          `${count} features: ${(alone.ms / 1_000).toFixed(1)} s alone, ${(together.ms / 1_000).toFixed(1)} s by three`,
        );
        figures.push({
          id: 'P14',
          what: `speed-up with 3 agents on ${count} features of ${FEATURE_SECONDS} s`,
          figure: speedUp,
          unit: '×',
          baseline: { name: 'bound', value: bound },
          goal: '≥ 0.95 of it',
          pass: speedUp >= 0.95 * bound,
        });
      }
      return figures;
    } finally {
      await drover.close();
    }
  },
};
