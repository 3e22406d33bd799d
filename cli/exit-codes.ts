/** What the exit code of `drover` says. Failures have the codes of `domain/failures.ts` (2 to 10). */
import type { SwarmOutcome } from '../domain/swarm/swarm.ts';

/** An error that no part of Drover expected. */
export const EXIT_UNEXPECTED = 1;
/** Ctrl-C, as shells have it: 128 + SIGINT. */
export const EXIT_INTERRUPTED = 130;

/** Of commands that follow a swarm to its end. */
export const OUTCOME_EXIT_CODES: Readonly<Record<SwarmOutcome['phase'], number>> = {
  completed: 0,
  failed: 11,
  cancelled: 12,
};
