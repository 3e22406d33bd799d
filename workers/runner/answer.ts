/** The closing words of an agent, whole: what is told of them everywhere else is their beginning. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cap } from '../../domain/failures.ts';

const ANSWER = 'answer.md';
export const SUMMARY_LIMIT = 2_000;
/** Nothing that people would read is longer. */
const ANSWER_LIMIT = 16 * 1024 * 1024;

/** Keeps all of them in the run directory where that is more. @returns their summary */
export const keepAnswer = (directory: string, words: string): string => {
  const text = words.replaceAll('\0', '');
  const path = join(directory, ANSWER);
  const summary = cap(text, SUMMARY_LIMIT);
  try {
    // That of an earlier run of the same agent is no answer any more.
    rmSync(path, { force: true });
    if (text.length > SUMMARY_LIMIT) writeFileSync(path, `${cap(text, ANSWER_LIMIT)}\n`, { mode: 0o600 });
  } catch {
    // A full disk: the summary is what there is room for.
  }
  return summary;
};

/** What `keepAnswer` has kept; empty when the summary tells all. */
export const keptAnswer = (directory: string): string => {
  try {
    return readFileSync(join(directory, ANSWER), 'utf8');
  } catch {
    return '';
  }
};
