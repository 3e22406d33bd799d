/** All teams: those at work with their members, then the ended ones. */
import { Link } from 'react-router';
import { useSwarm, useSwarms, useTeam } from '../data/queries.ts';
import type { SwarmSummary } from '../data/wire.ts';
import { Badge, PhaseBadge } from '../parts/badge.tsx';
import { Card } from '../parts/card.tsx';
import { baseName, firstLine, money } from '../parts/format.ts';
import { Icon } from '../parts/icon.tsx';
import { Empty, Loaded } from '../parts/states.tsx';
import { SwarmTable } from '../parts/swarm-table.tsx';
import { Elapsed } from '../parts/time.tsx';
import { useTitle } from '../parts/title.ts';
import { Members } from './swarm/team/members.tsx';

const AT_WORK = 20;
const ENDED = 50;
const POLL_MS = 3_000;

const AtWork = ({ swarm }: { readonly swarm: SwarmSummary }) => {
  const goal = useSwarm(swarm.id).data?.goal;
  const team = useTeam(swarm.id, POLL_MS);
  return (
    <Card
      title={<Link to={`/swarms/${swarm.id}/team`}>{goal === undefined ? swarm.id : firstLine(goal)}</Link>}
      aside={
        <span className="row tight">
          <PhaseBadge phase={swarm.phase} />
          {swarm.awaitingDecision && (
            <Badge look={{ tone: 'ask', icon: 'question', label: 'waits for you' }} />
          )}
          <span className="small muted">
            {baseName(swarm.repository)} · <Elapsed from={swarm.startedAt} /> · {money(swarm.costUsd)}
            {team.data !== undefined && ` · turn ${team.data.turns} of ${team.data.limits.turns}`}
          </span>
        </span>
      }
      flush
    >
      <Loaded query={team}>{({ members }) => <Members swarmId={swarm.id} members={members} />}</Loaded>
    </Card>
  );
};

export const TeamsPage = () => {
  useTitle('Teams');
  const swarms = useSwarms();
  return (
    <div className="page">
      <div className="page-head">
        <h1 className="lead">Teams</h1>
        <Link to="/start?as=team" className="button primary">
          <Icon name="plus" />
          Start a team
        </Link>
      </div>
      <Loaded query={swarms} lines={8}>
        {(all) => {
          const teams = all.filter((swarm) => swarm.team === true);
          const ended = teams.filter((swarm) => !swarm.running);
          if (teams.length === 0)
            return (
              <Card>
                <Empty title="No team has been started" icon="teams">
                  A lead takes members in, gives them work and approves their plans; it changes no file
                  itself.
                </Empty>
              </Card>
            );
          return (
            <>
              {teams
                .filter((swarm) => swarm.running)
                .slice(0, AT_WORK)
                .map((swarm) => (
                  <AtWork key={swarm.id} swarm={swarm} />
                ))}
              {ended.length > 0 && (
                <Card title="Ended" aside={<span className="count">{ended.length}</span>} flush>
                  <SwarmTable swarms={ended.slice(0, ENDED)} />
                </Card>
              )}
            </>
          );
        }}
      </Loaded>
    </div>
  );
};
