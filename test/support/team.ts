/** Teams for tests: rules with a few roles, and calls of a lead in short. */
import { TEAM_LIMITS, type TeamLimits, type TeamNews, type TeamRules } from '../../domain/team/team.ts';

export const teamRules = (
  more: Partial<Omit<TeamRules, 'limits'>> & { limits?: Partial<TeamLimits> } = {},
): TeamRules => ({
  roles: [
    { name: 'implementer', description: 'Writes code', writes: true },
    { name: 'reviewer', description: 'Reviews', writes: false },
  ],
  approval: 'lead',
  proposed: [],
  ...more,
  limits: { ...TEAM_LIMITS, ...more.limits },
});

type Call = readonly [tool: string, input: object];

export const spawn = (name: string, role = 'implementer', instructions = `Do the part of ${name}`): Call => [
  'SPAWN_AGENT',
  { name, role, instructions },
];
export const message = (name: string, text: string): Call => ['MESSAGE_AGENT', { name, text }];
export const shutDown = (name: string): Call => ['SHUTDOWN_AGENT', { name, reason: '' }];
export const approve = (name: string, note = ''): Call => ['APPROVE_PLAN', { name, note }];
export const reject = (name: string, feedback: string): Call => ['REJECT_PLAN', { name, feedback }];
export const tasks = (
  ...changes: readonly (readonly [operation: string, id: string, more?: { title?: string; agent?: string }])[]
): Call => [
  'MANAGE_TASKS',
  { changes: changes.map(([operation, id, more]) => ({ operation, id, title: '', agent: '', ...more })) },
];

/** Members about whom there is news of this kind. */
export const newsOf = (news: readonly TeamNews[], kind: TeamNews['kind']): readonly string[] =>
  news.flatMap((one) => (one.kind === kind && 'member' in one ? [one.member] : []));
