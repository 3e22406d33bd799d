/** The frame of a swarm's page: what it is, how far it is, what it waits for, and its tabs. */
import { useEffect, useRef } from 'react';
import { Link, NavLink, Outlet, useLocation, useParams } from 'react-router';
import type { SwarmView } from '../../../domain/swarm/swarm.ts';
import { useLiveSwarm } from '../../data/live.ts';
import { useDecisions, useSwarm, useSwarms } from '../../data/queries.ts';
import { firstLine } from '../../parts/format.ts';
import { Icon, type IconName } from '../../parts/icon.tsx';
import { Failure, Loading } from '../../parts/states.tsx';
import { useTitle } from '../../parts/title.ts';
import type { SwarmContext } from './context.ts';
import { SwarmHead } from './swarm-head.tsx';
import { SwarmNews } from './swarm-news.tsx';
import './swarm.css';

const ENDED: ReadonlySet<SwarmView['phase']> = new Set<SwarmView['phase']>([
  'completed',
  'failed',
  'cancelled',
]);

interface Tab {
  readonly to: string;
  readonly icon: IconName;
  readonly name: string;
}

const TABS: readonly Tab[] = [
  { to: '.', icon: 'graph', name: 'Tasks' },
  { to: 'plan', icon: 'plan', name: 'Plan' },
  { to: 'decisions', icon: 'question', name: 'Decisions' },
  { to: 'agents', icon: 'agents', name: 'Agents' },
  { to: 'merge', icon: 'merge', name: 'Merge train' },
  { to: 'timeline', icon: 'history', name: 'Timeline' },
  { to: 'costs', icon: 'costs', name: 'Costs' },
  { to: 'report', icon: 'report', name: 'Report' },
];

/** Of a team, and of a swarm in independent mode, beside what every swarm has. */
const TEAM: Tab = { to: 'team', icon: 'teams', name: 'Team' };
const ANSWERS: Tab = { to: 'answers', icon: 'compare', name: 'Answers' };

const useTabs = (id: string): readonly Tab[] => {
  const team = useSwarms().data?.find((swarm) => swarm.id === id)?.team === true;
  const answers = useDecisions(id).data?.some((decision) => decision.kind === 'pick') === true;
  const [tasks, ...others] = TABS;
  return tasks === undefined
    ? []
    : [tasks, ...(team ? [TEAM] : []), ...(answers ? [ANSWERS] : []), ...others];
};

const Tabs = ({ view, tabs }: { readonly view: SwarmView; readonly tabs: readonly Tab[] }) => {
  const { pathname } = useLocation();
  const row = useRef<HTMLElement>(null);
  // On a narrow screen the tab that is open may be beyond the edge.
  useEffect(() => {
    const open = row.current?.querySelector<HTMLElement>('[aria-current=page]') ?? null;
    if (row.current === null || open === null) return;
    row.current.scrollLeft = open.offsetLeft - (row.current.clientWidth - open.offsetWidth) / 2;
  }, [pathname, tabs.length]);
  return (
    <nav className="tabs" aria-label="Parts of the swarm" ref={row}>
      {tabs.map(({ to, icon, name }) => (
        <NavLink key={to} to={to} end={to === '.'}>
          <Icon name={icon} />
          {name}
          {to === 'decisions' && view.openDecisions > 0 && (
            <span className="count ask">{view.openDecisions}</span>
          )}
          {to === 'plan' && view.phase === 'awaiting_approval' && <span className="count ask">!</span>}
        </NavLink>
      ))}
    </nav>
  );
};

export const SwarmPage = () => {
  const { swarmId: id = '' } = useParams();
  const swarm = useSwarm(id);
  const tabs = useTabs(id);
  const view = swarm.data;
  const ended = view !== undefined && ENDED.has(view.phase);
  const live = useLiveSwarm(id, !ended && !(swarm.isError && view === undefined));
  useTitle(view === undefined ? id : firstLine(view.goal).slice(0, 60));
  if (view === undefined)
    return (
      <div className="page">
        <h1>{id}</h1>
        {swarm.error === null ? (
          <Loading lines={8} />
        ) : (
          <>
            <Failure error={swarm.error} again={() => void swarm.refetch()} />
            <p>
              <Link to="/history">All swarms</Link>
            </p>
          </>
        )}
      </div>
    );
  return (
    <div className="page">
      <SwarmHead view={view} ended={ended} live={live} />
      <SwarmNews view={view} />
      <Tabs view={view} tabs={tabs} />
      <Outlet context={{ id, view, ended, live } satisfies SwarmContext} />
    </div>
  );
};
