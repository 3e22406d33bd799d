/** What a team is started with: its template, what the person changes of it, and the roles there are. */
import { DroverFailure } from '../domain/failures.ts';
import { LEAD_ROLE } from '../domain/agents/roles.ts';
import type { SwarmSettings } from '../domain/swarm/settings.ts';
import { TEAM_LIMITS, type TeamLimits, type TeamRules, type TeamTemplate } from '../domain/team/team.ts';
import { didYouMean } from '../domain/text.ts';
import type { StartSwarm } from './start-swarm.ts';

export interface TeamRequest {
  /** Name of a template; the lead chooses freely without one. */
  readonly template?: string | undefined;
  readonly approval?: TeamRules['approval'] | undefined;
  readonly limits?: { readonly [name in keyof TeamLimits]?: number | undefined } | undefined;
}

const templateNamed = (settings: SwarmSettings, name: string): TeamTemplate => {
  const templates = settings.teams ?? {};
  const found = Object.hasOwn(templates, name) ? templates[name] : undefined;
  if (found === undefined)
    throw new DroverFailure(
      'notFound',
      `There is no team template "${name}"${didYouMean(name, Object.keys(templates))}`,
      { hint: `there are ${Object.keys(templates).join(', ')}; drover.yml may declare others` },
    );
  return found;
};

/** A swarm that is started as a team. */
export const asTeam = (
  start: StartSwarm,
  { template: name, approval, limits = {} }: TeamRequest,
): StartSwarm => {
  const { settings } = start;
  const template = name === undefined ? undefined : templateNamed(settings, name);
  const given = template?.limits ?? TEAM_LIMITS;
  const budgetUsd = settings.budgetUsd ?? template?.costUsd;
  return {
    ...start,
    settings: { ...settings, ...(budgetUsd === undefined ? {} : { budgetUsd }) },
    team: {
      roles: Object.values(settings.roles ?? {})
        .filter((role) => role.name !== LEAD_ROLE)
        .map(({ name: role, description, writes }) => ({ name: role, description, writes })),
      limits: {
        turns: limits.turns ?? given.turns,
        seconds: limits.seconds ?? given.seconds,
        members: limits.members ?? given.members,
        idleTurns: limits.idleTurns ?? given.idleTurns,
      },
      approval: approval ?? template?.approval ?? 'lead',
      ...(template?.leadModel === undefined ? {} : { leadModel: template.leadModel }),
      proposed: template?.members ?? [],
    },
  };
};
