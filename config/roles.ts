/** The form of `roles` in `drover.yml`: own roles, and changes to those that come with Drover. */
import { z } from 'zod';
import { chooseExecutor, executorNames, UNPLANNED } from '../domain/agents/executor-choice.ts';
import { notHeld } from '../domain/agents/held-tools.ts';
import {
  AGENT_TOOLS,
  AUTO_ROLE,
  LEAD_EXECUTORS,
  LEAD_ROLE,
  type Role,
  type RoleTable,
} from '../domain/agents/roles.ts';
import type { SwarmSettings } from '../domain/swarm/settings.ts';
import { didYouMean } from '../domain/text.ts';
import { executorName } from './executors.ts';
import { configError, configWarning, type ConfigProblem } from './problem.ts';
import { builtInRoles } from './role-files.ts';
import { settingsGroup } from './schema-issues.ts';
import { dollarAmount, duration, modelName } from './values.ts';

export const roleName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be up to 40 small letters, digits and dashes')
  .refine((name) => name !== AUTO_ROLE, { error: 'is taken: it chooses a role by its keywords' });

const oneLine = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => !/\p{Cc}/u.test(text), { error: 'must be one line' });

export const roleSettings = settingsGroup({
  title: oneLine.optional().meta({ description: 'What people call it.' }),
  description: oneLine.optional().meta({ description: 'What it is for; a lead chooses by it.' }),
  prompt: z.string().min(1).max(20_000).optional().meta({
    description: 'What its agents are told about their part. A new role must have one.',
  }),
  keywords: z.array(oneLine).max(100).optional().meta({
    description: 'Words in a task that it is for, when a task says `role: auto`.',
  }),
  writes: z.boolean().optional().meta({
    description: 'May it change files? What the agents of one that may not leave behind is dropped.',
    default: true,
  }),
  executor: executorName.optional().meta({ description: 'For tasks that name none.' }),
  model: modelName.optional().meta({ description: 'Alias or full id, for tasks that name none.' }),
  tools: z.array(z.enum(AGENT_TOOLS)).max(AGENT_TOOLS.length).optional().meta({
    description:
      'The tools that it has, in the words of the `api` executor; `claude` and `gemini` lose those of their own that do the rest, `codex` is held to those that read, and others are not held.',
  }),
  limits: settingsGroup({
    wall: duration(1).optional().meta({ description: 'Time of one attempt.' }),
    turns: z.int().min(1).max(10_000).optional(),
    tokens: z.int().min(1_000).max(1_000_000_000).optional(),
    cost: dollarAmount.optional().meta({ description: 'US dollars of one attempt.' }),
  })
    .optional()
    .meta({ description: 'What one attempt of its agents may use.' }),
});

type Given = Readonly<Record<string, z.output<typeof roleSettings>>>;

const limitsOf = ({ wall, turns, tokens, cost }: NonNullable<Given[string]['limits']>): Role['limits'] => ({
  ...(wall === undefined ? {} : { wallSeconds: wall }),
  ...(turns === undefined ? {} : { turns }),
  ...(tokens === undefined ? {} : { tokens }),
  ...(cost === undefined ? {} : { costUsd: cost }),
});

const OWN_VERSION = 1;

const roleOf = (name: string, given: Given[string], known: Role | undefined): Role => {
  const { limits, executor, model, tools } = given;
  const { title, description, prompt, keywords, writes } = given;
  return {
    name,
    title: title ?? known?.title ?? name,
    description: description ?? known?.description ?? '',
    version: known?.version ?? OWN_VERSION,
    prompt: (prompt ?? known?.prompt ?? '').trim(),
    keywords: keywords ?? known?.keywords ?? [],
    writes: writes ?? known?.writes ?? true,
    ...(executor === undefined ? {} : { executor }),
    ...(model === undefined ? {} : { model }),
    ...(tools === undefined ? {} : { tools }),
    ...(limits === undefined ? {} : { limits: limitsOf(limits) ?? {} }),
  };
};

/** Own roles come first: of two that fit a task equally well, the one that the project declares is chosen. */
export const roleTable = (given: Given = {}): RoleTable => {
  const builtIn = builtInRoles();
  const own = Object.entries(given).map(
    ([name, role]) =>
      [name, roleOf(name, role, Object.hasOwn(builtIn, name) ? builtIn[name] : undefined)] as const,
  );
  const ownNames = new Set(own.map(([name]) => name));
  return Object.fromEntries([...own, ...Object.entries(builtIn).filter(([name]) => !ownNames.has(name))]);
};

/** Roles without a prompt, and executors that do not exist. */
export const roleProblems = (settings: SwarmSettings, source: string): readonly ConfigProblem[] => {
  const executors = executorNames(settings);
  return Object.values(settings.roles ?? {}).flatMap(({ name, prompt, executor }) => [
    ...(prompt === ''
      ? [configError(source, `"roles.${name}" has no prompt; say what its agents are to be`)]
      : []),
    ...(name === LEAD_ROLE && executor !== undefined && !LEAD_EXECUTORS.some((one) => one === executor)
      ? [
          configError(
            source,
            `"roles.lead.executor" names "${executor}", which cannot lead; ${LEAD_EXECUTORS.join(', ')} can`,
          ),
        ]
      : []),
    ...(executor === undefined || executors.includes(executor)
      ? []
      : [
          configError(
            source,
            `"roles.${name}.executor" names "${executor}", which does not exist${didYouMean(executor, executors) || `; there are ${executors.join(', ')}`}`,
          ),
        ]),
  ]);
};

/** Roles whose tools are wishes, with the executor that they would have. */
export const unheldTools = (settings: SwarmSettings, source: string): readonly ConfigProblem[] =>
  Object.values(settings.roles ?? {}).flatMap(({ name, tools, executor }) => {
    const chosen = chooseExecutor(settings, {
      ...UNPLANNED,
      ...(executor === undefined ? {} : { executor }),
    });
    const why = notHeld(tools, chosen);
    return why === undefined
      ? []
      : [
          configWarning(
            source,
            `"roles.${name}.tools" does not hold for the executor "${chosen.name}": ${why}`,
          ),
        ];
  });
