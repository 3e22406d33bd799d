/** P11: how much longer a swarm takes when the worker, or the Temporal server, is killed while its agents run. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startDrover, type Drover, type ServiceName } from '../test/support/drover.ts';
import { median, type Bench, type Figure } from './figure.ts';
import { equalSleepers, runSleepers, smallRepository } from './sleepers.ts';

const ROUNDS = 3;
const AGENTS = 4;
const AGENT_SECONDS = 6;
/** All agents run by then. */
const STRIKE_MS = 3_000;
const HEARTBEAT_TIMEOUT_S = 10;

const seconds = async (drover: Drover, repository: string, killed?: ServiceName): Promise<number> => {
  const run = runSleepers(drover, repository, equalSleepers(AGENTS, AGENT_SECONDS), AGENTS);
  if (killed !== undefined) {
    await sleep(STRIKE_MS);
    await drover.kill(killed);
  }
  return (await run).ms / 1_000;
};

const repeated = async (measure: () => Promise<number>): Promise<number> => {
  const values: number[] = [];
  for (let round = 0; round < ROUNDS; round++) values.push(await measure());
  return median(values);
};

const figure = (what: string, took: number, undisturbed: number, goal: number): Figure => ({
  id: 'P11',
  what: `time added by SIGKILL of the ${what}`,
  figure: took - undisturbed,
  unit: 's',
  baseline: { name: 'the whole run undisturbed', value: undisturbed },
  goal: `≤ ${goal} s`,
  pass: took - undisturbed <= goal,
});

export const bench: Bench = {
  id: 'P11',
  title: 'time added by SIGKILL of the worker and of Temporal',
  run: async () => {
    const drover = await startDrover();
    try {
      const repository = await smallRepository(drover, 'project');
      await runSleepers(drover, repository, equalSleepers(AGENTS, 0), AGENTS);
      const undisturbed = await repeated(() => seconds(drover, repository));
      const worker = await repeated(() => seconds(drover, repository, 'worker'));
      const temporal = await repeated(() => seconds(drover, repository, 'temporal'));
      return [
        figure('worker', worker, undisturbed, HEARTBEAT_TIMEOUT_S + 2),
        figure('Temporal server', temporal, undisturbed, 2),
      ];
    } finally {
      await drover.close();
    }
  },
};
