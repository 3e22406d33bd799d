/** The form of `templates` in `drover.yml`: projects that are started by name. */
import { z } from 'zod';
import { settingsGroup } from './schema-issues.ts';
import { commands, shellCommand } from './values.ts';

const MAX_AGENTS = 500;

export const templateSettings = settingsGroup({
  description: z.string().min(1).max(500).optional().meta({ description: 'What it is for.' }),
  goal: z.string().min(1).max(20_000).optional().meta({
    description: 'What its swarms are told they are for; the name of the template when absent.',
  }),
  build: commands.optional().meta({ description: 'Instead of `verify.build`.' }),
  test: commands.optional().meta({ description: 'Instead of `verify.test`.' }),
  agents: z
    .array(
      settingsGroup({
        team: z.string().min(1).max(40).optional().meta({
          description: 'A role, or else a category of tasks, which chooses the model.',
        }),
        task: z.string().min(1).max(20_000).meta({ description: 'What it is to do.' }),
        command: shellCommand.optional().meta({ description: 'For the executor `command`.' }),
      }),
    )
    .min(1)
    .max(MAX_AGENTS)
    .meta({ description: 'One task each: `task` and, if it helps, `team`. They work at the same time.' }),
});

export type ProjectTemplate = z.output<typeof templateSettings>;
