/** The gate `files`: a branch changed files that its task had not declared. The other tasks go on meanwhile. */
import { outsideText } from '../../domain/agents/declared-files.ts';
import { NOTE_LENGTH, type TaskRecord } from '../../domain/swarm/task-record.ts';
import { clip } from '../../domain/text.ts';
import { closeDecision, openDecision } from '../swarm/gates.ts';
import type { Swarm } from '../swarm/state.ts';
import { leaveOut, skipDependents } from './changes.ts';

export const openFilesGate = (swarm: Swarm, task: TaskRecord): void => {
  const { outside, outline } = task;
  // Swarms that are older than this gate have no policy for it.
  const policy = swarm.state.rules?.gates.files ?? 'auto';
  if (outside === undefined || policy === 'auto') return;
  openDecision(
    swarm,
    {
      kind: 'files',
      question: `Task "${outline.title}" changed files that it had not declared, or that another agent had claimed. May its branch land?`,
      approveMeans: 'It is merged and verified like any other.',
      rejectMeans: 'It is left out, and with it what builds on it. The branch stays in the hub.',
      taskIds: [outline.id],
      detail: [...outside.paths, ...moreThanListed(outside)].join('\n'),
    },
    policy,
  );
};

const moreThanListed = ({ count, paths }: NonNullable<TaskRecord['outside']>): readonly string[] =>
  count > paths.length ? [`… ${count - paths.length} more`] : [];

export const actOnFilesGates = (swarm: Swarm): void => {
  for (const { id, kind, taskIds, answer } of swarm.state.openDecisions) {
    if (kind !== 'files' || answer === undefined) continue;
    closeDecision(swarm, id);
    const task = swarm.state.tasks.get(taskIds[0] ?? '');
    if (answer.action === 'approve' || task?.outside === undefined) continue;
    leaveOut(swarm, task.outline.id);
    skipDependents(swarm, task.outline.id, `It depends on ${task.outline.id}, which was left out`);
    task.note = clip(
      `Left out: it changed ${outsideText(task.outside)}, which it had not declared. ${task.note}`,
      NOTE_LENGTH,
    );
  }
};
