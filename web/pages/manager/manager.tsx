/** The General Manager: each swarm as a project that goes through its phases, with what stops it. */
import { Link } from 'react-router';
import type { Phase } from '../../../domain/swarm/swarm.ts';
import { useDecisions, useSwarm, useSwarms } from '../../data/queries.ts';
import type { SwarmSummary } from '../../data/wire.ts';
import { PhaseBadge } from '../../parts/badge.tsx';
import { Card } from '../../parts/card.tsx';
import { baseName, firstLine, money } from '../../parts/format.ts';
import { Icon } from '../../parts/icon.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { Elapsed } from '../../parts/time.tsx';
import { useTitle } from '../../parts/title.ts';
import { OpenDecision } from '../swarm/decisions/open-decision.tsx';
import '../swarm/decisions/decisions.css';
import './manager.css';

const STEPS: readonly { readonly phase: Phase; readonly name: string }[] = [
  { phase: 'planning', name: 'Plan' },
  { phase: 'awaiting_approval', name: 'Approval' },
  { phase: 'executing', name: 'Work' },
  { phase: 'integrating', name: 'Merge and test' },
  { phase: 'synthesising', name: 'Report' },
  { phase: 'completed', name: 'Done' },
];
const PROJECTS = 30;

const Pipeline = ({ phase }: { readonly phase: Phase }) => {
  const at = STEPS.findIndex((step) => step.phase === phase);
  const asks = phase === 'awaiting_approval';
  const over = phase === 'failed' || phase === 'cancelled';
  return (
    <ol className="pipeline" aria-label={`Phase: ${phase.replaceAll('_', ' ')}`}>
      {STEPS.map(({ name }, index) => {
        const done = !over && (index < at || phase === 'completed');
        const here = !over && index === at && phase !== 'completed';
        return (
          <li
            key={name}
            className={done ? 'done' : here ? (asks ? 'here asks' : 'here') : ''}
            aria-current={here ? 'step' : undefined}
          >
            <span className="pipeline-mark">
              {done ? (
                <Icon name="check" />
              ) : (
                here && <Icon name={asks ? 'question' : 'running'} spin={!asks} />
              )}
            </span>
            {name}
          </li>
        );
      })}
    </ol>
  );
};

const Stops = ({ swarmId }: { readonly swarmId: string }) => {
  const open = useDecisions(swarmId).data?.filter((decision) => decision.answer === undefined) ?? [];
  return (
    <>
      {open.map((decision) => (
        <OpenDecision key={decision.id} swarmId={swarmId} decision={decision} ended={false} folded />
      ))}
    </>
  );
};

const Project = ({ swarm }: { readonly swarm: SwarmSummary }) => {
  const view = useSwarm(swarm.id).data;
  return (
    <Card
      title={<Link to={`/swarms/${swarm.id}`}>{view === undefined ? swarm.id : firstLine(view.goal)}</Link>}
      aside={
        <span className="row tight">
          <PhaseBadge phase={swarm.phase} paused={view?.paused === true} />
          <span className="small muted">
            {baseName(swarm.repository)} · <Elapsed from={swarm.startedAt} to={swarm.endedAt} /> ·{' '}
            {money(swarm.costUsd)}
          </span>
        </span>
      }
    >
      <div className="stack">
        <Pipeline phase={swarm.phase} />
        {swarm.phase === 'awaiting_approval' && (
          <p>
            <Link className="button" to={`/swarms/${swarm.id}/plan`}>
              Look at the plan
            </Link>
          </p>
        )}
        {swarm.awaitingDecision && swarm.phase !== 'awaiting_approval' && <Stops swarmId={swarm.id} />}
      </div>
    </Card>
  );
};

export const ManagerPage = () => {
  useTitle('General Manager');
  const swarms = useSwarms();
  return (
    <div className="page">
      <div className="page-head">
        <h1 className="lead">General Manager</h1>
        <Link to="/start" className="button primary">
          <Icon name="plus" />
          Start a project
        </Link>
      </div>
      <Loaded query={swarms} lines={8}>
        {(all) => {
          if (all.length === 0) return <Empty title="No project has been started" icon="manager" />;
          const running = all.filter((swarm) => swarm.running);
          const first = [
            ...running.filter((swarm) => swarm.awaitingDecision),
            ...running.filter((swarm) => !swarm.awaitingDecision),
            ...all.filter((swarm) => !swarm.running).slice(0, 5),
          ];
          return first.slice(0, PROJECTS).map((swarm) => <Project key={swarm.id} swarm={swarm} />);
        }}
      </Loaded>
    </div>
  );
};
