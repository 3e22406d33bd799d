/** `drover plan`: shows the plan of a swarm in all its versions, and changes it. */
import type { Command } from 'commander';
import type { SwarmHandle } from '../../api/swarm-handle.ts';
import { DroverFailure } from '../../domain/failures.ts';
import type { PlanVersion } from '../../domain/plan.ts';
import { answer, command, lookOf, styleOf, type Answer, type Cli, type CommonOptions } from '../cli.ts';
import { editByHand, replaceByFile } from '../plan-editing.ts';
import { wholeNumber } from '../option-values.ts';
import { oneLine, plain } from '../output/plain-text.ts';
import { planYaml } from '../plan-text.ts';
import { planDiffLines } from '../views/plan-diff.ts';
import { planLines, versionLines } from '../views/plan-view.ts';
import { SWARM_ARGUMENT, withSwarm } from '../reach.ts';

interface Options extends CommonOptions {
  readonly versions?: boolean;
  readonly diff?: boolean;
  readonly yaml?: boolean;
  readonly edit?: boolean;
  readonly replace?: string;
}

const pick = (
  swarm: SwarmHandle,
  versions: readonly PlanVersion[],
  number: number | undefined,
): PlanVersion => {
  const found = number === undefined ? versions.at(-1) : versions.find((one) => one.version === number);
  if (found !== undefined) return found;
  throw versions.length === 0
    ? new DroverFailure('wrongState', `Swarm ${swarm.id} has no plan yet`, {
        hint: `it is being made; drover status ${swarm.id} --watch waits for it`,
      })
    : new DroverFailure('notFound', `The plan of swarm ${swarm.id} has no version ${number}`, {
        hint: `versions: ${versions.map((one) => one.version).join(', ')}`,
      });
};

const difference = async (
  cli: Cli,
  swarm: SwarmHandle,
  versions: readonly PlanVersion[],
  number: number | undefined,
): Promise<Answer> => {
  const newer = pick(swarm, versions, number);
  const older = versions.filter((one) => one.version < newer.version).at(-1);
  if (older === undefined)
    throw new DroverFailure('wrongState', `Version ${newer.version} is the first one`, {
      hint: 'there is nothing to compare it with',
    });
  const [before, after] = await Promise.all([swarm.plan(older.key), swarm.plan(newer.key)]);
  const style = styleOf(cli);
  return {
    json: {
      swarmId: swarm.id,
      from: older.version,
      to: newer.version,
      before,
      after,
      changes: newer.changes,
    },
    lines: [
      style.bold(`version ${older.version} → version ${newer.version}`),
      ...(older.feedback === undefined ? [] : [`feedback: ${oneLine(older.feedback, 2_000)}`]),
      ...planDiffLines(before, after, style),
    ],
  };
};

const act = async (
  cli: Cli,
  swarm: SwarmHandle,
  number: number | undefined,
  options: Options,
): Promise<Answer> => {
  const versions = await swarm.planVersions();
  const look = lookOf(cli);
  if (options.versions === true)
    return {
      json: { swarmId: swarm.id, versions },
      lines: versions.flatMap((version) => versionLines(version, look)),
    };
  if (options.diff === true) return difference(cli, swarm, versions, number);
  const version = pick(swarm, versions, number);
  if (options.edit === true) return editByHand(cli, swarm, pick(swarm, versions, undefined));
  if (options.replace !== undefined)
    return replaceByFile(cli, swarm, pick(swarm, versions, undefined), options.replace);
  const plan = await swarm.plan(version.key);
  return {
    json: { swarmId: swarm.id, version, plan },
    lines:
      options.yaml === true ? plain(planYaml(plan)).trimEnd().split('\n') : planLines(version, plan, look),
  };
};

export const planCommand = (cli: Cli): Command =>
  command('plan', 'Show the plan of a swarm, compare its versions, or change it', [
    'plan add-search-k3f9',
    'plan add-search-k3f9 1',
    'plan add-search-k3f9 --versions',
    'plan add-search-k3f9 --diff',
    'plan add-search-k3f9 --edit',
    'plan add-search-k3f9 --yaml > plan.yml   # change it, then:',
    'plan add-search-k3f9 --replace plan.yml',
  ])
    .argument('<swarm>', SWARM_ARGUMENT)
    .argument('[version]', 'number of the version (default: the newest)', wholeNumber(1, 100_000))
    .option('--versions', 'list all versions, with what changed and why one was rejected')
    .option('--diff', 'what is different from the version before')
    .option('--yaml', 'as a plan file')
    .option('--edit', 'change the newest version in $VISUAL or $EDITOR')
    .option('--replace <file>', 'change the newest version to what a plan file says')
    .action((wanted: string, number: number | undefined, options: Options) =>
      withSwarm(cli, wanted, async (swarm) => answer(cli, options, await act(cli, swarm, number, options))),
    );
