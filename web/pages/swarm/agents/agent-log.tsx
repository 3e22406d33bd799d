/** The log of one agent as it grows: what it printed, which tools it used, what it said. */
import { useEffect, useRef } from 'react';
import { plainText } from '../../../../domain/text.ts';
import { useAgentLogs } from '../../../data/agent-log.ts';
import { clock } from '../../../parts/format.ts';
import { lineOf } from '../../../parts/log-line.ts';
import { Failure } from '../../../parts/states.tsx';
import '../../../parts/log-line.css';

/** A line that is this near to the end counts as the end. */
const NEAR_PX = 40;

export const AgentLog = ({
  swarmId,
  agentId,
  follow,
  lines = 400,
}: {
  readonly swarmId: string;
  readonly agentId: string;
  /** Is it still growing? */
  readonly follow: boolean;
  readonly lines?: number;
}) => {
  const log = useAgentLogs(swarmId, [agentId], follow);
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  useEffect(() => {
    const element = box.current;
    if (element !== null && atEnd.current) element.scrollTop = element.scrollHeight;
  }, [log.lines]);
  if (log.error !== null && log.lines.length === 0) return <Failure error={log.error} />;
  const shown = log.lines.slice(-lines);
  return (
    <div
      className="log"
      ref={box}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keyboard
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-label={`Log of ${agentId}`}
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        atEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_PX;
      }}
    >
      {shown.length === 0 && <span className="muted">{log.loading ? 'Loading…' : 'Nothing yet.'}</span>}
      {shown.map(({ position, event }) => {
        const line = lineOf(event);
        return (
          line !== undefined && (
            <div className={`log-line ${line.look}`} key={position}>
              <span className="log-time">{clock(event.at)} </span>
              {plainText(line.text).trimEnd()}
            </div>
          )
        );
      })}
    </div>
  );
};
