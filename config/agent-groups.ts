/** What `drover.yml` says of the agents themselves: what one may use, where it works, what it is told. */
import { z } from 'zod';
import { CACHE_PLACES } from '../domain/agents/build-caches.ts';
import { SANDBOX_MODES, type SandboxSettings } from '../domain/swarm/settings.ts';
import { DEFAULTS } from './defaults.ts';
import { settingsGroup } from './schema-issues.ts';
import {
  commands,
  dollarAmount,
  duration,
  DURATION_MESSAGE,
  modelName,
  repositoryPath,
  size,
  variableName,
  variableValue,
} from './values.ts';

/** `sandbox: auto` is short for `sandbox: { mode: auto }`. */
export const sandbox = z
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

export const limitsGroup = settingsGroup({
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
  });

export const workspaceGroup = settingsGroup({
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
  .meta({ description: 'The checkout that each agent works in.' });

export const contextGroup = settingsGroup({
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
  .meta({ description: 'What agents know of the project when they start.' });
