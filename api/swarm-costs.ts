/**
 * What a swarm's calls to models cost, by model and by agent. The ledger knows each call that went through the gateway,
 * those of the planner and of the report too; agents with a way of their own to a model tell of theirs themselves.
 */
import type { Kysely } from 'kysely';
import { addUsage, isNothing, NO_USAGE, type Usage } from '../domain/models/usage.ts';
import { usageBy } from '../store/model-usage.ts';
import type { Tables } from '../store/tables.ts';
import type { AgentRecord } from './agent-records.ts';

export interface CostLine {
  readonly name: string;
  readonly usage: Usage;
}

/** Sums by name, dearest first. */
export const summed = (lines: readonly CostLine[]): readonly CostLine[] => {
  const sums = new Map<string, Usage>();
  for (const { name, usage } of lines) sums.set(name, addUsage(sums.get(name) ?? NO_USAGE, usage));
  return [...sums]
    .map(([name, usage]) => ({ name, usage }))
    .sort((a, b) => b.usage.costUsd - a.usage.costUsd || a.name.localeCompare(b.name, 'en'));
};

export const costsOf = async (
  db: Kysely<Tables>,
  swarmId: string,
  agents: readonly AgentRecord[],
): Promise<{ readonly byModel: readonly CostLine[]; readonly byAgent: readonly CostLine[] }> => {
  const [byModel, byAgent] = await Promise.all([
    usageBy(db, 'model', swarmId),
    usageBy(db, 'agent_id', swarmId),
  ]);
  const known = new Set(byAgent.filter(({ usage }) => !isNothing(usage)).map(({ name }) => name));
  const others = agents.flatMap(({ agentId, model, executor, usage }) =>
    usage === undefined || known.has(agentId)
      ? []
      : [{ agentId, model: model || executor || 'unknown', usage }],
  );
  return {
    byModel: summed([...byModel, ...others.map(({ model, usage }) => ({ name: model, usage }))]),
    byAgent: summed([...byAgent, ...others.map(({ agentId, usage }) => ({ name: agentId, usage }))]),
  };
};

/** The agents with what the gateway counted of them, so far for those at work; what they say themselves where it did not. */
export const asMetered = async <T extends AgentRecord>(
  db: Kysely<Tables>,
  swarmId: string,
  agents: readonly T[],
): Promise<readonly T[]> => {
  const counted = new Map((await usageBy(db, 'agent_id', swarmId)).map(({ name, usage }) => [name, usage]));
  return agents.map((agent) => {
    const usage = counted.get(agent.agentId);
    return usage === undefined || isNothing(usage) ? agent : { ...agent, usage };
  });
};
