/** What all swarms cost: by day, by swarm, by model, by repository. */
import { Link } from 'react-router';
import { useCosts } from '../data/queries.ts';
import { CostBars, CostTable } from '../parts/bars.tsx';
import { Card, Figures } from '../parts/card.tsx';
import { baseName, count, money } from '../parts/format.ts';
import { Empty, Loaded } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';

const DAYS = 30;
const ROWS = 20;

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
                    <CostBars
                      label={`Costs of the last ${days.length} days`}
                      amounts={days.map(({ day, costUsd }) => ({ name: day, usd: costUsd }))}
                    />
                  </Card>
                  <div className="columns">
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
