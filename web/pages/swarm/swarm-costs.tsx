/** What a swarm cost: against its budget, by task, model and agent, in tokens. */
import { Link } from 'react-router';
import { useSwarmCosts, useTasks } from '../../data/queries.ts';
import type { CostLine } from '../../data/wire.ts';
import { BudgetBar, CostTable, type Amount } from '../../parts/amounts.tsx';
import { Card, Figures } from '../../parts/card.tsx';
import { compact, cost, count, money } from '../../parts/format.ts';
import { Empty, Loaded } from '../../parts/states.tsx';
import { useSwarmContext } from './context.ts';

const ROWS = 30;

const amountsOf = (lines: readonly CostLine[]): readonly Amount[] =>
  lines.slice(0, ROWS).map(({ name, usage }) => ({ name, usd: usage.costUsd }));

export const SwarmCostsTab = () => {
  const { id, view } = useSwarmContext();
  const costs = useSwarmCosts(id);
  const tasks = useTasks(id);
  const { usage } = view;
  const titles = new Map(tasks.data?.map((task) => [task.id, task.title]));
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
      <Loaded query={costs}>
        {({ budget, byTask, byModel, byAgent }) => (
          <>
            {budget !== undefined && (
              <Card
                title="Budget"
                aside={
                  <span className="small muted">
                    {money(budget.spentUsd)} of {money(budget.limitUsd)} spent,{' '}
                    {money(Math.max(0, budget.limitUsd - budget.spentUsd - budget.reservedUsd))} left
                  </span>
                }
              >
                <BudgetBar budget={budget} />
              </Card>
            )}
            {byTask.length + byModel.length + byAgent.length === 0 ? (
              <Empty title="No agent has cost anything" icon="costs">
                Agents that run a command cost nothing; those with a model are listed here, by task, by model
                and by agent.
              </Empty>
            ) : (
              <div className="columns fit">
                {byTask.length > 0 && (
                  <Card title="By task" flush>
                    <CostTable
                      head="Task"
                      amounts={amountsOf(byTask)}
                      link={(taskId) => (
                        <Link to={`/swarms/${id}?task=${taskId}`}>{titles.get(taskId) ?? taskId}</Link>
                      )}
                    />
                  </Card>
                )}
                <Card title="By model" flush>
                  <CostTable head="Model" amounts={amountsOf(byModel)} />
                </Card>
                <Card title="By agent" flush>
                  <CostTable
                    head="Agent"
                    amounts={amountsOf(byAgent)}
                    link={(agentId) =>
                      agentId.startsWith('agent-') ? (
                        <Link to={`/swarms/${id}/agents?agent=${agentId}`}>{agentId}</Link>
                      ) : (
                        agentId
                      )
                    }
                  />
                </Card>
              </div>
            )}
          </>
        )}
      </Loaded>
    </div>
  );
};
