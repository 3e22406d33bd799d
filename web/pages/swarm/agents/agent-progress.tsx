/** How far an agent says it is: the newest of what it reported. Reads the same log as the lines below it. */
import { useAgentLogs } from '../../../data/agent-log.ts';

export const AgentProgress = ({
  swarmId,
  agentId,
}: {
  readonly swarmId: string;
  readonly agentId: string;
}) => {
  const { lines } = useAgentLogs(swarmId, [agentId], true);
  const newest = lines.findLast(({ event }) => event.kind === 'progress')?.event;
  if (newest?.kind !== 'progress') return null;
  const { percent, note } = newest;
  return (
    <div className="stack tight">
      {percent !== undefined && (
        <div className="bar" role="img" aria-label={`${percent} % by its own account`}>
          <span className="fill-busy" style={{ width: `${Math.min(100, Math.max(0, percent))}%` }} />
        </div>
      )}
      <p className="small wrap">
        {percent !== undefined && <strong>{percent} % </strong>}
        {note}
      </p>
    </div>
  );
};
