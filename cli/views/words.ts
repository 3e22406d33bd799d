/** States and phases as people see them: a sign, a word and a colour. */
import { phaseName } from '../../api/swarm-actions.ts';
import type { Phase, SwarmView, TaskState } from '../../domain/swarm/swarm.ts';
import type { Style } from '../output/style.ts';

type Paint = (text: string) => string;

const SIGNS: Readonly<Record<TaskState, string>> = {
  pending: '·',
  assigned: '◌',
  in_progress: '●',
  completed: '✓',
  failed: '✗',
  timeout: '✗',
  skipped: '–',
  cancelled: '–',
};

export const taskSign = (state: TaskState): string => SIGNS[state] ?? '?';

export const taskStateName = (state: TaskState): string =>
  state === 'in_progress' ? 'running' : state === 'assigned' ? 'starting' : state;

export const taskPaint = (state: TaskState, style: Style): Paint => {
  if (state === 'completed') return style.green;
  if (state === 'failed' || state === 'timeout') return style.red;
  if (state === 'in_progress' || state === 'assigned') return style.cyan;
  return state === 'pending' ? (text) => text : style.dim;
};

export const phasePaint = (phase: Phase, style: Style): Paint => {
  if (phase === 'completed') return style.green;
  if (phase === 'failed' || phase === 'cancelled') return style.red;
  return phase === 'awaiting_approval' ? style.yellow : style.cyan;
};

/** `executing`, `executing, paused` */
export const phaseText = (view: Pick<SwarmView, 'phase' | 'paused'>): string =>
  view.paused ? `${phaseName(view.phase)}, paused` : phaseName(view.phase);

/** `3 completed, 2 running, 1 pending`: the states that occur, the most telling first. */
export const countsText = (counts: SwarmView['counts']): string => {
  const order: readonly TaskState[] = [
    'completed',
    'in_progress',
    'assigned',
    'pending',
    'failed',
    'timeout',
    'skipped',
    'cancelled',
  ];
  const parts = order.flatMap((state) =>
    counts[state] > 0 ? [`${counts[state]} ${taskStateName(state)}`] : [],
  );
  return parts.length === 0 ? 'no tasks yet' : parts.join(', ');
};
