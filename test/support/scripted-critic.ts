/** What a scripted model answers to the critic's request, in tests that are about something else. */
import type { ScriptedReply } from './model-server.ts';

const fine = { ok: true, reason: 'As the script says.' };

/** Who has no objection has answered the whole checklist all the same. */
export const critique = (objections: readonly object[] = []): ScriptedReply => ({
  blocks: [
    {
      text: JSON.stringify({
        checklist: {
          fileOverlap: fine,
          missingDependency: fine,
          tooLarge: fine,
          noAcceptance: fine,
          goalMissed: fine,
        },
        objections,
      }),
    },
  ],
  usage: { input: 10, output: 5 },
});

export const asksCritic = ({ system }: { readonly system?: unknown }): boolean =>
  JSON.stringify(system ?? '').includes("You are Drover's critic");
