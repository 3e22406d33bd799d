/** What a swarm cost: by task, by model, in tokens. */
import { Link } from 'react-router';
import { addUsage, NO_USAGE } from '../../../domain/usage.ts';
import { useAgents, useTasks } from '../../data/queries.ts';
import { CostTable } from '../../parts/bars.tsx';
import { Card, Figures } from '../../parts/card.tsx';
import { compact, cost, count } from '../../parts/format.ts';
import { Empty, Loaded } from '../../parts/states.tsx';
import { sumBy } from '../../parts/sum-by.ts';
import { useSwarmContext } from './context.ts';

const ROWS = 30;

export const SwarmCostsTab = () => {
  const { id, view } = useSwarmContext();
  const agents = useAgents(id);
  const tasks = useTasks(id);
  const { usage } = view;
  return (
    <div className="stack">
      <Figures
        values={[
          { name: 'cost', value: cost(usage) },
          { name: 'model calls', value: count(usage.calls) },
          { name: 'tokens in', value: compact(usage.inputTokens) },
          { name: 'tokens out', value: compact(usage.outputTokens) },
          { name: 'read from the cache', value: compact(usage.cacheReadTokens) },
          { name: 'written to the cache', value: compact(usage.cacheWriteTokens) },
        ]}
      />
      <Loaded query={agents}>
        {(all) => {
          const paid = all.filter((agent) => (agent.usage?.costUsd ?? 0) > 0);
          if (paid.length === 0)
            return (
              <Empty title="No agent has cost anything" icon="costs">
                Agents that run a command cost nothing; those with a model are listed here, by task and by
                model.
              </Empty>
            );
          const titles = new Map(tasks.data?.map((task) => [task.id, task.title]));
          const ofAgents = paid.reduce((sum, agent) => addUsage(sum, agent.usage ?? NO_USAGE), NO_USAGE);
          return (
            <div className="columns">
              <Card title="By task" flush>
                <CostTable
                  head="Task"
                  amounts={sumBy(
                    paid,
                    (agent) => agent.taskId,
                    (agent) => agent.usage?.costUsd ?? 0,
                  ).slice(0, ROWS)}
                  link={(taskId) => (
                    <Link to={`/swarms/${id}?task=${taskId}`}>{titles.get(taskId) ?? taskId}</Link>
                  )}
                />
              </Card>
              <Card title="By model" flush>
                <CostTable
                  head="Model"
                  amounts={[
                    ...sumBy(
                      paid,
                      (agent) => agent.model ?? 'unknown',
                      (agent) => agent.usage?.costUsd ?? 0,
                    ),
                    ...(usage.costUsd - ofAgents.costUsd > 0.000_05
                      ? [{ name: 'planner and report', usd: usage.costUsd - ofAgents.costUsd }]
                      : []),
                  ]}
                />
              </Card>
            </div>
          );
        }}
      </Loaded>
    </div>
  );
};
