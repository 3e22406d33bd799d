/**
 * The form of `drover.yml`. The published JSON Schema and the table in `docs/configuration.md` are made from it, so
 * each setting carries its description and its default.
 */
import { z } from 'zod';
import { BACKLOG_LIMITS } from '../domain/backlog/backlog.ts';
import { LAUNCHERS } from '../domain/agents/pod.ts';
import { contextGroup, limitsGroup, sandbox, workspaceGroup } from './agent-groups.ts';
import { DEFAULTS } from './defaults.ts';
import { executorName, executorSettings } from './executors.ts';
import { roleName, roleSettings } from './roles.ts';
import { kubernetesGroup } from './kubernetes.ts';
import { fixGroup, gatesGroup, mergeGroup, verifyGroup } from './result-groups.ts';
import { settingsGroup } from './schema-issues.ts';
import { teamSettings } from './teams.ts';
import { templateSettings } from './templates.ts';
import { categoryName, dollarAmount, duration, modelName, price, shellCommand } from './values.ts';
import { webhooks } from './webhooks.ts';

export const droverFile = settingsGroup({
  parallel: z.int().min(1).max(500).optional().meta({
    description: 'Agents at once. Can be changed while a swarm runs.',
    default: DEFAULTS.parallelism,
  }),
  budget: dollarAmount.optional().meta({
    description:
      'US dollars that all models together may cost, planning included. Never passed: each call reserves the most it can cost.',
  }),
  executor: executorName.optional().meta({
    description:
      'How agents think: `api` is a coding agent of Drover; `claude`, `codex`, `gemini` are these CLIs; `hybrid`, `agent-teams`, `acp`: see docs/agents.md; `command` runs a shell command; or a name that `executors` declares.',
    default: DEFAULTS.executor,
  }),
  executorByCategory: z.record(categoryName, executorName).optional().meta({
    description: 'Executor by task category; `fixing` is for agents that repair conflicts and red builds.',
  }),
  executors: z.record(executorName, executorSettings).optional().meta({
    description:
      'Settings of executors by name. A name of your own declares one: `kind`, or any program. See docs/agents.md.',
  }),
  roles: z.record(roleName, roleSettings).optional().meta({
    description:
      'Roles of your own, and changes to those that come with Drover; see docs/teams.md and `drover roles list`.',
  }),
  teams: z.record(roleName, teamSettings).optional().meta({
    description: 'Teams that `drover team start --template` knows, besides those that come with Drover.',
  }),
  templates: z.record(roleName, templateSettings).optional().meta({
    description:
      'Projects by name, for `drover run --template` and `POST /api/gm/launch`: their tasks, and how the result is checked.',
  }),
  sandbox: sandbox.meta({
    description:
      'Whether agents run in a sandbox (bubblewrap): `off`, `auto` where the machine can, `required`; or a group with `mode`, `hosts` and `read`. See docs/agents.md.',
    default: 'off',
  }),
  command: shellCommand
    .optional()
    .meta({ description: 'Shell command of the `command` executor, for tasks that have none of their own.' }),
  launcher: z.enum(LAUNCHERS).optional().meta({
    description: 'Where agents run: `process` on the host itself, `kubernetes` each in a pod of its own.',
    default: 'process',
  }),
  kubernetes: kubernetesGroup,
  retries: z.int().min(0).max(20).optional().meta({
    description: 'Further attempts after the first one of a task fails.',
    default: DEFAULTS.retries,
  }),
  models: settingsGroup({
    default: modelName.optional().meta({
      description: 'Alias or full id for tasks whose category has none.',
      default: DEFAULTS.modelByCategory.default,
    }),
    byCategory: z.record(categoryName, modelName).optional().meta({
      description:
        'Alias or full id by task category; `planning` and `reporting` are the planner and the report.',
      default: DEFAULTS.modelByCategory,
    }),
    aliases: z
      .record(modelName, modelName)
      .optional()
      .meta({ description: 'Full model id by alias.', default: DEFAULTS.modelAliases }),
    prices: z.record(modelName, price).optional().meta({
      description: 'US dollars per million tokens, by full model id.',
    }),
    unpriced: z.enum(['refuse', 'allow']).optional().meta({
      description:
        'Models without a price. When they are allowed, no budget holds for them and their costs are shown as incomplete.',
      default: 'refuse',
    }),
  })
    .optional()
    .meta({ description: 'Which model does what, and what it costs.' }),
  limits: limitsGroup,
  workspace: workspaceGroup,
  verify: verifyGroup,
  merge: mergeGroup,
  gates: gatesGroup,
  fix: fixGroup,
  context: contextGroup,
  planning: settingsGroup({
    critic: z.boolean().optional().meta({
      description:
        'A critic (the role `devils-advocate`) looks at a plan of the model, and the planner answers what it objects to. Costs one or two further calls.',
      default: DEFAULTS.critic,
    }),
  })
    .optional()
    .meta({ description: 'How the planner works.' }),
  backlog: settingsGroup({
    batch: z.int().min(1).max(1_000).optional().meta({
      description: 'Features that one swarm of a run through the backlog takes at most.',
      default: DEFAULTS.backlog.batch,
    }),
    attempts: z.int().min(1).max(BACKLOG_LIMITS.attempts).optional().meta({
      description: 'How often a feature is tried, by one swarm after the other, before it stays failed.',
      default: DEFAULTS.backlog.attempts,
    }),
  })
    .optional()
    .meta({ description: 'How `drover run` works through the feature backlog.' }),
  lessons: settingsGroup({
    tokens: z.int().min(0).max(50_000).optional().meta({
      description:
        'What earlier runs on the repository taught, as tokens that the planner and each agent are told at most; 0 for nothing.',
      default: DEFAULTS.lessonTokens,
    }),
  })
    .optional()
    .meta({ description: 'What is learnt from one run for the next; `drover lessons` shows it.' }),
  approval: settingsGroup({
    reminder: duration(0).optional().meta({
      description: 'Remind after this long without an answer to the plan; 0 for never.',
      default: 0,
    }),
    timeout: duration(0)
      .optional()
      .meta({ description: 'Wait this long for an answer to the plan; 0 for ever.', default: 0 }),
    onTimeout: z
      .enum(['cancel', 'approve'])
      .optional()
      .meta({ description: 'What happens then.', default: DEFAULTS.approval.onTimeout }),
  })
    .optional()
    .meta({ description: 'How long the plan waits for approval.' }),
  webhooks: webhooks.optional().meta({
    description:
      'Who is told that a decision is needed, that a swarm has ended, that its budget is nearly used up. See docs/operations.md.',
    default: [],
  }),
});

/** `drover.yml` as a person may write it. */
export type DroverFileInput = z.input<typeof droverFile>;
/** `drover.yml` once checked: durations in seconds, sizes in bytes. */
export type DroverFile = z.output<typeof droverFile>;

export const droverJsonSchema = (): unknown => ({
  ...z.toJSONSchema(droverFile, { io: 'input' }),
  title: 'drover.yml',
  description: 'Configuration of Drover for one repository',
});
