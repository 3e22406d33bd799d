/** Agents against time: who worked when, on what, and how it ended. */
import { useState, type CSSProperties } from 'react';
import { Link } from 'react-router';
import type { TaskView } from '../../../domain/swarm/swarm.ts';
import { useAgents, useTasks } from '../../data/queries.ts';
import type { AgentRecord } from '../../data/wire.ts';
import { Card } from '../../parts/card.tsx';
import { clock, duration } from '../../parts/format.ts';
import { Empty, Loaded } from '../../parts/states.tsx';
import { useNow } from '../../parts/time.tsx';
import { outcomeLook } from '../../parts/tones.ts';
import { useSwarmContext } from './context.ts';
import { Happenings } from './happenings.tsx';
import './timeline.css';

interface Span {
  readonly agent: AgentRecord;
  readonly from: number;
  readonly to: number | undefined;
}

interface Row {
  readonly taskId: string;
  readonly title: string;
  readonly spans: readonly Span[];
}

const ROWS = 150;
const TICKS = 6;
/** Further to the right a label does not fit. */
const LABELS_END = 0.8;
/** Seconds between two marks of the scale. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400];

const stepOf = (seconds: number): number => {
  const least = seconds / TICKS;
  return STEPS.find((step) => step >= least) ?? Math.ceil(least / 86_400) * 86_400;
};

/** An agent that is still at work began when its task did, as far as the record says. */
const spanOf = (agent: AgentRecord, task: TaskView | undefined): Span | undefined => {
  const from = agent.startedAt ?? (task?.agentId === agent.agentId ? task.startedAt : undefined);
  if (from === undefined) return undefined;
  return {
    agent,
    from: Date.parse(from),
    to: agent.endedAt === undefined ? undefined : Date.parse(agent.endedAt),
  };
};

const rowsOf = (agents: readonly AgentRecord[], tasks: readonly TaskView[]): readonly Row[] => {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const rows = new Map<string, Span[]>();
  for (const agent of agents) {
    const span = spanOf(agent, byId.get(agent.taskId));
    if (span === undefined) continue;
    const spans = rows.get(agent.taskId) ?? [];
    spans.push(span);
    rows.set(agent.taskId, spans);
  }
  return [...rows]
    .map(([taskId, spans]) => ({ taskId, title: byId.get(taskId)?.title ?? taskId, spans }))
    .sort((a, b) => (a.spans[0]?.from ?? 0) - (b.spans[0]?.from ?? 0));
};

const Bars = ({
  row,
  start,
  length,
  now,
  swarmId,
}: {
  readonly row: Row;
  readonly start: number;
  readonly length: number;
  readonly now: number;
  readonly swarmId: string;
}) => (
  <div className="gantt-track">
    {row.spans.map(({ agent, from, to }) => {
      const look = outcomeLook(agent.outcome);
      const end = to ?? now;
      const words = `${agent.agentId}: ${look.label}, ${clock(new Date(from).toISOString())}, ${duration((end - from) / 1_000)}`;
      return (
        <Link
          key={agent.agentId}
          to={`/swarms/${swarmId}/agents?agent=${agent.agentId}`}
          className={`gantt-bar fill-${look.tone}`}
          style={{
            left: `${((from - start) / length) * 100}%`,
            width: `max(4px, ${((end - from) / length) * 100}%)`,
          }}
          title={words}
          aria-label={words}
        />
      );
    })}
  </div>
);

const Chart = ({
  rows,
  ended,
  swarmId,
}: {
  readonly rows: readonly Row[];
  readonly ended: boolean;
  readonly swarmId: string;
}) => {
  const clockNow = useNow();
  const [all, setAll] = useState(false);
  const spans = rows.flatMap((row) => row.spans);
  const start = Math.min(...spans.map((span) => span.from));
  const lastEnd = Math.max(...spans.map((span) => span.to ?? (ended ? span.from : clockNow)));
  const now = ended ? lastEnd : Math.max(clockNow, lastEnd);
  const length = Math.max(1_000, now - start);
  const step = stepOf(length / 1_000) * 1_000;
  const shown = all ? rows : rows.slice(0, ROWS);
  return (
    <div className="gantt" style={{ '--step': `${(step / length) * 100}%` } as CSSProperties}>
      <div className="gantt-row gantt-scale" aria-hidden="true">
        <span />
        <div className="gantt-track">
          {Array.from({ length: Math.floor((length * LABELS_END) / step) + 1 }, (_, tick) => (
            <span key={tick} style={{ left: `${((tick * step) / length) * 100}%` }}>
              {duration((tick * step) / 1_000)}
            </span>
          ))}
        </div>
      </div>
      {shown.map((row) => (
        <div className="gantt-row" key={row.taskId}>
          <Link to={`/swarms/${swarmId}?task=${row.taskId}`} className="gantt-name" title={row.title}>
            {row.title}
          </Link>
          <Bars row={row} start={start} length={length} now={now} swarmId={swarmId} />
        </div>
      ))}
      {rows.length > shown.length && (
        <button type="button" className="button" onClick={() => setAll(true)}>
          Show all {rows.length}
        </button>
      )}
    </div>
  );
};

export const TimelineTab = () => {
  const { id, ended } = useSwarmContext();
  const agents = useAgents(id);
  const tasks = useTasks(id);
  return (
    <Loaded query={agents} lines={8}>
      {(all) => {
        const rows = rowsOf(all, tasks.data ?? []);
        return (
          <div className="split">
            <Card title="Agents against time">
              {rows.length === 0 ? (
                <Empty title="No agent has worked yet" icon="history" />
              ) : (
                <Chart rows={rows} ended={ended} swarmId={id} />
              )}
            </Card>
            <Happenings swarmId={id} />
          </div>
        );
      }}
    </Loaded>
  );
};
