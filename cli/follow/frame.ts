/** The live view of a running swarm as one frame of text that fits the terminal. Pure: drawing is `live.ts`. */
import { isRunning } from '../../api/swarm-actions.ts';
import type { TaskState, TaskView } from '../../domain/swarm.ts';
import { fit } from '../output/plain-text.ts';
import { countsText } from '../views/words.ts';
import {
  fixerLines,
  headLines,
  taskLines,
  waitingLines,
  type LastWords,
  type Look,
} from '../views/swarm-view.ts';
import type { Snapshot } from './snapshot.ts';

/** Fewer rows of tasks than this tell nothing, however small the terminal. */
const LEAST_ROWS = 3;
const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

const urgency = (task: TaskView): number => {
  if (isRunning(task)) return 0;
  if (task.state === 'failed' || task.state === 'timeout') return 1;
  return task.state === 'pending' ? 2 : 3;
};

/** The tasks that matter most when not all fit: at work, failed, waiting, then the last that ended. */
const chosen = (tasks: readonly TaskView[], rows: number): readonly TaskView[] => {
  if (tasks.length <= rows) return tasks;
  const ranked = [...tasks].sort(
    (a, b) => urgency(a) - urgency(b) || (b.endedAt ?? '').localeCompare(a.endedAt ?? ''),
  );
  const kept = new Set(ranked.slice(0, rows));
  return tasks.filter((task) => kept.has(task));
};

const countStates = (tasks: readonly TaskView[]): Record<TaskState, number> => {
  const counts: Record<TaskState, number> = {
    pending: 0,
    assigned: 0,
    in_progress: 0,
    completed: 0,
    failed: 0,
    timeout: 0,
    skipped: 0,
    cancelled: 0,
  };
  for (const task of tasks) counts[task.state]++;
  return counts;
};

export interface FrameInput {
  readonly snapshot: Snapshot;
  readonly lastWords: LastWords;
  readonly look: Look;
  /** Rows of the terminal. */
  readonly height: number;
  /** Why nothing new comes at the moment. */
  readonly reconnecting?: string;
}

export const frame = (input: FrameInput): string => {
  const { snapshot, look, height } = input;
  const { style } = look;
  const [title = '', facts = ''] = headLines(snapshot.view, look);
  const spin = SPINNER[Math.floor(look.now / 100) % SPINNER.length] ?? '';
  const head = [title, `${style.cyan(spin)} ${facts}`];
  const waiting = waitingLines(snapshot, look).slice(0, Math.max(4, Math.floor(height / 3)));
  const foot = [
    input.reconnecting === undefined
      ? style.dim('Ctrl-C leaves the swarm running and goes back to the shell')
      : style.yellow(fit(`reconnecting… ${input.reconnecting}`, look.width)),
  ];
  const fixers = fixerLines(snapshot, input.lastWords, look);
  const taken = fixers.length + head.length + foot.length + 3 + (waiting.length > 0 ? waiting.length + 1 : 0);
  const rows = Math.max(LEAST_ROWS, height - taken - 1);
  const shown = chosen(snapshot.tasks, rows);
  const left = snapshot.tasks.filter((task) => !shown.includes(task));
  const table = taskLines(shown, input.lastWords, look, false);
  return [
    ...head,
    '',
    ...table,
    ...(left.length > 0 ? [style.dim(`… ${left.length} more: ${countsText(countStates(left))}`)] : []),
    ...fixers,
    ...(waiting.length > 0 ? ['', ...waiting] : []),
    '',
    ...foot,
  ].join('\n');
};
