/** What each agent at work did last, kept up to date from the ends of their logs. */
import { isRunning } from '../../api/swarm-actions.ts';
import type { SwarmDirectory } from '../../store/home.ts';
import { lastWords } from '../output/event-lines.ts';
import type { LastWords } from '../views/swarm-view.ts';
import { eventTail } from './event-tail.ts';
import type { Snapshot } from './snapshot.ts';

const WIDTH = 200;

export const agentsAtWork = ({ tasks, fixers }: Snapshot): readonly string[] => [
  ...tasks.flatMap((task) => (isRunning(task) && task.agentId !== undefined ? [task.agentId] : [])),
  ...fixers.map((fixer) => fixer.agentId),
];

/** @returns reads what is new and tells the last words of those of the agents that said something */
export const lastWordsReader = (
  directory: SwarmDirectory,
): ((agentIds: readonly string[]) => Promise<LastWords>) => {
  const tail = eventTail(directory, 'end');
  const words = new Map<string, string>();
  return async (agentIds) => {
    for (const { agentId, event } of await tail.read(agentIds)) {
      const said = lastWords(event, WIDTH);
      if (said !== undefined) words.set(agentId, said);
    }
    return words;
  };
};
