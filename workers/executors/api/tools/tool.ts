/** What a tool of the `api` executor is, and how its input is checked before it runs. */
import { z } from 'zod';
import type { ExecutorContext } from '../../executor.ts';
import type { ConfinedFiles } from '../confined-files.ts';
import { ToolProblem } from '../tool-problem.ts';

export interface ToolContext {
  readonly files: ConfinedFiles;
  readonly runShell: ExecutorContext['runShell'];
}

export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: { readonly type: 'object'; readonly [key: string]: unknown };
  /** @throws ToolProblem for what the model can put right */
  run(input: unknown, context: ToolContext): Promise<string>;
}

/** A tool whose input is checked by `input` before `run` sees it. */
export const tool = <Input extends z.ZodObject>(definition: {
  readonly name: string;
  readonly description: string;
  readonly input: Input;
  readonly run: (input: z.infer<Input>, context: ToolContext) => Promise<string>;
}): Tool => {
  const { $schema: _, ...schema } = z.toJSONSchema(definition.input, { io: 'input' });
  return {
    name: definition.name,
    description: definition.description,
    inputSchema: { ...schema, type: 'object' },
    run: async (input, context) => {
      const checked = definition.input.safeParse(input);
      if (!checked.success)
        throw new ToolProblem(`The input is not valid.\n${z.prettifyError(checked.error)}`);
      return await definition.run(checked.data, context);
    },
  };
};
