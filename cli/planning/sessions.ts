/**
 * Planning sessions: swarms, seen from their plans. A session is a draft until its plan is approved, approved until
 * its agents may start, then executing, then completed; failed and cancelled ones say so. All of it is in the swarm's
 * workflow, so a session is taken up again from any terminal.
 */
import type { SwarmSummary } from '../../api/list-swarms.ts';
import type { SwarmHandle } from '../../api/swarm-handle.ts';
import type { SwarmView } from '../../domain/swarm/swarm.ts';

export const SESSION_STATES = ['draft', 'approved', 'executing', 'completed', 'failed', 'cancelled'] as const;
export type SessionState = (typeof SESSION_STATES)[number];

/** An approved plan whose agents have not been let loose: nothing has started, and nothing may. */
const isHeldBack = ({ phase, paused, counts }: SwarmView): boolean =>
  phase === 'executing' &&
  paused &&
  Object.entries(counts).every(([state, count]) => state === 'pending' || count === 0);

export const sessionState = (view: SwarmView): SessionState => {
  switch (view.phase) {
    case 'planning':
    case 'awaiting_approval':
      return 'draft';
    case 'completed':
    case 'failed':
    case 'cancelled':
      return view.phase;
    default:
      return isHeldBack(view) ? 'approved' : 'executing';
  }
};

export interface Session {
  readonly id: string;
  readonly state: SessionState;
  readonly goal: string;
  readonly repository: string;
  readonly startedAt: string;
  /** Newest version of the plan, when there is one. */
  readonly version?: number;
  readonly tasks?: number;
}

/** @param handle of the swarm; what has ended is not asked again */
export const sessionOf = async (summary: SwarmSummary, handle: SwarmHandle): Promise<Session> => {
  const { id, repository, startedAt } = summary;
  const base = { id, repository, startedAt };
  try {
    const view = await handle.state();
    return {
      ...base,
      state: sessionState(view),
      goal: view.goal,
      ...(view.plan === undefined ? {} : { version: view.plan.version, tasks: view.plan.taskCount }),
    };
  } catch {
    // No worker answers for it, or its history is gone; the list says what it knows.
    const { phase } = summary;
    const ended = phase === 'completed' || phase === 'failed' || phase === 'cancelled';
    const draft = phase === 'planning' || phase === 'awaiting_approval';
    return { ...base, state: ended ? phase : draft ? 'draft' : 'executing', goal: '' };
  }
};
