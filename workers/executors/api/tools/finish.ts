/** `finish`: the agent says that it is done. The loop ends on it. */
import { z } from 'zod';
import { tool } from './tool.ts';

export const finish = tool({
  name: 'finish',
  description: 'Ends the work. Call it once, alone, when the task is done and the tests pass.',
  input: z.object({
    summary: z
      .string()
      .min(1)
      .describe('What was changed and why, for those whose work builds on it. At most 2,000 characters.'),
  }),
  run: async ({ summary }) => await Promise.resolve(summary),
});
