/** P12: the API while a swarm of 1,000 tasks runs: time to answer, and what 100 live clients cost. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { apiOf, listen, readStream } from '../test/support/api-client.ts';
import { startDrover, until } from '../test/support/drover.ts';
import { percentile, timed, type Bench } from './figure.ts';
import { equalSleepers, sleeperTask, smallRepository } from './sleepers.ts';

const TASKS = 1_000;
const ROUNDS = 40;
const CLIENTS = 100;
const WATCHED_S = 20;
/** Clock ticks of /proc/<pid>/stat. */
const TICKS_PER_S = 100;

/** Seconds of CPU that the process has used. */
const cpuSeconds = async (pid: number): Promise<number> => {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
};

export const bench: Bench = {
  id: 'P12',
  title: 'the API with a swarm of 1,000 tasks, and with 100 live clients',
  run: async (say) => {
    const drover = await startDrover();
    try {
      const repository = await smallRepository(drover, 'repository');
      const swarm = await drover.start(repository, equalSleepers(TASKS, 2).map(sleeperTask), {
        parallelism: 4,
      });
      const api = await apiOf(drover);
      await until(async () => (await swarm.state()).counts.completed > 4, 120, 'agents work');
      const paths = ['', '/tasks?limit=200', '/tasks?from=800&limit=200', '/decisions', '/events?limit=200'];
      const times: number[] = [];
      for (let round = 0; round < ROUNDS; round++)
        for (const path of paths) {
          const { ms, value } = await timed(() => api.get(`/api/swarms/${swarm.id}${path}`));
          if (value.status !== 200) throw new Error(`${path}: ${value.status} ${value.text}`);
          times.push(ms);
        }
      say(`${times.length} requests answered`);
      const pid = await drover.pid('api');
      const cost = async (): Promise<number> => {
        const before = await cpuSeconds(pid);
        await sleep(WATCHED_S * 1_000);
        return (100 * ((await cpuSeconds(pid)) - before)) / WATCHED_S;
      };
      const alone = await cost();
      let over = false;
      const streams = Array.from({ length: CLIENTS / 2 }, () => readStream(api, swarm.id, () => over));
      const channels = await Promise.all(
        Array.from({ length: CLIENTS / 2 }, (_, n) =>
          listen(api, ['gm', 'status', 'teams', 'logs'][n % 4] ?? 'gm'),
        ),
      );
      await sleep(3_000);
      const watched = await cost();
      over = true;
      await api.post(`/api/swarms/${swarm.id}/cancel`);
      for (const { socket } of channels) socket.terminate();
      await Promise.all(streams);
      const p95 = percentile(times, 0.95);
      return [
        {
          id: 'P12',
          what: `time to answer, p95 of ${times.length}`,
          figure: p95,
          unit: 'ms',
          baseline: { name: 'median', value: percentile(times, 0.5) },
          goal: '≤ 100 ms',
          pass: p95 <= 100,
        },
        {
          id: 'P12',
          what: `CPU of the API with ${CLIENTS} live clients`,
          figure: watched,
          unit: '% of a core',
          baseline: { name: 'without clients', value: alone },
          goal: '≤ 10 %',
          pass: watched <= 10,
        },
      ];
    } finally {
      await drover.close();
    }
  },
};
