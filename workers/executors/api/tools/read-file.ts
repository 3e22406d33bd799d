/** `read_file`: a text file or a range of its lines, with line numbers. */
import { z } from 'zod';
import { ToolProblem } from '../tool-problem.ts';
import { readTextFile, shownLine } from './text-file.ts';
import { tool } from './tool.ts';

const MAX_LINES = 2000;
const MAX_LINE = 2000;
const MAX_CHARACTERS = 60_000;

export const readFile = tool({
  name: 'read_file',
  description: `Reads a text file. Each line comes as its number, a tab and its text. At most ${MAX_LINES} lines at once; ask for a range of longer files.`,
  input: z.object({
    path: z.string().describe('Relative to the workspace.'),
    from_line: z.int().min(1).default(1),
    to_line: z.int().min(1).optional(),
  }),
  run: async ({ path, from_line: from, to_line: to }, { files }) => {
    const text = await readTextFile(files, path);
    if (text === '') return 'The file is empty.';
    const lines = text.split('\n');
    if (lines.at(-1) === '') lines.pop();
    if (from > lines.length) throw new ToolProblem(`${path} has only ${lines.length} lines.`);
    const end = Math.min(to ?? lines.length, lines.length);
    const shown: string[] = [];
    let room = MAX_CHARACTERS;
    for (const [index, line] of lines.slice(from - 1, Math.min(end, from - 1 + MAX_LINES)).entries()) {
      const numbered = `${from + index}\t${shownLine(line, MAX_LINE)}`;
      room -= numbered.length + 1;
      if (room < 0) break;
      shown.push(numbered);
    }
    const last = from - 1 + shown.length;
    if (last < end)
      shown.push(`… lines ${last + 1} to ${lines.length} are not shown; ask for them by from_line.`);
    return shown.join('\n');
  },
});
