/** Words of people and of agents to a team: to its lead, or into the mailbox of a member. */
import { memberOf, messageComes } from '../domain/team.ts';
import type { Swarm } from './swarm-state.ts';

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
