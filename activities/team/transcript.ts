/**
 * The conversation with the lead of a team, outside of the workflow's history: a chain of artifacts, one for each
 * turn, of which the workflow keeps the key of the newest.
 */
import type { Anthropic } from '@anthropic-ai/sdk';
import { getArtifact, putArtifact } from '../../store/artifacts.ts';
import type { SwarmDirectory } from '../../store/home.ts';

interface Turn {
  readonly previous?: string;
  readonly messages: readonly Anthropic.MessageParam[];
  /** What the lead said besides its calls. */
  readonly text: string;
}

/** The lead's words in the newest turn. */
export const lastWords = async (swarm: SwarmDirectory, key: string): Promise<string> =>
  (await getArtifact<Turn>(swarm, key)).text;

/** All messages up to the turn `key`, oldest first. */
export const readTranscript = async (
  swarm: SwarmDirectory,
  key: string | undefined,
): Promise<Anthropic.MessageParam[]> => {
  const turns: (readonly Anthropic.MessageParam[])[] = [];
  for (let at = key; at !== undefined;) {
    const turn: Turn = await getArtifact<Turn>(swarm, at);
    turns.push(turn.messages);
    at = turn.previous;
  }
  return turns.toReversed().flat();
};

/** @returns the key of the conversation with this turn */
export const addTurn = (
  swarm: SwarmDirectory,
  previous: string | undefined,
  messages: readonly Anthropic.MessageParam[],
  text: string,
): Promise<string> => putArtifact(swarm, { ...(previous === undefined ? {} : { previous }), messages, text });
