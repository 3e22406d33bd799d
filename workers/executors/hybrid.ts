/**
 * The `hybrid` executor: Drover's own agent on the API first, and a CLI that goes on in the same workspace when the
 * API cannot. What both used is counted.
 */
import type { ExecutorSettings, FallbackCause } from '../../domain/swarm/settings.ts';
import { addUsage, NO_USAGE } from '../../domain/models/usage.ts';
import type { Executor, ExecutorContext, ExecutorOutcome } from './executor.ts';

const DEFAULT_CAUSES: readonly FallbackCause[] = ['refused', 'unavailable'];

/** Which of the causes this end is; undefined for an end that is the agent's own. */
const causeOf = ({ outcome, failure }: ExecutorOutcome): FallbackCause | undefined => {
  switch (outcome) {
    case 'turn_limit':
    case 'token_limit':
      return 'limits';
    case 'model_unavailable':
      return 'unavailable';
    case 'failed':
      if (failure === 'model') return 'refused';
      return failure === 'unavailable' ? 'unavailable' : undefined;
    default:
      return undefined;
  }
};

/** The CLI has models of its own unless it is Claude Code. */
const forCli = (context: ExecutorContext, fallback: string): ExecutorContext =>
  fallback === 'claude' ? context : { ...context, spec: { ...context.spec, model: '' } };

export const hybridExecutor = (
  settings: ExecutorSettings | undefined,
  load: (kind: string) => Promise<Executor>,
): Executor => ({
  run: async (context) => {
    const fallback = settings?.fallback ?? 'claude';
    let used = NO_USAGE;
    // With a conversation to take up, the API has had its turn.
    if (context.resume === undefined || context.resume.session === '') {
      const first = await (await load('api')).run(context);
      const cause = causeOf(first);
      if (cause === undefined || !(settings?.on ?? DEFAULT_CAUSES).includes(cause)) return first;
      context.signal.throwIfAborted();
      context.emit({ kind: 'notice', text: `The API cannot go on (${first.summary}); ${fallback} does` });
      used = first.usage;
    }
    const second = await (await load(fallback)).run(forCli(context, fallback));
    return { ...second, usage: addUsage(used, second.usage) };
  },
});
