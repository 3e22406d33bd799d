/** `drover submit`: one task in your own words, for a swarm that is there or for one of its own. */
import type { Command } from 'commander';
import { editPlan } from '../../api/swarm-actions.ts';
import { startSwarm } from '../../api/start-swarm.ts';
import { slug } from '../../domain/names.ts';
import type { Task } from '../../domain/plan.ts';
import { clip, plainLine } from '../../domain/text.ts';
import { answer, command, type Cli, type CommonOptions } from '../cli.ts';
import { collected, someText, wholeNumber } from '../option-values.ts';
import { oneLine } from '../output/plain-text.ts';
import { withClient, withSwarm } from '../reach.ts';
import { addProjectOptions, type RunOptions } from '../run/options.ts';
import { prepareRun } from '../run/prepare.ts';
import { startServices } from '../services.ts';

interface Options extends RunOptions, CommonOptions {
  readonly swarm?: string;
  readonly title?: string;
  readonly after?: readonly string[];
  readonly priority?: number;
  readonly category?: string;
  readonly file?: readonly string[];
}

const taskOf = (description: string, options: Options, taken: ReadonlySet<string>): Task => {
  const title = options.title ?? clip(plainLine(description), 120);
  const wanted = slug(title, 36);
  let id = wanted;
  for (let n = 2; taken.has(id); n++) id = `${wanted}-${n}`;
  return {
    id,
    title,
    description,
    dependsOn: options.after ?? [],
    priority: options.priority ?? 2,
    category: options.category ?? 'default',
    files: options.file ?? [],
    ...(options.command === undefined ? {} : { command: options.command }),
    ...(options.executor === undefined ? {} : { executor: options.executor }),
    ...(options.model === undefined ? {} : { model: options.model }),
  };
};

/** To a swarm that is planned or at work. */
const addTo = (cli: Cli, wanted: string, description: string, options: Options): Promise<void> =>
  withSwarm(cli, wanted, async (swarm) => {
    const taken = new Set((await swarm.tasks()).map(({ id }) => id));
    const task = taskOf(description, options, taken);
    const result = await editPlan(swarm, [{ kind: 'add', task }]);
    answer(cli, options, {
      json: { swarmId: swarm.id, taskId: task.id, ...result },
      lines: [
        `Task ${task.id} is in version ${result.version} of the plan of ${swarm.id}`,
        ...result.warnings.map((warning) => `! ${oneLine(warning, 500)}`),
      ],
    });
  });

/** The words are the plan, and whoever gave them approves of it. */
const startOne = async (cli: Cli, description: string, options: Options): Promise<void> => {
  const task = taskOf(description, options, new Set());
  const plan = { goal: description, summary: '', tasks: [task] };
  const { start, warnings } = await prepareRun(cli, description, options, plan);
  for (const warning of warnings) cli.stderr.write(`! ${warning}\n`);
  await startServices(cli);
  await withClient(cli, async (client) => {
    const swarm = await startSwarm(client, { ...start, approve: true });
    answer(cli, options, {
      json: { swarmId: swarm.id, taskId: task.id },
      lines: [swarm.id],
    });
  });
};

export const submitCommand = (cli: Cli): Command =>
  addProjectOptions(
    command('submit', 'Give one task to agents: to a swarm that is there, or as a swarm of its own', [
      'submit "Document the environment variables in the README"',
      'submit "Add a test for empty input" --swarm add-search-k3f9 --after parser --priority 1',
    ])
      .argument('<task>', 'what is to be done, in your words')
      .option('--swarm <id>', 'add it to the plan of this swarm, also while it runs')
      .option('--title <text>', 'in one line (default: how the task begins)', someText('--title', 120))
      .option('--after <task>', 'a task that must be done before; may be given again', collected)
      .option('--priority <n>', '1 is the most urgent', wholeNumber(1, 1_000_000))
      .option('--category <name>', 'chooses the model, such as testing', someText('--category', 60))
      .option('--file <path>', 'what it is expected to change; may be given again', collected),
  ).action((description: string, options: Options) =>
    options.swarm === undefined
      ? startOne(cli, description, options)
      : addTo(cli, options.swarm, description, options),
  );
