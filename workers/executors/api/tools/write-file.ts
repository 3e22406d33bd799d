/** `write_file`: a whole file, new or replaced. */
import { z } from 'zod';
import { tool } from './tool.ts';

export const writeFile = tool({
  name: 'write_file',
  description:
    'Writes a whole text file and makes its directories. Replaces what was there, so read an existing file first; prefer edit_file for small changes.',
  input: z.object({ path: z.string().describe('Relative to the workspace.'), content: z.string() }),
  run: async ({ path, content }, { files }) => {
    const done = await files.write(path, content);
    return `${done === 'created' ? 'Created' : 'Replaced'} ${path} (${Buffer.byteLength(content)} bytes).`;
  },
});
