/** Text files as tools see them: UTF-8, not too large, lines cut to what a model can use. */
import type { ConfinedFiles } from '../confined-files.ts';
import { ToolProblem } from '../tool-problem.ts';

/** 2 MiB: more than any source file that a model should work on by reading. */
const MAX_TEXT_BYTES = 2 * 1024 * 1024;

export const isBinary = (content: Buffer): boolean => content.subarray(0, 8192).includes(0);

/** Refuses what a later write could not give back byte for byte. */
export const readTextFile = async (files: ConfinedFiles, path: string): Promise<string> => {
  const content = await files.read(path, MAX_TEXT_BYTES);
  if (isBinary(content)) throw new ToolProblem(`${path} is a binary file of ${content.length} bytes.`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    throw new ToolProblem(`${path} is not valid UTF-8; use run_command to work on it.`);
  }
};

/** `line` as it is shown: at most `max` characters. */
export const shownLine = (line: string, max: number): string =>
  line.length <= max ? line : `${line.slice(0, max)}… (${line.length - max} more characters)`;
