/** What people and agents say to a team (its lead, the mailbox of a member), and what members do with its task list. */
import type { TeamTaskChange, TeamTaskResult } from '../../domain/protocol.ts';
import { memberChanges } from '../../domain/team/calls.ts';
import { memberOf, messageComes } from '../../domain/team/team.ts';
import { clip } from '../../domain/text.ts';
import type { Swarm } from '../swarm/state.ts';

const LEAD = 'lead';
const PERSON = 'person';
/** What the gateway puts before the words of one agent to another. */
const FROM_AGENT = /^From (agent-\d+(?:\.\d+)?): /;
const AGENT = /^agent-(\d+)(?:\.\d+)?$/;

/** The member whose agent it is: the one at work, or the one whose piece it did. */
const memberNamed = ({ state }: Swarm, name: string): string | undefined => {
  const { team, tasks } = state;
  if (team === undefined) return undefined;
  if (memberOf(team, name) !== undefined) return name;
  const ordinal = AGENT.exec(name)?.[1];
  const task = [...tasks.values()].find((one) => `${one.ordinal}` === ordinal)?.outline.id;
  // A piece is called after its member, with its number at the end.
  const owner = task?.replace(/-\d+$/, '');
  return owner !== undefined && memberOf(team, owner) !== undefined ? owner : undefined;
};

/** @returns false when it is not for a team, or for an agent that belongs to none of its members */
export const toTeam = (swarm: Swarm, to: string, text: string): boolean => {
  const { state } = swarm;
  if (state.team === undefined) return false;
  const member = to === LEAD ? LEAD : memberNamed(swarm, to);
  if (member === undefined && AGENT.test(to)) return false;
  const [prefix = '', agent] = FROM_AGENT.exec(text) ?? [];
  const from = agent === undefined ? PERSON : (memberNamed(swarm, agent) ?? agent);
  state.team = messageComes(state.team, member ?? to, from, text.slice(prefix.length));
  return true;
};

export const teamTaskProblem = (swarm: Swarm, input: TeamTaskChange): string | undefined => {
  if (swarm.state.team === undefined) return 'This swarm is no team: it has no shared list of tasks';
  if (typeof input?.agentId !== 'string' || memberNamed(swarm, input.agentId) === undefined)
    return 'Only an agent of a member can take tasks of the team';
  if (typeof input.taskId !== 'string' || !['claim', 'release', 'done'].includes(input.operation))
    return 'Give an operation (claim, release, done) and the id of a task';
  return undefined;
};

export const changeTeamTask = (
  swarm: Swarm,
  { agentId, operation, taskId }: TeamTaskChange,
): TeamTaskResult => {
  const { team } = swarm.state;
  const member = memberNamed(swarm, agentId);
  if (team === undefined || member === undefined) return { ok: false, text: 'There is no team' };
  const { team: changed, ok, text } = memberChanges(team, member, { operation, taskId: clip(taskId, 60) });
  swarm.state.team = changed;
  return { ok, text };
};
