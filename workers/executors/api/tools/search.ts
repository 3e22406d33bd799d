/** `search`: lines of the workspace's text files that hold a text or match a regular expression. */
import { z } from 'zod';
import { errorCode } from '../../../../store/files.ts';
import { componentsOf } from '../confined-path.ts';
import { byRegex, byText } from '../line-matcher.ts';
import { ToolProblem } from '../tool-problem.ts';
import { walk } from '../walk.ts';
import { isBinary, shownLine } from './text-file.ts';
import { tool } from './tool.ts';

const MAX_MATCHES = 200;
const MAX_LINE = 300;
const MAX_FILE_BYTES = 1024 * 1024;
const MAX_FILES = 20_000;

export const search = tool({
  name: 'search',
  description: `Finds lines in the text files of the workspace; answers "path:line: text", at most ${MAX_MATCHES}. Plain text unless \`regex\` is true.`,
  input: z.object({
    text: z.string().min(1).max(500).describe('What to look for, within one line.'),
    path: z.string().default('').describe('Directory to search in. Default: the whole workspace.'),
    ending: z.string().max(50).default('').describe('Only files whose name ends like this, such as ".ts".'),
    regex: z.boolean().default(false).describe('Take `text` as a JavaScript regular expression.'),
    ignore_case: z.boolean().default(false),
  }),
  run: async ({ text, path, ending, regex, ignore_case: ignoreCase }, { files }) => {
    const matchLines = (regex ? byRegex : byText)(text, ignoreCase);
    const found: string[] = [];
    let seen = 0;
    const whole = await walk(files, componentsOf(path).join('/'), 50, async (entry) => {
      if (entry.kind !== 'file' || !entry.path.endsWith(ending)) return true;
      if (++seen > MAX_FILES) return false;
      const content = await entry.read(MAX_FILE_BYTES).catch(passedOver);
      if (content === undefined || isBinary(content)) return true;
      for (const match of matchLines(content.toString('utf8'), MAX_MATCHES - found.length))
        found.push(`${entry.path}:${match.line}: ${shownLine(match.text, MAX_LINE)}`);
      return found.length < MAX_MATCHES;
    });
    if (!whole)
      found.push(
        seen > MAX_FILES
          ? `… stopped after ${MAX_FILES} files; name a directory.`
          : `… stopped after ${MAX_MATCHES} lines; name a directory or look for something rarer.`,
      );
    return found.length === 0 ? 'No line matches.' : found.join('\n');
  },
});

/** Files that are too large, not plain, not readable or gone since. */
const passedOver = (error: unknown): undefined => {
  if (error instanceof ToolProblem || ['EACCES', 'ENOENT'].includes(errorCode(error) ?? '')) return undefined;
  throw error;
};
