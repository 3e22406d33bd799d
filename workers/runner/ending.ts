/** Why an agent is being ended before it is done. The first reason counts. */
import type { AgentOutcome } from '../../domain/agents/agent.ts';

export interface EndReason {
  readonly outcome: AgentOutcome;
  readonly summary: string;
}

export interface Ending {
  readonly signal: AbortSignal;
  /** Undefined while the agent may go on. */
  reason(): EndReason | undefined;
  end(outcome: AgentOutcome, summary: string): void;
}

export const createEnding = (): Ending => {
  const controller = new AbortController();
  let reason: EndReason | undefined;
  return {
    signal: controller.signal,
    reason: () => reason,
    end(outcome, summary) {
      if (reason !== undefined) return;
      reason = { outcome, summary };
      controller.abort(new Error(summary));
    },
  };
};
