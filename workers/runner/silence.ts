/** Notices when an agent says nothing for a long time, and says so in its log, again and again. Ends nobody. */
import type { ExecutorEvent } from '../executors/executor.ts';

export interface Silence {
  /** Something came from the agent. */
  heard(): void;
  stop(): void;
}

export const watchSilence = (seconds: number, emit: (event: ExecutorEvent) => void): Silence => {
  let periods = 0;
  const timer = setInterval(() => {
    periods += 1;
    const silent = periods * seconds;
    emit({ kind: 'waiting', reason: `the agent has said nothing for ${silent} s`, seconds: silent });
  }, seconds * 1_000);
  return {
    heard: () => {
      periods = 0;
      timer.refresh();
    },
    stop: () => clearInterval(timer),
  };
};
