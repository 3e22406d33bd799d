/** A state as colour, icon and word. */
import type { Phase, TaskState } from '../../domain/swarm/swarm.ts';
import { Icon } from './icon.tsx';
import { PHASE_LOOKS, TASK_LOOKS, type Look } from './tones.ts';

export const Badge = ({ look }: { readonly look: Look }) => (
  <span className={`badge tone-${look.tone}`}>
    <Icon name={look.icon} spin={look.icon === 'running'} />
    {look.label}
  </span>
);

export const PhaseBadge = ({
  phase,
  paused = false,
}: {
  readonly phase: Phase;
  readonly paused?: boolean;
}) => (
  <>
    <Badge look={PHASE_LOOKS[phase]} />
    {paused && <Badge look={{ tone: 'halt', icon: 'pause', label: 'paused' }} />}
  </>
);

export const TaskBadge = ({ state }: { readonly state: TaskState }) => <Badge look={TASK_LOOKS[state]} />;
