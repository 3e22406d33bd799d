/**
 * What an agent is told besides its task: files that say what the project is, what its dependencies changed, what
 * other agents shared. The most relevant first, as many as fit; the least relevant are cut.
 */

export interface ContextPiece {
  readonly kind: 'project' | 'change' | 'shared';
  /** A path, a task or the name of an artifact. */
  readonly name: string;
  readonly text: string;
  /** From 0 to 1. */
  readonly relevance: number;
}

export interface ChosenContext {
  readonly pieces: readonly Omit<ContextPiece, 'relevance'>[];
  /** Names of what did not fit, the most relevant first. */
  readonly left: readonly string[];
}

/** Rather too few than too many: models count code in shorter pieces than prose. */
const CHARACTERS_PER_TOKEN = 3;
/** A heading, and what stands around a text. */
const OVERHEAD = 20;
/** The beginning of a text that is shorter than this says nothing. */
const LEAST_TOKENS = 100;
const CUT = '\n… the rest is left out';
const LISTED = 100;

const nameTokens = (name: string): number => Math.ceil(name.length / CHARACTERS_PER_TOKEN);

export const contextTokens = ({ name, text }: Pick<ContextPiece, 'name' | 'text'>): number =>
  Math.ceil(text.length / CHARACTERS_PER_TOKEN) + nameTokens(name) + OVERHEAD;

/** Characters of a text that can be of use at all, so that no more of it need be read. */
export const usefulCharacters = (tokens: number): number => tokens * CHARACTERS_PER_TOKEN;

/** @param tokens that all of them together may take, the names of what is left out not counted */
export const chooseContext = (pieces: readonly ContextPiece[], tokens: number): ChosenContext => {
  const byRelevance = pieces.toSorted((a, b) => b.relevance - a.relevance);
  const chosen: ContextPiece[] = [];
  let left = tokens;
  for (const piece of byRelevance) {
    const needed = contextTokens(piece);
    if (needed <= left) {
      chosen.push(piece);
      left -= needed;
      continue;
    }
    const room = left - OVERHEAD - nameTokens(piece.name);
    if (room >= LEAST_TOKENS)
      chosen.push({
        ...piece,
        text: piece.text.slice(0, room * CHARACTERS_PER_TOKEN - CUT.length).toWellFormed() + CUT,
      });
    // What is less relevant than something that did not fit is not told in its place.
    break;
  }
  return {
    pieces: chosen.map(({ kind, name, text }) => ({ kind, name, text })),
    left: byRelevance.slice(chosen.length, chosen.length + LISTED).map(({ name }) => name),
  };
};

const words = (text: string): ReadonlySet<string> =>
  new Set(text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? []);

/** The share of the words of `name` that the work speaks of. */
export const nameOverlap = (name: string, work: string): number => {
  const wanted = words(name);
  if (wanted.size === 0) return 0;
  const known = words(work);
  return [...wanted].filter((word) => known.has(word)).length / wanted.size;
};
