/**
 * The gate `phase`: a step that failed for good (a full disk, a broken tool) is not the end of the swarm but a
 * question. Approving it is `drover retry`.
 */
import { causeOf, failureOf, giveUp } from '../failures.ts';
import { decide, policyOf } from './gates.ts';
import type { Swarm } from './state.ts';

/** What else rejection may mean than the end of the swarm. */
export interface OtherwiseOption<T> {
  readonly means: string;
  readonly instead: () => T;
}

/** Does `step` until it succeeds or a person gives up. @param what the step in words, such as "Merging" */
export const persist = async <T>(
  swarm: Swarm,
  what: string,
  step: () => Promise<T>,
  otherwise?: OtherwiseOption<T>,
): Promise<T> => {
  for (let tries = 0; ; tries++) {
    try {
      return await step();
    } catch (error) {
      const cause = causeOf(failureOf(error));
      const { action } = await decide(
        swarm,
        {
          kind: 'phase',
          question: `${what} failed. Try again?`,
          approveMeans: 'It is tried again, after you have mended the cause.',
          rejectMeans: otherwise?.means ?? 'The swarm ends as failed. What is in the hub stays there.',
          taskIds: [],
          detail: cause,
        },
        policyOf(swarm, 'phase', tries),
      );
      if (action === 'approve') continue;
      if (otherwise !== undefined) return otherwise.instead();
      throw giveUp(`${what} failed: ${cause}`);
    }
  }
};
