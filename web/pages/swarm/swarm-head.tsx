/** Title, state, progress and the controls of a swarm. */
import type { SwarmView, TaskState } from '../../../domain/swarm/swarm.ts';
import { cancelSwarm, pauseSwarm, resumeSwarm } from '../../data/actions.ts';
import type { LiveState } from '../../data/live.ts';
import { ActionButton } from '../../parts/action.tsx';
import { Badge, PhaseBadge } from '../../parts/badge.tsx';
import { Figures } from '../../parts/card.tsx';
import { baseName, compact, cost, count, firstLine, tokens } from '../../parts/format.ts';
import { Elapsed } from '../../parts/time.tsx';
import { TASK_LOOKS, type Tone } from '../../parts/tones.ts';
import { Parallelism } from './parallelism.tsx';
import { TemporalLink } from './temporal-link.tsx';

const LIVE_LOOKS = {
  connecting: { tone: 'idle', icon: 'running', label: 'connecting' },
  live: { tone: 'good', icon: 'check', label: 'live' },
  polling: { tone: 'ask', icon: 'retry', label: 'asking every 2 s' },
} as const;

const BAR: readonly (readonly [Tone, readonly TaskState[]])[] = [
  ['good', ['completed']],
  ['bad', ['failed', 'timeout']],
  ['halt', ['skipped', 'cancelled']],
  ['busy', ['in_progress', 'assigned']],
];

const Progress = ({ counts }: Pick<SwarmView, 'counts'>) => {
  const total = Object.values(counts).reduce((sum, one) => sum + one, 0);
  if (total === 0) return null;
  const told = (Object.keys(counts) as TaskState[])
    .filter((state) => counts[state] > 0)
    .map((state) => `${counts[state]} ${TASK_LOOKS[state].label}`)
    .join(', ');
  return (
    <div className="stack tight">
      <div className="bar" role="img" aria-label={`Of ${total} tasks: ${told}`}>
        {BAR.map(([tone, states]) => {
          const share = states.reduce((sum, state) => sum + counts[state], 0) / total;
          return <span key={tone} className={`fill-${tone}`} style={{ width: `${share * 100}%` }} />;
        })}
      </div>
      <span className="small muted">{told}</span>
    </div>
  );
};

const Controls = ({ view }: { readonly view: SwarmView }) => (
  <div className="row">
    {view.paused ? (
      <ActionButton
        icon="play"
        act={(key) => resumeSwarm(view.swarmId, key)}
        done="Resumed: new agents start again"
      >
        Resume
      </ActionButton>
    ) : (
      <ActionButton
        icon="pause"
        act={(key) => pauseSwarm(view.swarmId, key)}
        done="Paused: agents at work go on, no new ones start"
      >
        Pause
      </ActionButton>
    )}
    <ActionButton
      icon="stop"
      look="danger"
      act={(key) => cancelSwarm(view.swarmId, key)}
      done="Cancelling"
      confirm={{
        title: 'Cancel this swarm?',
        text: (
          <p>
            Its agents are ended. What has been merged is kept, what an agent has not handed over is lost.
          </p>
        ),
        yes: 'Cancel the swarm',
      }}
    >
      Cancel
    </ActionButton>
  </div>
);

export const SwarmHead = ({
  view,
  ended,
  live,
}: {
  readonly view: SwarmView;
  readonly ended: boolean;
  readonly live: LiveState;
}) => {
  const total = Object.values(view.counts).reduce((sum, one) => sum + one, 0);
  return (
    <>
      <div className="page-head">
        <div className="lead stack tight">
          <h1>{firstLine(view.goal)}</h1>
          <div className="row tight">
            <PhaseBadge phase={view.phase} paused={view.paused} />
            {!ended && <Badge look={LIVE_LOOKS[live]} />}
            <span className="small muted wrap">
              <span className="mono">{view.swarmId}</span> · {baseName(view.repository)}
              {view.baseBranch !== '' && ` · from ${view.baseBranch}`}
            </span>
            <TemporalLink workflowId={view.swarmId} />
          </div>
        </div>
        {!ended && <Controls view={view} />}
      </div>
      <div className="swarm-figures">
        <Figures
          values={[
            { name: 'tasks done', value: `${count(view.counts.completed)} of ${count(total)}` },
            { name: 'landed', value: count(view.landed) },
            {
              name: ended ? 'took' : 'running for',
              value: <Elapsed from={view.startedAt} to={view.endedAt} />,
            },
            { name: 'cost', value: cost(view.usage) },
            { name: 'tokens', value: compact(tokens(view.usage)) },
          ]}
        />
        {!ended && <Parallelism view={view} />}
      </div>
      <Progress counts={view.counts} />
    </>
  );
};
