/**
 * The ledger project, on which faults are tried: a text with one place per task. A task's agent notes its start
 * in a journal outside of its workspace, takes its time, then writes its line at its place.
 */
import type { Task } from '../../domain/plan/plan.ts';

export const LEDGER = 'ledger.txt';

/** Places are far enough apart that two tasks' lines never conflict. */
const place = (taskId: string): string => `# ${taskId}\n${'.\n'.repeat(8)}`;

export const ledgerFiles = (taskIds: readonly string[]): Record<string, string> => ({
  [LEDGER]: taskIds.map(place).join(''),
  'README.md': '# Ledger\n',
});

/** Shell command of a task's agent; expects the journal's path in `LEDGER_JOURNAL`. */
const ledgerCommand = (seconds: number, file?: string): string =>
  [
    'set -e',
    'printf "%s %s\\n" "$DROVER_AGENT" "$DROVER_TASK" >> "$LEDGER_JOURNAL"',
    `sleep ${seconds}`,
    ...(file === undefined ? [] : [`while [ ! -e '${file}' ]; do sleep 0.05; done`]),
    `sed -i "s/^# $DROVER_TASK\\$/&\\ndone $DROVER_TASK/" ${LEDGER}`,
    'mkdir -p work && printf "%s\\n" "$DROVER_TASK" > "work/$DROVER_TASK.txt"',
  ].join('\n');

export interface LedgerTask {
  readonly id: string;
  readonly seconds: number;
  readonly dependsOn?: readonly string[];
  readonly priority?: number;
  /** Its agent goes on once this file is there. */
  readonly waitsFor?: string;
}

export const ledgerTask = ({ id, seconds, dependsOn = [], priority = 2, waitsFor }: LedgerTask): Task => ({
  id,
  title: `Write the line of ${id}`,
  description: `Write "done ${id}" at the place of ${id} in ${LEDGER}.`,
  dependsOn,
  priority,
  category: 'default',
  files: [LEDGER, `work/${id}.txt`],
  executor: 'command',
  command: ledgerCommand(seconds, waitsFor),
});
