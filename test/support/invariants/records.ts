/** Is each decision recorded once, and each cost counted once? */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentResult } from '../../../domain/agents/agent.ts';
import type { Report } from '../../../domain/report/report.ts';
import { addUsage, NO_USAGE, type Usage } from '../../../domain/models/usage.ts';
import type { SwarmDirectory } from '../../../store/home.ts';

/** What the agents themselves wrote down, by agent. */
export const agentResults = async (swarm: SwarmDirectory): Promise<AgentResult[]> => {
  const ids = await readdir(swarm.agentsDirectory).catch(() => []);
  const results = ids.map(async (id): Promise<AgentResult[]> => {
    const text = await readFile(join(swarm.agentsDirectory, id, 'result.json'), 'utf8').catch(
      () => undefined,
    );
    return text === undefined ? [] : [JSON.parse(text) as AgentResult];
  });
  return (await Promise.all(results)).flat();
};

const sum = (usages: readonly Usage[]): Usage => usages.reduce(addUsage, NO_USAGE);

const sameUsage = (a: Usage, b: Usage): boolean =>
  a.calls === b.calls &&
  a.inputTokens === b.inputTokens &&
  a.outputTokens === b.outputTokens &&
  a.cacheReadTokens === b.cacheReadTokens &&
  a.cacheWriteTokens === b.cacheWriteTokens &&
  Math.abs(a.costUsd - b.costUsd) < 1e-9;

/**
 * @param others usage of the calls that no agent made (planning, synthesis)
 */
export const costViolations = (
  report: Report,
  used: readonly Usage[],
  others: Usage = NO_USAGE,
): string[] => {
  const spent = sum([...used, others]);
  const byTask = sum([...report.tasks.map((task) => task.usage), others]);
  const describe = (usage: Usage): string => `${usage.calls} calls, $${usage.costUsd}`;
  return [
    ...(sameUsage(report.usage, spent)
      ? []
      : [`the report counts ${describe(report.usage)}, the agents used ${describe(spent)}`]),
    ...(sameUsage(byTask, spent)
      ? []
      : [`the tasks count ${describe(byTask)}, the agents used ${describe(spent)}`]),
  ];
};

export const decisionViolations = (report: Report): string[] => {
  const ids = report.decisions.map((decision) => decision.id);
  const expected = report.decisions.map((_, index) => `d${index + 1}`);
  return [
    ...(ids.join() === expected.join() ? [] : [`decisions are ${ids.join(' ')}, not ${expected.join(' ')}`]),
    ...report.decisions
      .filter((decision) => decision.answer === undefined && report.outcome === 'completed')
      .map((decision) => `decision ${decision.id} has no answer`),
  ];
};
