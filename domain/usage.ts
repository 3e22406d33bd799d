/** What model calls used and cost. */

export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly calls: number;
  /** US dollars. */
  readonly costUsd: number;
  /** Some calls went to a model whose price is not known, so that `costUsd` is too low. */
  readonly costIncomplete: boolean;
}

export const NO_USAGE: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  calls: 0,
  costUsd: 0,
  costIncomplete: false,
};

export const isNothing = (usage: Usage): boolean =>
  usage.calls === 0 &&
  usage.costUsd === 0 &&
  usage.inputTokens + usage.outputTokens + usage.cacheReadTokens + usage.cacheWriteTokens === 0 &&
  !usage.costIncomplete;

export const addUsage = (a: Usage, b: Usage): Usage => ({
  inputTokens: a.inputTokens + b.inputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
  cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
  calls: a.calls + b.calls,
  costUsd: a.costUsd + b.costUsd,
  costIncomplete: a.costIncomplete || b.costIncomplete,
});
