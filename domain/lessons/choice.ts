/** Which lessons somebody is told: those that have to do with the work, as many as fit, the weightiest first. */
import { patternsMeet } from '../plan/file-overlap.ts';
import type { Lesson } from './lessons.ts';

/** Below this a lesson has misled too often to be told again. */
export const LEAST_WEIGHT = 0.3;
const MOST_WEIGHT = 2;

/** Of agents that were told and succeeded at once, or did not. */
export const reweighed = (weight: number, helped: boolean): number =>
  helped ? Math.min(MOST_WEIGHT, weight + 0.1) : weight * 0.7;

/** Seen once more in another swarm. */
export const seenAgain = (weight: number): number => Math.min(MOST_WEIGHT, weight + 0.25);

const CHARACTERS_PER_TOKEN = 4;
/** Each brings a line break and a dash. */
const OVERHEAD = 1;

export const lessonTokens = ({ text }: Pick<Lesson, 'text'>): number =>
  Math.ceil(text.length / CHARACTERS_PER_TOKEN) + OVERHEAD;

/** Words that tell nothing apart. */
const COMMON: ReadonlySet<string> = new Set(
  'a an and are as at be by for from has in is it its must not of on or so that the their there they this to was were what which with you your'.split(
    ' ',
  ),
);

const words = (text: string): ReadonlySet<string> =>
  new Set((text.toLowerCase().match(/[\p{L}\p{N}_]{2,}/gu) ?? []).filter((word) => !COMMON.has(word)));

export interface Work {
  /** Goal, title, description. */
  readonly text: string;
  /** Patterns of the files it will change; empty when nobody knows. */
  readonly files: readonly string[];
}

/** What is of use to whoever works on the repository at all, whatever the work is. */
const ALWAYS: Readonly<Record<Lesson['kind'], number>> = {
  command: 1,
  flaky: 0.8,
  conflict: 0.3,
  failure: 0.2,
  duration: 0,
};
const PATH_WORTH = 2;
const WORD_WORTH = 1;

const relevance = (lesson: Lesson, wanted: ReadonlySet<string>, files: readonly string[]): number => {
  const near = lesson.paths.some((path) =>
    files.some((pattern) => pattern === path || patternsMeet(pattern, path)),
  );
  const own = words(`${lesson.text} ${lesson.paths.join(' ')}`);
  let shared = 0;
  for (const word of own) if (wanted.has(word)) shared += 1;
  const overlap = own.size === 0 ? 0 : shared / Math.sqrt(own.size * Math.max(1, wanted.size));
  return lesson.weight * (ALWAYS[lesson.kind] + (near ? PATH_WORTH : 0) + WORD_WORTH * overlap);
};

/** Less has nothing to do with the work. */
const LEAST_RELEVANCE = 0.2;

/** @param tokens what all of them together may take */
export const chooseLessons = (lessons: readonly Lesson[], work: Work, tokens: number): readonly Lesson[] => {
  const wanted = words(work.text);
  const ranked = lessons
    .filter(({ weight }) => weight >= LEAST_WEIGHT)
    .map((lesson) => ({ lesson, worth: relevance(lesson, wanted, work.files) }))
    .filter(({ worth }) => worth > LEAST_RELEVANCE)
    .sort((a, b) => b.worth - a.worth || (a.lesson.id < b.lesson.id ? -1 : 1));
  let left = tokens;
  return ranked.flatMap(({ lesson }) => {
    const size = lessonTokens(lesson);
    if (size > left) return [];
    left -= size;
    return [lesson];
  });
};
