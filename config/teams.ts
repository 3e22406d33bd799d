/** The form of `teams` in `drover.yml`, and the teams that come with Drover. */
import { z } from 'zod';
import { roleNameProblem } from '../domain/agents/roles.ts';
import type { SwarmSettings } from '../domain/swarm/settings.ts';
import { isMemberName, TEAM_LIMITS, type ProposedMember, type TeamTemplate } from '../domain/team/team.ts';
import { configError, type ConfigProblem } from './problem.ts';
import { settingsGroup } from './schema-issues.ts';
import { dollarAmount, duration, modelName } from './values.ts';

const MAX_MEMBERS = 20;

const member = settingsGroup({
  name: z.string().refine(isMemberName, {
    error: 'must be up to 30 small letters, digits and dashes, a letter first, and not lead, person or auto',
  }),
  role: z.string().min(1).max(40),
  task: z.string().min(1).max(2_000).optional(),
});

export const teamSettings = settingsGroup({
  description: z.string().min(1).max(500).optional().meta({ description: 'What it is for.' }),
  members: z.array(member).min(1).max(MAX_MEMBERS).meta({
    description: 'Who the lead is told to begin with: `name`, `role` and, if it helps, `task`.',
  }),
  approval: z.enum(['lead', 'person']).optional().meta({
    description: 'Who lets the plan of a member be carried out: the lead, or after the lead you as well.',
    default: 'lead',
  }),
  model: modelName.optional().meta({ description: 'Alias or full id for the lead.' }),
  limits: settingsGroup({
    turns: z.int().min(1).max(1_000).optional().meta({
      description: 'Answers of the lead.',
      default: TEAM_LIMITS.turns,
    }),
    time: duration(1).optional().meta({ description: 'From start to end.', default: TEAM_LIMITS.seconds }),
    members: z.int().min(1).max(MAX_MEMBERS).optional().meta({
      description: 'Members at the same time.',
      default: TEAM_LIMITS.members,
    }),
    idleTurns: z.int().min(1).max(20).optional().meta({
      description: 'Turns of the lead in a row that come to nothing, before the team counts as stuck.',
      default: TEAM_LIMITS.idleTurns,
    }),
    cost: dollarAmount.optional().meta({ description: 'US dollars of all models of the team.' }),
  })
    .optional()
    .meta({ description: 'What a team may use.' }),
});

type Given = Readonly<Record<string, z.output<typeof teamSettings>>>;

const proposed = ({ name, role, task }: z.output<typeof member>): ProposedMember => ({
  name,
  role,
  ...(task === undefined ? {} : { task }),
});

const templateOf = (name: string, given: Given[string]): TeamTemplate => {
  const { description = '', members, approval = 'lead', model, limits = {} } = given;
  return {
    name,
    description,
    members: members.map(proposed),
    approval,
    limits: {
      turns: limits.turns ?? TEAM_LIMITS.turns,
      seconds: limits.time ?? TEAM_LIMITS.seconds,
      members: limits.members ?? TEAM_LIMITS.members,
      idleTurns: limits.idleTurns ?? TEAM_LIMITS.idleTurns,
    },
    ...(model === undefined ? {} : { leadModel: model }),
    ...(limits.cost === undefined ? {} : { costUsd: limits.cost }),
  };
};

const BUILT_IN: Given = {
  'feature-dev': {
    description: 'A feature from design to reviewed code',
    members: [
      { name: 'architect', role: 'architect', task: 'The design, and the pieces that can be built at once' },
      { name: 'implementer', role: 'implementer', task: 'The code, after the design' },
      { name: 'reviewer', role: 'reviewer', task: 'What the implementer made' },
    ],
  },
  'code-review': {
    description: 'Security and style of what is there; changes nothing',
    members: [
      { name: 'security', role: 'security-reviewer' },
      { name: 'style', role: 'style-reviewer' },
    ],
  },
  'design-review': {
    description: 'A plan for a goal, challenged before anybody writes code',
    members: [
      { name: 'planner', role: 'planner', task: 'The implementation plan' },
      { name: 'architect', role: 'architect', task: 'The design of the plan' },
      { name: 'advocate', role: 'devils-advocate', task: 'What the plan takes for granted' },
      { name: 'operator', role: 'k8s-expert', task: 'How it is deployed and operated' },
    ],
  },
};

export const teamTable = (given: Given = {}): Readonly<Record<string, TeamTemplate>> =>
  Object.fromEntries(
    Object.entries({ ...BUILT_IN, ...given }).map(([name, team]) => [name, templateOf(name, team)]),
  );

/** Members with roles that do not exist, and names that are there twice. */
export const teamProblems = (settings: SwarmSettings, source: string): readonly ConfigProblem[] =>
  Object.values(settings.teams ?? {}).flatMap(({ name, members }) =>
    members.flatMap((one, index) => {
      const role = roleNameProblem(
        settings.roles,
        `The member "${one.name}" of the team "${name}"`,
        one.role,
      );
      const twice = members.findIndex((other) => other.name === one.name) < index;
      return [
        ...(role === undefined ? [] : [configError(source, role)]),
        ...(twice ? [configError(source, `The team "${name}" has two members "${one.name}"`)] : []),
      ];
    }),
  );
