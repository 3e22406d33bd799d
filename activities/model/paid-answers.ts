/**
 * Answers of a model that were paid for, kept in one file per conversation. An activity that is tried again goes on
 * from what is there instead of asking, and paying, again.
 */
import type { Anthropic } from '@anthropic-ai/sdk';
import { addUsage, NO_USAGE, type Usage } from '../../domain/models/usage.ts';
import { readIfThere, replaceFile } from '../../store/files.ts';
import { textOf, type Asked } from './anthropic.ts';

export interface PaidAnswer {
  readonly text: string;
  readonly stopReason: Anthropic.StopReason | null;
  readonly usage: Usage;
}

interface Kept {
  readonly answers: readonly PaidAnswer[];
  /** Of answers that are no longer kept, and of calls that failed. */
  readonly spent: Usage;
}

const NOTHING: Kept = { answers: [], spent: NO_USAGE };

const total = ({ answers, spent }: Kept): Usage =>
  answers.reduce((sum, { usage }) => addUsage(sum, usage), spent);

export interface Conversation {
  /** The `index`th answer: the one that is kept, else what `ask` gets. */
  answer(index: number, ask: (onUsage: (usage: Usage) => void) => Promise<Asked>): Promise<PaidAnswer>;
  /** Nothing came of it: the next try starts anew. What was spent stays counted. */
  forget(): Promise<void>;
  /** Of all answers and failed calls so far. */
  usage(): Usage;
}

const read = async (file: string): Promise<Kept> => {
  const text = await readIfThere(file);
  return text === undefined ? NOTHING : (JSON.parse(text) as Kept);
};

export const openConversation = async (file: string): Promise<Conversation> => {
  let kept = await read(file);
  const keep = async (next: Kept): Promise<void> => {
    kept = next;
    await replaceFile(file, JSON.stringify(next));
  };
  return {
    async answer(index, ask) {
      const known = kept.answers[index];
      if (known !== undefined) return known;
      let lost = NO_USAGE;
      try {
        const asked = await ask((usage) => {
          lost = addUsage(lost, usage);
        });
        const paid: PaidAnswer = {
          text: textOf(asked.message),
          stopReason: asked.message.stop_reason,
          usage: asked.usage,
        };
        await keep({ ...kept, answers: [...kept.answers, paid] });
        return paid;
      } catch (error) {
        if (lost.calls > 0) await keep({ ...kept, spent: addUsage(kept.spent, lost) });
        throw error;
      }
    },
    forget: () => keep({ answers: [], spent: total(kept) }),
    usage: () => total(kept),
  };
};
