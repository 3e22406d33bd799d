/** What a person says when they approve a further attempt, for the agent that makes it. */
import { clip } from '../../domain/text.ts';

/** Together at most the 2,000 characters of a note. */
const PART_LENGTH = 980;

export const withAdvice = (reason: string, feedback: string | undefined): string =>
  [
    clip(reason, PART_LENGTH),
    ...(feedback === undefined ? [] : [`A person says: ${clip(feedback, PART_LENGTH)}`]),
  ]
    .filter((text) => text !== '')
    .join('\n');
