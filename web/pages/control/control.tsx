/** All swarms that run, each with its brakes; what starts by itself; what was learnt; settings. */
import { Link } from 'react-router';
import { cancelSwarm, pauseSwarm, resumeSwarm } from '../../data/actions.ts';
import { useSwarm, useSwarms } from '../../data/queries.ts';
import { ActionButton } from '../../parts/action.tsx';
import { PhaseBadge } from '../../parts/badge.tsx';
import { Card } from '../../parts/card.tsx';
import { cost, firstLine } from '../../parts/format.ts';
import { Empty, Loaded } from '../../parts/states.tsx';
import { Elapsed } from '../../parts/time.tsx';
import { useTitle } from '../../parts/title.ts';
import { Lessons } from './lessons.tsx';
import { Schedules } from './schedules.tsx';
import { Settings } from './settings.tsx';
import { Parallelism } from '../swarm/parallelism.tsx';
import '../swarm/swarm.css';

const SWARMS = 30;

const Brakes = ({ id }: { readonly id: string }) => {
  const swarm = useSwarm(id);
  return (
    <Card
      title={<Link to={`/swarms/${id}`}>{id}</Link>}
      aside={swarm.data && <PhaseBadge phase={swarm.data.phase} paused={swarm.data.paused} />}
    >
      <Loaded query={swarm}>
        {(view) => (
          <div className="stack">
            <p className="wrap">{firstLine(view.goal)}</p>
            <p className="small muted">
              {view.counts.in_progress + view.counts.assigned} at work · {view.counts.pending} pending ·{' '}
              {view.counts.completed} done · {cost(view.usage)} · <Elapsed from={view.startedAt} />
            </p>
            <Parallelism view={view} />
            <div className="row">
              {view.paused ? (
                <ActionButton
                  icon="play"
                  label={`Resume ${id}`}
                  act={(key) => resumeSwarm(id, key)}
                  done={`${id} goes on`}
                >
                  Resume
                </ActionButton>
              ) : (
                <ActionButton
                  icon="pause"
                  label={`Pause ${id}`}
                  act={(key) => pauseSwarm(id, key)}
                  done={`${id} is paused`}
                >
                  Pause
                </ActionButton>
              )}
              <ActionButton
                icon="stop"
                look="danger"
                label={`Cancel ${id}`}
                act={(key) => cancelSwarm(id, key)}
                done={`${id} is being cancelled`}
                confirm={{
                  title: `Cancel ${id}?`,
                  text: <p>Its agents are ended. What has been merged is kept.</p>,
                  yes: 'Cancel the swarm',
                }}
              >
                Cancel
              </ActionButton>
            </div>
          </div>
        )}
      </Loaded>
    </Card>
  );
};

export const ControlPage = () => {
  useTitle('Control');
  const swarms = useSwarms();
  return (
    <div className="page">
      <h1>Control</h1>
      <Loaded query={swarms} lines={6}>
        {(all) => {
          const running = all.filter((swarm) => swarm.running);
          if (running.length === 0)
            return (
              <Card>
                <Empty title="No swarm runs" icon="control">
                  Those that run can be paused, cancelled and given more or fewer agents here.
                </Empty>
              </Card>
            );
          return (
            <div className="columns control">
              {running.slice(0, SWARMS).map((swarm) => (
                <Brakes key={swarm.id} id={swarm.id} />
              ))}
            </div>
          );
        }}
      </Loaded>
      <div className="columns fit">
        <Schedules />
        <Lessons />
        <Settings />
      </div>
    </div>
  );
};
