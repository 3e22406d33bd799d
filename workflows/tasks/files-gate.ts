/**
 * The gates `files` and `claims`: a branch changed what its task had not declared, or what another agent at work had
 * claimed. The other tasks go on meanwhile.
 */
import { outsideText, type OutsideChanges } from '../../domain/agents/declared-files.ts';
import type { GatePolicy } from '../../domain/swarm/settings.ts';
import { NOTE_LENGTH, type TaskRecord } from '../../domain/swarm/task-record.ts';
import { clip } from '../../domain/text.ts';
import { closeDecision, openDecision } from '../swarm/gates.ts';
import type { Swarm } from '../swarm/state.ts';
import { leaveOut, skipDependents } from './changes.ts';

const QUESTIONS = {
  files: 'changed files that it had not declared',
  claims: 'changed files that another agent at work had claimed',
} as const;

type FilesGate = keyof typeof QUESTIONS;

/** What is somebody else's comes first. Swarms that are older than these gates have no policy for them. */
const gateFor = (
  { state }: Swarm,
  { claimed = 0 }: OutsideChanges,
): readonly [FilesGate, GatePolicy] | undefined => {
  const { files = 'auto', claims = 'auto' } = state.rules?.gates ?? {};
  if (claimed > 0 && claims !== 'auto') return ['claims', claims];
  return files === 'auto' ? undefined : ['files', files];
};

export const openFilesGate = (swarm: Swarm, task: TaskRecord): void => {
  const { outside, outline } = task;
  const gate = outside && gateFor(swarm, outside);
  if (outside === undefined || gate === undefined) return;
  const [kind, policy] = gate;
  openDecision(
    swarm,
    {
      kind,
      question: `Task "${outline.title}" ${QUESTIONS[kind]}. May its branch land?`,
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
    if ((kind !== 'files' && kind !== 'claims') || answer === undefined) continue;
    closeDecision(swarm, id);
    const task = swarm.state.tasks.get(taskIds[0] ?? '');
    if (answer.action === 'approve' || task?.outside === undefined) continue;
    leaveOut(swarm, task.outline.id);
    skipDependents(swarm, task.outline.id, `It depends on ${task.outline.id}, which was left out`);
    task.note = clip(
      `Left out: it changed ${outsideText(task.outside)}, ${kind === 'files' ? 'which it had not declared' : 'which was not its own'}. ${task.note}`,
      NOTE_LENGTH,
    );
  }
};
