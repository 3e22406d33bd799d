/** A card for each agent of the swarm: those at work first. */
import { useSearchParams } from 'react-router';
import { useAgents, useSwarmCosts, useTasks } from '../../../data/queries.ts';
import { plural } from '../../../parts/format.ts';
import { Empty, Loaded } from '../../../parts/states.tsx';
import { useSwarmContext } from '../context.ts';
import { AgentCard } from './agent-card.tsx';
import './agents.css';

const SHOWN = 24;

export const AgentsTab = () => {
  const { id, ended } = useSwarmContext();
  const agents = useAgents(id);
  const tasks = useTasks(id);
  const used = new Map(useSwarmCosts(id).data?.byAgent.map(({ name, usage }) => [name, usage]));
  const [search, setSearch] = useSearchParams();
  const chosen = search.get('agent');
  const choose = (agentId: string | undefined): void =>
    setSearch(agentId === undefined ? {} : { agent: agentId }, { preventScrollReset: true });
  return (
    <Loaded query={agents} lines={6}>
      {(all) => {
        if (all.length === 0)
          return (
            <Empty title="No agent has started yet" icon="agents">
              Agents start once the plan is approved.
            </Empty>
          );
        const titles = new Map(tasks.data?.map((task) => [task.id, task.title]));
        const one = all.find((agent) => agent.agentId === chosen);
        const title = (taskId: string): string => titles.get(taskId) ?? taskId;
        if (one !== undefined)
          return (
            <div className="stack">
              <div>
                <button type="button" className="button slim" onClick={() => choose(undefined)}>
                  All agents
                </button>
              </div>
              <AgentCard
                swarmId={id}
                agent={one}
                title={title(one.taskId)}
                ended={ended}
                usage={used.get(one.agentId)}
                large
              />
            </div>
          );
        const atWork = all.filter((agent) => agent.outcome === undefined);
        const over = all.filter((agent) => agent.outcome !== undefined).toReversed();
        const shown = [...atWork, ...over].slice(0, SHOWN);
        return (
          <div className="stack">
            <p className="small muted">
              {plural(atWork.length, 'agent')} at work, {over.length} ended
              {all.length > SHOWN && `; the first ${SHOWN} are shown, the rest by their tasks`}
            </p>
            <div className="columns agents">
              {shown.map((agent) => (
                <AgentCard
                  key={agent.agentId}
                  swarmId={id}
                  agent={agent}
                  title={title(agent.taskId)}
                  ended={ended}
                  usage={used.get(agent.agentId)}
                  open={() => choose(agent.agentId)}
                />
              ))}
            </div>
          </div>
        );
      }}
    </Loaded>
  );
};
