/** The options of `drover run`, and what they mean in the form of `drover.yml`. */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { DroverFileInput } from '../../config/schema.ts';
import { GATE_KINDS, GATE_POLICIES } from '../../domain/swarm/settings.ts';
import type { CommonOptions } from '../cli.ts';
import { branchName, remoteName } from '../delivery-options.ts';
import { collected, dollars, someText, wholeNumber } from '../option-values.ts';

export interface RunOptions extends CommonOptions {
  readonly repo: string;
  readonly base?: string;
  readonly plan?: string;
  readonly features?: string;
  readonly template?: string;
  readonly parallel?: number;
  readonly agents?: number;
  readonly independent?: boolean;
  readonly judge?: boolean;
  readonly executor?: string;
  readonly command?: string;
  readonly model?: string;
  readonly budget?: number;
  readonly build?: readonly string[];
  readonly test?: readonly string[];
  readonly gate?: Readonly<Record<string, string>>;
  readonly yes?: boolean;
  readonly into?: string;
  readonly merge?: boolean;
  readonly push?: string | true;
  readonly pullRequest?: boolean;
  readonly detach?: boolean;
  readonly config?: string;
}

/** `conflict=auto`, several times. What kinds and policies there are is checked here, so that the option is named. */
const gate = (
  value: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> => {
  const [, kind = '', policy = ''] = /^([a-z]+)=([a-z]+)$/.exec(value) ?? [];
  if (!GATE_KINDS.some((known) => known === kind) || !GATE_POLICIES.some((known) => known === policy))
    throw new InvalidArgumentError(
      `It must be <kind>=<policy>; kinds are ${GATE_KINDS.join(', ')}, policies ${GATE_POLICIES.join(', ')}.`,
    );
  return { ...before, [kind]: policy };
};

/** What is worked on, by whom, and how it is checked. */
export const addProjectOptions = (command: Command): Command =>
  command
    .option('--repo <path>', 'the git repository', '.')
    .option('--base <ref>', 'branch, tag or commit to start from (default: HEAD)', someText('--base', 500))
    .option('--parallel <n>', 'agents at once', wholeNumber(1, 500))
    .option(
      '--executor <name>',
      'how agents think: api, claude, codex, gemini, command, or one that drover.yml declares',
    )
    .option('--command <sh>', 'shell command of the command executor', someText('--command', 20_000))
    .option('--model <name>', 'model alias or full id', someText('--model', 100))
    .option('--budget <dollars>', 'the most that all models may cost together, such as 5.00', dollars)
    .option('--build <sh>', 'command that must succeed on the merged result; may be given again', collected)
    .option('--test <sh>', 'the same, after --build; may be given again', collected)
    .option('--gate <kind=policy>', 'who decides at a gate, such as conflict=auto; may be given again', gate)
    .option('--config <file>', 'configuration (default: drover.yml in the repository)');

/** What a swarm is started with, also by a schedule. */
export const addSwarmOptions = (command: Command): Command =>
  addProjectOptions(command)
    .option('--plan <file>', 'plan from a YAML or JSON file instead of a model')
    .option('--features <file>', 'plan from a features.json')
    .option('--template <name>', 'tasks and checks of a project template in drover.yml')
    .option(
      '--agents <n>',
      'with --independent: agents on the same prompt; else the same as --parallel',
      wholeNumber(1, 500),
    )
    .option('--independent', 'all agents answer the same prompt, each on its own branch; you pick one')
    .option('--judge', 'with --independent: a model ranks the answers; --gate pick=auto takes its first')
    .option(
      '--into <branch>',
      'at the end, move this branch of the repository forward to the result',
      branchName,
    )
    .option('--merge', 'with --into: by a merge commit where it cannot be moved forward')
    .option('--push [remote]', 'at the end, push the result (default: to origin)', remoteName)
    .option('--pull-request', 'at the end, push the result and open a pull request with the report')
    .option('--yes', 'approve the plan without asking');

export const addRunOptions = (command: Command): Command =>
  addSwarmOptions(command).option('--detach', 'print the id and come back at once');

/** The flags as a layer over `drover.yml`. */
export const flagsOf = (options: RunOptions): DroverFileInput => {
  const parallel = options.parallel ?? options.agents;
  const { budget, executor, command, model, build, test, gate: gates } = options;
  const verify = {
    ...(build === undefined ? {} : { build: [...build] }),
    ...(test === undefined ? {} : { test: [...test] }),
  };
  return {
    ...(parallel === undefined ? {} : { parallel }),
    ...(budget === undefined ? {} : { budget }),
    ...(executor === undefined ? {} : { executor }),
    ...(command === undefined ? {} : { command }),
    ...(model === undefined ? {} : { models: { default: model } }),
    ...(Object.keys(verify).length === 0 ? {} : { verify }),
    ...(gates === undefined ? {} : { gates }),
  };
};
