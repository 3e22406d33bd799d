/** What runs, what waits for a person, and how the services are. */
import { Link } from 'react-router';
import { useSwarms } from '../../data/queries.ts';
import type { SwarmSummary } from '../../data/wire.ts';
import { Card } from '../../parts/card.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { SwarmTable } from '../../parts/swarm-table.tsx';
import { useTitle } from '../../parts/title.ts';
import { Health } from './health.tsx';

const RECENT = 8;

const Section = ({
  title,
  swarms,
  asks = false,
}: {
  readonly title: string;
  readonly swarms: readonly SwarmSummary[];
  readonly asks?: boolean;
}) =>
  swarms.length === 0 ? null : (
    <Card
      title={title}
      aside={<span className={asks ? 'count ask' : 'count'}>{swarms.length}</span>}
      asks={asks}
      flush
    >
      <SwarmTable swarms={swarms} />
    </Card>
  );

export const OverviewPage = () => {
  useTitle('Overview');
  const swarms = useSwarms();
  return (
    <div className="page">
      <div className="page-head">
        <h1 className="lead">Overview</h1>
        <Link to="/start" className="button primary">
          <Icon name="plus" />
          Start a swarm
        </Link>
      </div>
      <Health />
      <Loaded query={swarms} lines={6}>
        {(all) => {
          if (all.length === 0)
            return (
              <Card>
                <Empty title="No swarm has run yet" icon="agents">
                  A swarm takes a goal and a git repository and gives back one verified branch.
                </Empty>
              </Card>
            );
          const running = all.filter((swarm) => swarm.running && !swarm.awaitingDecision);
          return (
            <>
              <Section title="Waiting for you" swarms={all.filter((swarm) => swarm.awaitingDecision)} asks />
              <Section title="Running" swarms={running} />
              {running.length === 0 && !all.some((swarm) => swarm.running) && (
                <Card title="Running">
                  <p className="muted">Nothing runs.</p>
                </Card>
              )}
              <Section title="Ended lately" swarms={all.filter((swarm) => !swarm.running).slice(0, RECENT)} />
              <p className="small">
                <Link to="/history">All swarms</Link>
              </p>
            </>
          );
        }}
      </Loaded>
    </div>
  );
};
