/** A piece of a teammate's work as a task of the plan: what its agent is told. */
import type { Task } from '../../domain/plan/plan.ts';
import type { Piece, TeamMessage } from '../../domain/team/team.ts';

/** Executors without the tools of the swarm have nobody to ask, and go by their instructions alone. */
const SHARED_TASKS =
  'The team shares a list of tasks. The tool team_task, one of those of the swarm (or of its server "drover"), shows it (list), takes a task for you (claim: of several who claim it one gets it, the others are told who), gives it back (release) and says that it is done (done). Claim a task of the list before you work on it.';

const LEADING = 'Instructions, in the order in which they were given:';

const fromWhom = ({ from }: TeamMessage): string =>
  from === 'lead' ? 'The lead' : from === 'person' ? 'A person' : from;

/** Numbered over the whole team, so that what an agent was told can be found again. */
const messageText = (message: TeamMessage): string =>
  `[${message.number}] ${fromWhom(message)}: ${message.text}`;

const opening = ({ kind, member }: Piece): string => {
  const who = `You are ${member}, a member of a team. Its lead gives the work; you answer to the lead alone.`;
  switch (kind) {
    case 'plan':
      return `${who} Plan this work, and change nothing yet: read what you need to know, then end with your plan, which the lead approves or sends back. Say what you will change, in which files, in which order, how it is checked, and what could go wrong.`;
    case 'work':
      return `${who} Do this work now.`;
    case 'read':
      return `${who} Look and report; your closing words are what the lead gets.`;
  }
};

const TITLES = { plan: 'plan', work: 'work', read: 'report' } as const;

/** @param plan the agent's own plan, if there is one */
export const taskOf = (piece: Piece, plan: string | undefined): Task => ({
  id: piece.taskId,
  title: `${piece.member} (${piece.role}): ${TITLES[piece.kind]}`,
  description: [
    opening(piece),
    ...(piece.kind === 'plan' ? [] : [SHARED_TASKS]),
    LEADING,
    ...piece.messages.map(messageText),
    ...(plan === undefined
      ? []
      : [
          piece.kind === 'work' ? 'Your plan, which was approved:' : 'Your plan, which was not accepted:',
          plan,
        ]),
  ].join('\n\n'),
  dependsOn: piece.dependsOn,
  priority: 2,
  category: 'default',
  files: [],
  role: piece.role,
  ...(piece.kind === 'work' ? { allowEmpty: true } : { readOnly: true }),
});
