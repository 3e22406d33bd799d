/**
 * The form of `drover.yml`. The published JSON Schema and the table in `docs/configuration.md` are made from it, so
 * each setting carries its description and its default.
 */
import { z } from 'zod';
import { BACKLOG_LIMITS } from '../domain/backlog/backlog.ts';
import { CACHE_PLACES } from '../domain/agents/build-caches.ts';
import { GATE_POLICIES, SANDBOX_MODES, type SandboxSettings } from '../domain/swarm/settings.ts';
import { LAUNCHERS } from '../domain/agents/pod.ts';
import { DEFAULTS } from './defaults.ts';
import { executorName, executorSettings } from './executors.ts';
import { roleName, roleSettings } from './roles.ts';
import { kubernetesGroup } from './kubernetes.ts';
import { settingsGroup } from './schema-issues.ts';
import { teamSettings } from './teams.ts';
import { templateSettings } from './templates.ts';
import {
  categoryName,
  commands,
  dollarAmount,
  duration,
  DURATION_MESSAGE,
  modelName,
  price,
  repositoryPath,
  shellCommand,
  size,
  variableName,
  variableValue,
} from './values.ts';
import { webhooks } from './webhooks.ts';

const policy = z.enum(GATE_POLICIES);

/** `sandbox: auto` is short for `sandbox: { mode: auto }`. */
const sandbox = z
  .union(
    [
      z
        .enum(SANDBOX_MODES)
        .transform((mode): Pick<SandboxSettings, 'mode'> & Partial<SandboxSettings> => ({ mode })),
      settingsGroup({
        mode: z.enum(SANDBOX_MODES).meta({
          description: '`auto`: where the machine can. `required`: no agent runs without.',
        }),
        hosts: z
          .array(
            z
              .string()
              .regex(
                /^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?$/i,
                'must be the name of a host, such as "registry.npmjs.org", "*.debian.org" or "git.example.org:22"',
              ),
          )
          .max(200)
          .readonly()
          .optional()
          .meta({
            description:
              'What agents may reach besides the gateway, at ports 80 and 443 unless it names one.',
          }),
        read: z
          .array(z.string().regex(/^(\/|~\/)./, 'must be a full path, or one that begins with "~/"'))
          .max(200)
          .readonly()
          .optional()
          .meta({ description: 'Further paths that agents may read, such as a tool chain in your home.' }),
      }),
    ],
    { error: `must be one of ${SANDBOX_MODES.join(', ')}, or a group with such a "mode"` },
  )
  .optional();

