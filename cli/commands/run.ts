/** `drover run`: from a goal, a plan or the backlog to a running swarm, followed until it ends or the person leaves. */
import type { Command } from 'commander';
import { startSwarm } from '../../api/start-swarm.ts';
import { command, print, printJson, printJsonLine, styleOf, type Cli } from '../cli.ts';
import { followSwarm } from '../follow/watch.ts';
import { runBacklog } from '../run/backlog.ts';
import { addRunOptions, type RunOptions } from '../run/options.ts';
import { prepareRun } from '../run/prepare.ts';
import { startServices, webUi } from '../services.ts';
import { withClient } from '../reach.ts';

const run = async (cli: Cli, goal: string | undefined, options: RunOptions): Promise<void> => {
  const nothingGiven = [goal, options.plan, options.features, options.template, options.independent].every(
    (given) => given === undefined,
  );
  if (nothingGiven && (await runBacklog(cli, options))) return;
  const json = options.json === true;
  const prepared = await prepareRun(cli, goal, options);
  const style = styleOf(cli, cli.stderr);
  for (const warning of prepared.warnings) cli.stderr.write(`${style.yellow(`! ${warning}`)}\n`);
  const services = await startServices(cli);
  await withClient(cli, async (client) => {
    const swarm = await startSwarm(client, prepared.start);
    const url = webUi(services, swarm.id);
    if (options.detach === true) {
      if (json) printJson(cli, { swarmId: swarm.id, webUi: url });
      else print(cli, [swarm.id]);
      return;
    }
    if (json) printJsonLine(cli, { swarmId: swarm.id, webUi: url });
    else print(cli, [`swarm   ${swarm.id}`, ...(url === undefined ? [] : [`web ui  ${url}`]), '']);
    cli.exitCode = await followSwarm(cli, swarm, client, { json });
  });
};

export const runCommand = (cli: Cli): Command =>
  addRunOptions(
    command('run', 'Start a swarm and follow it; it goes on when this terminal is closed', [
      'run "Add an option --json to every command" --test "npm test"',
      'run --plan plan.yml --executor command --yes',
      'run --features features.json --parallel 3 --gate conflict=auto --gate test=auto',
      'run --template release --yes',
      'run "Make the parser twice as fast" --agents 3 --independent --judge --test "npm test"',
      'run "Translate the docs" --repo ~/src/site --base develop --detach',
      'run --parallel 5   # the feature backlog, swarm by swarm, until nothing is open',
    ]).argument(
      '[goal]',
      'what is to be done; taken from the plan when there is one; without either, the feature backlog',
    ),
  ).action((goal: string | undefined, options: RunOptions) => run(cli, goal, options));
