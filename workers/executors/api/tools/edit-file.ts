/** `edit_file`: replaces one exact, unique piece of a text file. */
import { z } from 'zod';
import { ToolProblem } from '../tool-problem.ts';
import { readTextFile } from './text-file.ts';
import { tool } from './tool.ts';

export const editFile = tool({
  name: 'edit_file',
  description:
    'Replaces one piece of a text file by another. `old_text` must be in the file exactly once, character for character (without line numbers); give enough lines around it to make it unique.',
  input: z.object({
    path: z.string().describe('Relative to the workspace.'),
    old_text: z.string().min(1),
    new_text: z.string(),
  }),
  run: async ({ path, old_text: given, new_text: replacement }, { files }) => {
    if (given === replacement) throw new ToolProblem('old_text and new_text are the same.');
    const text = await readTextFile(files, path);
    const { old, to } = matching(text, given, replacement);
    const at = text.indexOf(old);
    if (at < 0)
      throw new ToolProblem(
        `old_text is not in ${path}. Read the file again: it must match character for character.`,
      );
    const second = text.indexOf(old, at + 1);
    if (second >= 0)
      throw new ToolProblem(
        `old_text is in ${path} more than once (lines ${lineAt(text, at)} and ${lineAt(text, second)}, perhaps more). Give more of the lines around it.`,
      );
    await files.write(path, text.slice(0, at) + to + text.slice(at + old.length));
    return `Edited ${path} at line ${lineAt(text, at)}.`;
  },
});

/** Models write `\n`; a file with `\r\n` is matched and kept as such. */
const matching = (text: string, old: string, to: string): { old: string; to: string } =>
  text.includes('\r\n') && !old.includes('\r') && !text.includes(old)
    ? { old: old.replaceAll('\n', '\r\n'), to: to.replaceAll(/\r?\n/g, '\r\n') }
    : { old, to };

const lineAt = (text: string, position: number): number => text.slice(0, position).split('\n').length;