/** `wall: 20m` sets the time of all models. */
const wall = z
  .union(
    [
      duration(1).transform((seconds) =>
        Object.fromEntries(Object.keys(DEFAULTS.limits.wallSeconds).map((name) => [name, seconds])),
      ),
      z.record(modelName, duration(1)),
    ],
    { error: `${DURATION_MESSAGE}, or such times by model` },
  )
  .optional();

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
  limits: settingsGroup({
    wall: wall.meta({
      description: 'Time of one attempt: one for all, or by model alias with `default`.',
      default: DEFAULTS.limits.wallSeconds,
    }),
    grace: duration(0).optional().meta({
      description: 'Between asking an agent to end and killing it.',
      default: DEFAULTS.limits.graceSeconds,
    }),
    log: size
      .optional()
      .meta({ description: "What is kept of an agent's output.", default: DEFAULTS.limits.logBytes }),
    output: size
      .optional()
      .meta({ description: 'An agent that prints more is ended.', default: DEFAULTS.limits.outputBytes }),
    turns: z
      .int()
      .min(1)
      .max(10_000)
      .optional()
      .meta({ description: 'Turns of one attempt of the `api` executor.', default: DEFAULTS.limits.turns }),
    cost: dollarAmount.optional().meta({
      description: 'US dollars that one attempt may cost; an agent that needs more is refused.',
    }),
    memory: size.optional().meta({
      description:
        'Memory of all processes of one agent together; one that uses more is ended. No agent starts while less is free.',
    }),
    silence: duration(1).optional().meta({
      description: 'An agent that says nothing for this long is reported.',
      default: 600,
    }),
    tokens: z.int().min(1_000).max(1_000_000_000).optional().meta({
      description: 'Input and output tokens of one attempt of the `api` executor, without cache reads.',
      default: DEFAULTS.limits.tokens,
    }),
  })
    .optional()
    .meta({
      description:
        'What one attempt of an agent may use. Durations are seconds or "90s", "30m", "2h"; sizes are bytes or "20MB".',
    }),
  workspace: settingsGroup({
    setup: commands.optional().meta({
      description: 'Make a fresh checkout usable, for example `npm ci`. For agents and for build and test.',
      default: [],
    }),
    copy: z.array(repositoryPath).max(200).optional().meta({
      description: 'Untracked files of your checkout that each workspace gets a copy of.',
      default: [],
    }),
    sparse: z
      .array(repositoryPath)
      .max(1_000)
      .optional()
      .meta({ description: 'Directories to check out; all when empty.', default: [] }),
    ports: z.int().min(0).max(100).optional().meta({
      description: 'Free ports for each agent, as `PORT` and `DROVER_PORT_0`, `DROVER_PORT_1`…',
      default: DEFAULTS.portsPerAgent,
    }),
    cache: z.enum(CACHE_PLACES).optional().meta({
      description:
        'Where npm, Yarn, Go, Cargo, pip, uv, Poetry, Composer and ccache keep what agents share, and apart from it what verifications share: `swarm` while the swarm lives, `home` for all swarms, `off` for your own caches.',
      default: DEFAULTS.cache,
    }),
    freeDisk: size.optional().meta({
      description: 'No further workspace is made while the disk has less free space; tasks wait for it.',
      default: DEFAULTS.freeDiskBytes,
    }),
    env: z.record(variableName, variableValue).optional().meta({
      description: 'Environment for agents and commands. No secrets: it is stored with the swarm.',
      default: {},
    }),
    passEnv: z
      .array(variableName)
      .max(200)
      .optional()
      .meta({ description: "Variables of Drover's own environment that agents may see.", default: [] }),
  })
    .optional()
    .meta({ description: 'The checkout that each agent works in.' }),
  verify: settingsGroup({
    build: commands.optional().meta({ description: 'Must succeed on the merged result.', default: [] }),
    test: commands
      .optional()
      .meta({ description: 'Must succeed on the merged result, after `build`.', default: [] }),
    parallel: z.int().min(1).max(64).optional().meta({
      description:
        'Verifications at the same time while the branch that made the result red is searched for, at most one per core. Each has a checkout of its own; commands that share a port or a database need 1.',
      default: DEFAULTS.verifyParallel,
    }),
  })
    .optional()
    .meta({
      description:
        'How the merged result is checked. A command, or a list of commands, each a text or `name`, `run` and `timeout`.',
    }),
  merge: settingsGroup({
    union: z.array(repositoryPath).max(200).optional().meta({
      description:
        'Lists such as `CHANGELOG.md` or `.gitignore`, by path, or by name anywhere. When both sides only added lines, a conflict is resolved by keeping all of them.',
      default: [],
    }),
  })
    .optional()
    .meta({ description: 'How conflicts are resolved before anybody is asked.' }),
  gates: settingsGroup({
    plan: policy.optional().meta({ description: 'The plan is ready.', default: DEFAULTS.gates.plan }),
    task: policy.optional().meta({ description: 'A task failed for good.', default: DEFAULTS.gates.task }),
    conflict: policy
      .optional()
      .meta({ description: 'A branch does not merge.', default: DEFAULTS.gates.conflict }),
    build: policy.optional().meta({ description: 'The build is red.', default: DEFAULTS.gates.build }),
    test: policy.optional().meta({ description: 'The tests are red.', default: DEFAULTS.gates.test }),
    files: policy.optional().meta({
      description:
        'A branch changed files that its task had not declared, or that another agent had claimed; `auto` lets it land, and it is reported all the same.',
      default: DEFAULTS.gates.files,
    }),
    pick: policy.optional().meta({
      description:
        'In independent mode, which answer becomes the result; `auto` takes the first in the comparison, if it is not red.',
      default: 'ask',
    }),
    budget: policy.optional().meta({
      description: 'The budget is used up; `auto` raises it by half, `skip` cancels what is not finished.',
      default: DEFAULTS.gates.budget,
    }),
    question: policy.optional().meta({
      description: 'An agent asks something; `auto` tells it yes, `skip` no, both without a word.',
      default: DEFAULTS.gates.question,
    }),
    phase: policy.optional().meta({
      description: 'A phase cannot go on: a tool is broken, the disk is full.',
      default: DEFAULTS.gates.phase,
    }),
  })
    .optional()
    .meta({
      description:
        'Who decides: `ask` waits for a person, `auto` approves, `skip` rejects, `fail` ends the swarm.',
    }),
  fix: settingsGroup({
    attempts: z.int().min(0).max(20).optional().meta({
      description: 'Fixing agents at one gate before a person must decide again.',
      default: DEFAULTS.fixAttempts,
    }),
    tokens: z.int().min(1_000).max(1_000_000_000).optional().meta({
      description:
        'Tokens that the fixing agents at one gate may use together, in and out, before a person must decide again.',
    }),
    costUsd: z.number().min(0.01).max(100_000).optional().meta({
      description: 'The same in US dollars, as far as prices are known.',
    }),
  })
    .optional()
    .meta({
      description:
        'Agents that repair conflicts and red builds. When the same failure comes twice, a person must decide again at once.',
    }),
  context: settingsGroup({
    tokens: z.int().min(0).max(200_000).optional().meta({
      description:
        'What each agent is told besides its task, in tokens at most: AGENTS.md, CLAUDE.md, README, what its dependencies changed, what other agents shared. The least relevant is left out first; 0 for nothing.',
      default: DEFAULTS.context.tokens,
    }),
    files: z.array(repositoryPath).max(50).optional().meta({
      description: 'Further files of the repository that every agent is told, before all others.',
      default: [],
    }),
  })
    .optional()
    .meta({ description: 'What agents know of the project when they start.' }),
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
