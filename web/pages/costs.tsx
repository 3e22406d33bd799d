/** What all swarms cost: by day, swarm, model, agent and repository, and against the budgets. */
import { lazy, Suspense } from 'react';
import { Link } from 'react-router';
import { useCosts } from '../data/queries.ts';
import type { Costs } from '../data/wire.ts';
import { BudgetBar, CostTable, ShareHead } from '../parts/amounts.tsx';
import { Card, Figures } from '../parts/card.tsx';
import { baseName, count, money } from '../parts/format.ts';
import { Empty, Loaded, Loading } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';

const CostBars = lazy(async () => ({ default: (await import('../parts/bars.tsx')).CostBars }));

const DAYS = 30;
const ROWS = 20;

/** `<swarm>/<agent>`; the planner and others that are no agents have names of their own. */
const AgentLink = ({ name }: { readonly name: string }) => {
  const [swarmId = '', agentId = ''] = name.split('/');
  return (
    <>
      {agentId}{' '}
      <Link className="small" to={`/swarms/${swarmId}/costs`}>
        {swarmId}
      </Link>
    </>
  );
};

const Budgets = ({ budgets }: Pick<Costs, 'budgets'>) => (
  <table>
    <thead>
      <tr>
        <th scope="col">Swarm</th>
        <ShareHead />
        <th scope="col" className="number">
          Spent
        </th>
        <th scope="col" className="number">
          Limit
        </th>
      </tr>
    </thead>
    <tbody>
      {budgets.map((budget) => (
        <tr key={budget.swarmId}>
          <td className="wrap name">
            <Link to={`/swarms/${budget.swarmId}/costs`}>{budget.swarmId}</Link>
          </td>
          <td className="share">
            <BudgetBar budget={budget} />
          </td>
          <td className="number">{money(budget.spentUsd)}</td>
          <td className="number">{money(budget.limitUsd)}</td>
        </tr>
      ))}
    </tbody>
  </table>
);

export const CostsPage = () => {
  useTitle('Costs');
  return (
    <div className="page">
      <h1>Costs</h1>
      <Loaded query={useCosts()} lines={8}>
        {(costs) => {
          const days = costs.byDay.toSorted((a, b) => a.day.localeCompare(b.day)).slice(-DAYS);
          const dearest = costs.bySwarm.toSorted((a, b) => b.costUsd - a.costUsd);
          return (
            <>
              <Figures
                values={[
                  { name: 'in all', value: money(costs.totalUsd) },
                  { name: 'swarms', value: count(costs.bySwarm.length) },
                  {
                    name: 'per swarm',
                    value: money(costs.bySwarm.length === 0 ? 0 : costs.totalUsd / costs.bySwarm.length),
                  },
                  { name: 'dearest', value: money(dearest[0]?.costUsd ?? 0) },
                ]}
              />
              {costs.totalUsd === 0 ? (
                <Empty title="Nothing has cost anything yet" icon="costs">
                  Swarms whose agents use a model are added up here.
                </Empty>
              ) : (
                <>
                  <Card title="By day">
                    <Suspense fallback={<Loading lines={6} />}>
                      <CostBars
                        label={`Costs of the last ${days.length} days`}
                        amounts={days.map(({ day, costUsd }) => ({ name: day, usd: costUsd }))}
                      />
                    </Suspense>
                  </Card>
                  {costs.budgets.length > 0 && (
                    <Card title="Budgets" aside={<span className="count">{costs.budgets.length}</span>} flush>
                      <Budgets budgets={costs.budgets.slice(0, ROWS)} />
                    </Card>
                  )}
                  <div className="columns costs">
                    <Card title="By swarm" flush>
                      <CostTable
                        head="Swarm"
                        amounts={dearest
                          .slice(0, ROWS)
                          .map(({ id, costUsd }) => ({ name: id, usd: costUsd }))}
                        link={(id) => <Link to={`/swarms/${id}/costs`}>{id}</Link>}
                      />
                    </Card>
                    <Card title="By model" flush>
                      <CostTable
                        head="Model"
                        amounts={costs.byModel
                          .slice(0, ROWS)
                          .map(({ name, usage }) => ({ name, usd: usage.costUsd }))}
                      />
                    </Card>
                    <Card title="By agent" flush>
                      {costs.byAgent.length === 0 ? (
                        <Empty title="No call went through the gateway" icon="agents" />
                      ) : (
                        <CostTable
                          head="Agent"
                          amounts={costs.byAgent.slice(0, ROWS).map(({ swarmId, agentId, usage }) => ({
                            name: `${swarmId}/${agentId}`,
                            usd: usage.costUsd,
                          }))}
                          link={(name) => <AgentLink name={name} />}
                        />
                      )}
                    </Card>
                    <Card title="By repository" flush>
                      <CostTable
                        head="Repository"
                        amounts={costs.byRepository
                          .toSorted((a, b) => b.costUsd - a.costUsd)
                          .slice(0, ROWS)
                          .map(({ repository, costUsd }) => ({ name: repository, usd: costUsd }))}
                        link={(repository) => <span title={repository}>{baseName(repository)}</span>}
                      />
                    </Card>
                  </div>
                </>
              )}
            </>
          );
        }}
      </Loaded>
    </div>
  );
};
