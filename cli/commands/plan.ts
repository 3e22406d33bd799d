/** `drover plan`: shows the plan of a swarm in all its versions, and changes it. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { editPlan } from '../../api/swarm-actions.ts';
import type { SwarmHandle } from '../../api/swarm-handle.ts';
import { readPlanFile } from '../../config/plan-file.ts';
import { isError } from '../../config/problem.ts';
import { editsBetween } from '../../domain/edits-between.ts';
import { DroverFailure } from '../../domain/failures.ts';
import type { Plan, PlanVersion } from '../../domain/plan.ts';
import { errorCode } from '../../store/files.ts';
import {
  answer,
  command,
  lookOf,
  SWARM_ARGUMENT,
  styleOf,
  withSwarm,
  type Answer,
  type Cli,
  type CommonOptions,
} from '../cli.ts';
import { edit } from '../editor.ts';
import { wholeNumber } from '../option-values.ts';
import { oneLine, plain } from '../output/plain-text.ts';
import { planYaml } from '../plan-text.ts';
import { Problems } from '../run/problems.ts';
import { planDiffLines } from '../views/plan-diff.ts';
import { planLines, versionLines } from '../views/plan-view.ts';

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

/** @param kept where the person's text lies, when it was written in an editor */
const parse = (text: string, path: string, kept?: string): Plan => {
  const { plan, problems } = readPlanFile(text, { path });
  if (plan !== undefined) return plan;
  throw new Problems(
    'invalidInput',
    problems.filter(isError),
    kept === undefined
      ? undefined
      : `nothing was changed; your text is kept in ${kept}: put it right, then drover plan <swarm> --replace ${kept}`,
  );
};

const send = async (swarm: SwarmHandle, version: PlanVersion, before: Plan, after: Plan): Promise<Answer> => {
  const edits = editsBetween(before.tasks, after.tasks);
  if (edits.length === 0)
    return {
      json: { swarmId: swarm.id, version: version.version, edits, warnings: [] },
      lines: ['The tasks are the same; nothing was changed'],
    };
  const result = await editPlan(swarm, edits);
  return {
    json: { swarmId: swarm.id, version: result.version, edits, warnings: result.warnings },
    lines: [
      `Version ${result.version} of the plan of ${swarm.id} has the changes`,
      ...result.warnings.map((warning) => `! ${oneLine(warning, 500)}`),
      `drover plan ${swarm.id} --diff shows them`,
    ],
  };
};

const HEADING = (swarm: SwarmHandle, version: PlanVersion): readonly string[] => [
  `The plan of swarm ${swarm.id}, version ${version.version}. Save to change it; leave it as it is to change nothing.`,
  'Tasks may be added, changed and removed. Tasks that have started cannot be changed.',
];

const editByHand = async (cli: Cli, swarm: SwarmHandle, version: PlanVersion): Promise<Answer> => {
  const before = await swarm.plan(version.key);
  const written = await edit(cli, 'plan.yml', planYaml(before, HEADING(swarm, version)));
  const after = parse(written.text, written.path, written.path);
  try {
    const given = await send(swarm, version, before, after);
    await written.discard();
    return given;
  } catch (error) {
    cli.stderr.write(`your text is kept in ${written.path}\n`);
    throw error;
  }
};

const replaceByFile = async (
  cli: Cli,
  swarm: SwarmHandle,
  version: PlanVersion,
  path: string,
): Promise<Answer> => {
  let text;
  try {
    text = await readFile(resolve(cli.cwd, path), 'utf8');
  } catch (error) {
    throw new DroverFailure('invalidInput', `${path} cannot be read (${errorCode(error) ?? 'error'})`, {
      hint: 'name a plan file in YAML or JSON',
      cause: error,
    });
  }
  return send(swarm, version, await swarm.plan(version.key), parse(text, path));
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
