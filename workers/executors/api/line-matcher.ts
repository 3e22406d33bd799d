/** Finds the lines of a text that hold a word or match a regular expression, within a limit of time. */
import { createContext, Script } from 'node:vm';
import { errorCode } from '../../../store/files.ts';
import { ToolProblem } from './tool-problem.ts';

/** For all texts together: a pattern that backtracks without end is stopped. */
const REGEX_MILLISECONDS = 3000;

/** @returns at most `max` lines, numbered from 1 */
export type MatchLines = (
  text: string,
  max: number,
) => readonly { readonly line: number; readonly text: string }[];

export const byText = (wanted: string, ignoreCase: boolean): MatchLines => {
  const fold = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
  const folded = fold(wanted);
  return (text, max) => {
    if (!fold(text).includes(folded)) return [];
    return text
      .split('\n')
      .map((line, index) => ({ line: index + 1, text: line }))
      .filter((line) => fold(line.text).includes(folded))
      .slice(0, max);
  };
};

const MATCH_LINES = new Script(`(() => {
  const expression = new RegExp(pattern, flags);
  const found = [];
  for (const [index, line] of text.split('\\n').entries()) {
    if (found.length >= max) break;
    if (expression.test(line)) found.push({ line: index + 1, text: line });
  }
  return JSON.stringify(found);
})()`);

/** The pattern runs in a context of its own, because only what runs there can be interrupted. */
export const byRegex = (pattern: string, ignoreCase: boolean): MatchLines => {
  const flags = ignoreCase ? 'i' : '';
  try {
    void new RegExp(pattern, flags);
  } catch (error) {
    throw new ToolProblem(`That is not a regular expression: ${(error as Error).message}`);
  }
  const context = createContext({ pattern, flags });
  let left = REGEX_MILLISECONDS;
  return (text, max) => {
    Object.assign(context, { text, max });
    const started = performance.now();
    try {
      const found = MATCH_LINES.runInContext(context, { timeout: Math.max(1, Math.ceil(left)) }) as string;
      return JSON.parse(found) as ReturnType<MatchLines>;
    } catch (error) {
      if (errorCode(error) !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      throw new ToolProblem(
        `The expression took more than ${REGEX_MILLISECONDS / 1000} seconds; look for plain text instead.`,
      );
    } finally {
      left -= performance.now() - started;
    }
  };
};
