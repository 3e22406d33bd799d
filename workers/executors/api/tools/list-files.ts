/** `list_files`: what is where. */
import { z } from 'zod';
import { componentsOf } from '../confined-path.ts';
import { walk } from '../walk.ts';
import { tool } from './tool.ts';

const MAX_ENTRIES = 1000;

const MARKS = {
  file: '',
  directory: '/',
  skipped: '/ (not listed)',
  link: ' (symbolic link, not followed)',
} as const;

export const listFiles = tool({
  name: 'list_files',
  description:
    'Lists files and directories of the workspace, one path a line, directories ending in "/". Dependencies such as node_modules are not descended into.',
  input: z.object({
    path: z
      .string()
      .default('')
      .describe('Directory, relative to the workspace. Default: the whole workspace.'),
    depth: z.int().min(1).max(20).default(6).describe('How many levels below it.'),
  }),
  run: async ({ path, depth }, { files }) => {
    const lines: string[] = [];
    const whole = await walk(files, componentsOf(path).join('/'), depth, (entry) => {
      lines.push(entry.path + MARKS[entry.kind]);
      return lines.length < MAX_ENTRIES;
    });
    if (!whole) lines.push(`… stopped after ${MAX_ENTRIES} entries; name a directory or a smaller depth.`);
    return lines.length === 0 ? 'The directory is empty.' : lines.join('\n');
  },
});
