/** All agents at work, of all swarms that run. */
import { useQueries } from '@tanstack/react-query';
import { Link } from 'react-router';
import { agentsQuery, useCosts, useSwarms } from '../data/queries.ts';
import { plural } from '../parts/format.ts';
import { Empty, Failure, Loaded } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { AgentCard } from './swarm/agents/agent-card.tsx';
import './swarm/agents/agents.css';

const SWARMS = 20;
const CARDS = 48;
const POLL_MS = 3_000;

const OfSwarms = ({ ids }: { readonly ids: readonly string[] }) => {
  const asked = useQueries({ queries: ids.map((id) => ({ ...agentsQuery(id), refetchInterval: POLL_MS })) });
  const costs = useCosts().data?.byAgent ?? [];
  const usageOf = (swarmId: string, agentId: string) =>
    costs.find((line) => line.swarmId === swarmId && line.agentId === agentId)?.usage;
  const failed = asked.find((query) => query.error !== null && query.data === undefined);
  const atWork = asked.flatMap((query, index) =>
    (query.data ?? [])
      .filter((agent) => agent.outcome === undefined)
      .map((agent) => ({ agent, swarmId: ids[index] ?? '' })),
  );
  if (failed !== undefined) return <Failure error={failed.error} />;
  if (atWork.length === 0)
    return (
      <Empty title="No agent is at work" icon="agents">
        {ids.length === 0
          ? 'No swarm runs.'
          : 'The swarms that run are planning, merging or waiting for an answer.'}
      </Empty>
    );
  return (
    <>
      <p className="small muted">
        {plural(atWork.length, 'agent')} at work · {plural(ids.length, 'running swarm')}
        {atWork.length > CARDS && `; the first ${CARDS} are shown`}
      </p>
      <div className="columns agents">
        {atWork.slice(0, CARDS).map(({ agent, swarmId }) => (
          <div className="stack tight" key={`${swarmId} ${agent.agentId}`}>
            <Link className="small" to={`/swarms/${swarmId}`}>
              {swarmId}
            </Link>
            <AgentCard
              swarmId={swarmId}
              agent={agent}
              title={agent.taskId}
              ended={false}
              usage={usageOf(swarmId, agent.agentId)}
            />
          </div>
        ))}
      </div>
    </>
  );
};

export const AgentsPage = () => {
  useTitle('Agents');
  const swarms = useSwarms();
  return (
    <div className="page">
      <h1>Agents</h1>
      <Loaded query={swarms} lines={6}>
        {(all) => (
          <OfSwarms
            ids={all
              .filter((swarm) => swarm.running)
              .slice(0, SWARMS)
              .map((swarm) => swarm.id)}
          />
        )}
      </Loaded>
    </div>
  );
};
