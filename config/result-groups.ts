/** What `drover.yml` says of the way from branches to a result: merging, checking, who decides, repairs. */
import { z } from 'zod';
import { GATE_POLICIES } from '../domain/swarm/settings.ts';
import { DEFAULTS } from './defaults.ts';
import { settingsGroup } from './schema-issues.ts';
import { commands, repositoryPath } from './values.ts';

const policy = z.enum(GATE_POLICIES);

export const verifyGroup = settingsGroup({
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
  });

export const mergeGroup = settingsGroup({
  union: z.array(repositoryPath).max(200).optional().meta({
    description:
      'Lists such as `CHANGELOG.md` or `.gitignore`, by path, or by name anywhere. When both sides only added lines, a conflict is resolved by keeping all of them.',
    default: [],
  }),
})
  .optional()
  .meta({ description: 'How conflicts are resolved before anybody is asked.' });

export const gatesGroup = settingsGroup({
  plan: policy.optional().meta({ description: 'The plan is ready.', default: DEFAULTS.gates.plan }),
  task: policy.optional().meta({ description: 'A task failed for good.', default: DEFAULTS.gates.task }),
  conflict: policy
    .optional()
    .meta({ description: 'A branch does not merge.', default: DEFAULTS.gates.conflict }),
  build: policy.optional().meta({ description: 'The build is red.', default: DEFAULTS.gates.build }),
  test: policy.optional().meta({ description: 'The tests are red.', default: DEFAULTS.gates.test }),
  files: policy.optional().meta({
    description:
      'A branch changed files that its task had not declared; `auto` lets it land, and it is reported all the same.',
    default: DEFAULTS.gates.files,
  }),
  claims: policy.optional().meta({
    description: 'A branch changed files that another agent at work had claimed.',
    default: DEFAULTS.gates.claims,
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
  });

export const fixGroup = settingsGroup({
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
  });
