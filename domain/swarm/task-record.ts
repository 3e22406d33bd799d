/** What the swarm workflow keeps of a task while it runs. Changed in place. */
import type { AttemptNote } from '../agents/agent.ts';
import type { OutsideChanges } from '../agents/declared-files.ts';
import type { TaskOutline } from '../plan/plan.ts';
import type { TaskState } from './swarm.ts';
import { NO_USAGE, type Usage } from '../models/usage.ts';

export interface TaskRecord {
  outline: TaskOutline;
  /** Names its agents; given once, also when an edit moves the task to another place in the plan. */
  readonly ordinal: number;
  state: TaskState;
  /** Number of the newest attempt. */
  attempts: number;
  commit?: string;
  /** Changed besides the files that the task declared. */
  outside?: OutsideChanges;
  landing?: 'landed' | 'skipped' | 'empty';
  /** At most 500 characters. */
  note: string;
  /** Milliseconds since the epoch. */
  startedAt?: number;
  endedAt?: number;
  usage: Usage;
  /** What went wrong so far, for the next attempt; empty once the task is completed. */
  previous: readonly AttemptNote[];
  /** Answers of the policy at the task's gate, so that it does not answer for ever. */
  autoAnswers: number;
}

export const NOTE_LENGTH = 500;

export const newTaskRecord = (outline: TaskOutline, ordinal: number): TaskRecord => ({
  outline,
  ordinal,
  state: 'pending',
  attempts: 0,
  note: '',
  usage: NO_USAGE,
  previous: [],
  autoAnswers: 0,
});
