/** The logs of agents, several at once in the order of time, searched and followed. */
import { useDeferredValue, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { plainText } from '../../domain/text.ts';
import { useAgentLogs, type AgentLine } from '../data/agent-log.ts';
import { useAgents, useSwarms } from '../data/queries.ts';
import { Card } from '../parts/card.tsx';
import { clock, plural } from '../parts/format.ts';
import { isOfLevel, LEVELS, lineOf, type Level } from '../parts/log-line.ts';
import { Empty, Loaded } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import '../parts/log-line.css';
import './logs.css';

/** Agents whose logs are read at the same time. */
const TOGETHER = 12;
const SHOWN = 1_000;

/** A line that is this near to the end counts as the end. */
const NEAR_PX = 40;

const Lines = ({
  lines,
  follow,
  scrolledUp,
}: {
  readonly lines: readonly AgentLine[];
  readonly follow: boolean;
  readonly scrolledUp: () => void;
}) => {
  const box = useRef<HTMLDivElement>(null);
  const top = useRef(0);
  // Before it is painted: what is scrolled later is scrolled by a person.
  useLayoutEffect(() => {
    if (follow && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [lines, follow]);
  return (
    <div
      className="log logs-box"
      ref={box}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keyboard
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-label="Log lines"
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        if (scrollTop < top.current && scrollHeight - scrollTop - clientHeight > NEAR_PX) scrolledUp();
        top.current = scrollTop;
      }}
    >
      {lines.map(({ agentId, position, event }) => {
        const line = lineOf(event);
        return (
          line !== undefined && (
            <div className={`log-line ${line.look}`} key={`${agentId} ${position}`}>
              <span className="log-time">
                {clock(event.at)} {agentId}{' '}
              </span>
              {plainText(line.text).trimEnd()}
            </div>
          )
        );
      })}
    </div>
  );
};

const OfSwarm = ({
  swarmId,
  agentId,
  running,
}: {
  readonly swarmId: string;
  readonly agentId: string;
  readonly running: boolean;
}) => {
  const agents = useAgents(swarmId);
  const [level, setLevel] = useState<Level>('all');
  const [text, setText] = useState('');
  const [follow, setFollow] = useState(true);
  const [, setSearch] = useSearchParams();
  const wanted = useDeferredValue(text.toLowerCase());
  const known = agents.data ?? [];
  const newest = known.toReversed();
  const atWork = newest.filter((agent) => agent.outcome === undefined);
  const chosen =
    agentId === ''
      ? [...atWork, ...newest.filter((agent) => agent.outcome !== undefined)].slice(0, TOGETHER)
      : known.filter((agent) => agent.agentId === agentId);
  const log = useAgentLogs(
    swarmId,
    chosen.map((agent) => agent.agentId),
    running,
  );
  const lines = useMemo(
    () =>
      log.lines.filter(({ event }) => {
        const line = lineOf(event);
        return (
          line !== undefined &&
          isOfLevel(line, level) &&
          (wanted === '' || line.text.toLowerCase().includes(wanted))
        );
      }),
    [log.lines, level, wanted],
  );
  return (
    <>
      <div className="toolbar">
        <select
          className="input narrow"
          aria-label="Agent"
          value={agentId}
          onChange={(event) =>
            setSearch({
              swarm: swarmId,
              ...(event.target.value === '' ? {} : { agent: event.target.value }),
            })
          }
        >
          <option value="">newest {TOGETHER} agents</option>
          {known.map((agent) => (
            <option key={agent.agentId} value={agent.agentId}>
              {agent.agentId} ({agent.taskId})
            </option>
          ))}
        </select>
        <select
          className="input narrow"
          aria-label="Level"
          value={level}
          onChange={(event) => setLevel(LEVELS.find((one) => one === event.target.value) ?? 'all')}
        >
          {LEVELS.map((one) => (
            <option key={one} value={one}>
              {one === 'all' ? 'all lines' : one}
            </option>
          ))}
        </select>
        <input
          type="search"
          className="input search"
          aria-label="Search the lines"
          placeholder="Search"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <label className="row tight small">
          <input type="checkbox" checked={follow} onChange={(event) => setFollow(event.target.checked)} />
          Follow
        </label>
      </div>
      <Card title={plural(lines.length, 'line')} flush>
        <Loaded query={agents}>
          {(all) =>
            all.length === 0 ? (
              <Empty title="No agent has started yet" icon="logs" />
            ) : lines.length === 0 ? (
              <Empty title={log.loading ? 'Loading…' : 'No line is like this'} icon="search" />
            ) : (
              <Lines lines={lines.slice(-SHOWN)} follow={follow} scrolledUp={() => setFollow(false)} />
            )
          }
        </Loaded>
      </Card>
    </>
  );
};

export const LogsPage = () => {
  useTitle('Logs');
  const swarms = useSwarms();
  const [search, setSearch] = useSearchParams();
  const asked = search.get('swarm');
  return (
    <div className="page">
      <h1>Logs</h1>
      <Loaded query={swarms} lines={8}>
        {(all) => {
          const swarm = all.find((one) => one.id === asked) ?? all.find((one) => one.running) ?? all[0];
          if (swarm === undefined) return <Empty title="No swarm has run yet" icon="logs" />;
          return (
            <>
              <div className="row">
                <select
                  className="input narrow"
                  aria-label="Swarm"
                  value={swarm.id}
                  onChange={(event) => setSearch({ swarm: event.target.value })}
                >
                  {all.slice(0, 200).map((one) => (
                    <option key={one.id} value={one.id}>
                      {one.id}
                      {one.running ? ' (running)' : ''}
                    </option>
                  ))}
                </select>
                <Link to={`/swarms/${swarm.id}`}>Open the swarm</Link>
              </div>
              <OfSwarm
                key={swarm.id}
                swarmId={swarm.id}
                agentId={search.get('agent') ?? ''}
                running={swarm.running}
              />
            </>
          );
        }}
      </Loaded>
    </div>
  );
};
