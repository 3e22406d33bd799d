/** P9: how many verifications the merge train needs, and whether it accepts what one by one would accept. */
import { newMergeTrain } from '../domain/train/train.ts';
import { branch, oneByOne, run, type World } from '../test/support/train-run.ts';
import { randomFrom } from '../test/support/random.ts';
import type { Bench } from './figure.ts';

const M = 16;
const CASES = 1_000;

const branches = Array.from({ length: M }, (_, at) => branch(`t${at}`));
const start = newMergeTrain('base', true, { parallel: 1 });

/** Some bad branches, some that are red or conflict only together, from hardly any to many. */
const randomWorld = (random: () => number): World => {
  const share = random() ** 3;
  const bad = branches.filter(() => random() < share).map(({ taskId }) => taskId);
  const pairs = (): readonly (readonly [string, string])[] =>
    Array.from({ length: Math.floor(random() * 3) }, () => {
      const [a, b] = [Math.floor(random() * M), Math.floor(random() * M)];
      return [`t${Math.min(a, b)}`, `t${Math.max(a, b)}`] as const;
    }).filter(([a, b]) => a !== b);
  const [redTogether, conflicting] = [pairs(), pairs()];
  return {
    isRed: (work) =>
      bad.some((id) => work.has(id)) || redTogether.some(([a, b]) => work.has(a) && work.has(b)),
    conflicts: (id, work) => conflicting.some(([a, b]) => id === b && work.has(a)),
  };
};

export const bench: Bench = {
  id: 'P9',
  title: 'verifications of a batch of 16',
  run: async (say) => {
    const good = run(start, branches, { isRed: () => false }).verifications;
    const counts = branches.map(
      ({ taskId }) => run(start, branches, { isRed: (work) => work.has(taskId) }).verifications,
    );
    const random = randomFrom(9);
    let same = 0;
    let verifications = 0;
    let alone = 0;
    for (let round = 0; round < CASES; round += 1) {
      const world = randomWorld(random);
      const result = run(start, branches, world);
      const expected = oneByOne(branches, world);
      if (result.landings.toSorted().join() === expected.toSorted().join()) same += 1;
      verifications += result.verifications;
      // One by one, a red one is run again as well.
      alone += 2 * M - expected.length;
    }
    say(`${CASES} random cases: ${(verifications / CASES).toFixed(1)} verifications on average`);
    const mean = counts.reduce((sum, count) => sum + count, 0) / M;
    return [
      {
        id: 'P9',
        what: '16 good branches',
        figure: good,
        unit: 'verifications',
        baseline: { name: 'one by one', value: M },
        goal: '1',
        pass: good === 1,
      },
      {
        id: 'P9',
        what: `one of 16 is bad, at worst (mean ${mean.toFixed(1)})`,
        figure: Math.max(...counts),
        unit: 'verifications',
        baseline: { name: 'one by one', value: M + 1 },
        goal: '≤ 9',
        pass: Math.max(...counts) <= 9,
      },
      {
        id: 'P9',
        what: '1,000 random cases, mean',
        figure: verifications / CASES,
        unit: 'verifications',
        baseline: { name: 'one by one', value: alone / CASES },
        goal: '–',
        pass: true,
      },
      {
        id: 'P9',
        what: '1,000 random cases that land what one by one lands',
        figure: same,
        unit: 'of 1,000',
        goal: '1,000',
        pass: same === CASES,
      },
    ];
  },
};
