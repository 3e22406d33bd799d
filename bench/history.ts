/** P3: what a task costs in the history of its swarm, by events and bytes, over 1,000 tasks that do nothing. */
import { noOpSwarm } from './no-op-swarm.ts';
import type { Bench } from './figure.ts';

const TASKS = 1_000;
const AT_ONCE = 50;
const WINDOW = 4_096;

export const bench: Bench = {
  id: 'P3',
  title: `history of a swarm of ${TASKS} tasks`,
  run: async (say) => {
    const { runs, outcome, seconds } = await noOpSwarm(TASKS, AT_ONCE);
    if (outcome.landed !== TASKS) throw new Error(`${outcome.landed} of ${TASKS} tasks landed`);
    say(`${seconds.toFixed(1)} s; runs of ${runs.map((run) => run.events).join(', ')} events`);
    const events = runs.reduce((sum, run) => sum + run.events, 0) / TASKS;
    const kib = runs.reduce((sum, run) => sum + run.bytes, 0) / TASKS / 1_024;
    const longest = Math.max(...runs.map((run) => run.events));
    // A run may end when each of the children in flight has added its events.
    const limit = WINDOW + 8 * AT_ONCE;
    return [
      {
        id: 'P3',
        what: 'events per task in the history of the swarm',
        figure: events,
        unit: 'events',
        goal: '≤ 8',
        pass: events <= 8,
      },
      { id: 'P3', what: 'history per task', figure: kib, unit: 'KiB', goal: '≤ 2 KiB', pass: kib <= 2 },
      {
        id: 'P3',
        what: 'longest run',
        figure: longest,
        unit: 'events',
        goal: `≤ ${limit}`,
        pass: longest <= limit,
      },
    ];
  },
};
