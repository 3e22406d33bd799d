/** P4: a swarm of 10,000 tasks that do nothing. */
import { noOpSwarm } from './no-op-swarm.ts';
import type { Bench } from './figure.ts';

const TASKS = 10_000;
const AT_ONCE = 100;

export const bench: Bench = {
  id: 'P4',
  title: `${TASKS} tasks that do nothing (takes minutes)`,
  run: async (say) => {
    const { outcome, seconds, workerBytes, sizeWarnings, runs } = await noOpSwarm(TASKS, AT_ONCE);
    for (const line of sizeWarnings.slice(0, 5)) say(line);
    say(`${runs.length} runs, the longest of ${Math.max(...runs.map((run) => run.events))} events`);
    const perSecond = TASKS / seconds;
    const mib = workerBytes / 2 ** 20;
    return [
      {
        id: 'P4',
        what: 'tasks that landed',
        figure: outcome.landed,
        unit: 'tasks',
        goal: String(TASKS),
        pass: outcome.phase === 'completed' && outcome.landed === TASKS,
      },
      {
        id: 'P4',
        what: 'throughput',
        figure: perSecond,
        unit: 'tasks/s',
        goal: '≥ 20',
        pass: perSecond >= 20,
      },
      { id: 'P4', what: "worker's peak memory", figure: mib, unit: 'MiB', goal: '≤ 512', pass: mib <= 512 },
      {
        id: 'P4',
        what: 'warnings of the server about sizes',
        figure: sizeWarnings.length,
        unit: 'lines',
        goal: '0',
        pass: sizeWarnings.length === 0,
      },
    ];
  },
};
