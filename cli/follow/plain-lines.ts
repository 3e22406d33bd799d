/** What changed between two looks at a swarm, as plain lines for a log or a pipe. Pure. */
import { hasEnded } from '../../api/swarm-actions.ts';
import type { Decision, TaskView } from '../../domain/swarm/swarm.ts';
import { cost, elapsed, plural } from '../output/format.ts';
import { oneLine } from '../output/one-line.ts';
import { taskPaint, taskSign, taskStateName, phasePaint, phaseText } from '../views/words.ts';
import { changeHint, decisionLines, isOfOwnPlan, type Look } from '../views/swarm-view.ts';
import type { Snapshot } from './snapshot.ts';

const taskLine = (task: TaskView, look: Look): string => {
  const facts = [
    `${taskSign(task.state)} ${task.id}`,
    taskStateName(task.state),
    ...(task.agentId === undefined ? [] : [task.agentId]),
    ...(task.endedAt === undefined ? [] : [elapsed(task.startedAt, task.endedAt, look.now)]),
    cost(task.usage),
    task.landing ?? '',
    task.state === 'in_progress' || task.state === 'assigned' ? '' : oneLine(task.note, 300),
  ];
  return taskPaint(task.state, look.style)(facts.filter((fact) => fact !== '').join('  '));
};

const changedTasks = (before: Snapshot | undefined, after: Snapshot): readonly TaskView[] => {
  const old = new Map(before?.tasks.map((task) => [task.id, task]));
  return after.tasks.filter((task) => {
    const was = old.get(task.id);
    if (was === undefined) return task.state !== 'pending';
    return was.state !== task.state || was.landing !== task.landing || was.agentId !== task.agentId;
  });
};

/** How to approve from here and from anywhere else that reaches Temporal. */
export interface ApprovalHints {
  readonly temporalSignal: (name: string, input: unknown) => string;
}

const approvalLines = (snapshot: Snapshot, hints: ApprovalHints, look: Look): readonly string[] => {
  const { view } = snapshot;
  const version = view.plan?.version ?? 1;
  return [
    look.style.yellow(
      `? version ${version} of the plan (${plural(view.plan?.taskCount ?? 0, 'task')}) awaits approval; the swarm waits for as long as it takes`,
    ),
    `    drover plan ${view.swarmId}`,
    `    drover approve ${view.swarmId}`,
    `    ${changeHint(view)}`,
    '  or with the Temporal CLI:',
    `    ${hints.temporalSignal('approvePlan', { version })}`,
    ...(view.plan?.origin === 'model'
      ? [`    ${hints.temporalSignal('rejectPlan', { feedback: '<what should be different>' })}`]
      : []),
  ];
};

const decisionChanges = (
  before: Snapshot | undefined,
  after: Snapshot,
  hints: ApprovalHints,
  look: Look,
): readonly string[] => {
  const old = new Map(before?.decisions.map((decision) => [decision.id, decision]));
  const isNews = (decision: Decision): boolean => {
    const was = old.get(decision.id);
    return was === undefined || (was.answer === undefined) !== (decision.answer === undefined);
  };
  return after.decisions
    .filter((decision) => !isOfOwnPlan(decision) && isNews(decision))
    .flatMap((decision) => [
      ...decisionLines(after.view.swarmId, decision, look),
      ...(decision.answer === undefined
        ? [`    ${hints.temporalSignal('resolveDecision', { id: decision.id, action: 'approve' })}`]
        : []),
    ]);
};

/** Nothing when nothing changed that a person would want to read. */
export const changeLines = (
  before: Snapshot | undefined,
  after: Snapshot,
  hints: ApprovalHints,
  look: Look,
): readonly string[] => {
  const { view } = after;
  const phaseChanged =
    before === undefined || before.view.phase !== view.phase || before.view.paused !== view.paused;
  const planChanged =
    view.phase === 'awaiting_approval' &&
    (before?.view.phase !== 'awaiting_approval' || before.view.plan?.version !== view.plan?.version);
  const warnings = view.warnings.slice(before?.view.warnings.length ?? 0);
  return [
    ...(phaseChanged ? [phasePaint(view.phase, look.style)(`── ${phaseText(view)}`)] : []),
    ...warnings.map((warning) => look.style.yellow(`! ${oneLine(warning, 500)}`)),
    ...(planChanged ? approvalLines(after, hints, look) : []),
    ...changedTasks(before, after).map((task) => taskLine(task, look)),
    ...(hasEnded(view) ? [] : decisionChanges(before, after, hints, look)),
  ];
};

/** What is new since `before`, for programs: the state, and only those tasks and decisions that changed. */
export const changedParts = (before: Snapshot | undefined, after: Snapshot): Snapshot => {
  const old = new Set(
    [...(before?.tasks ?? []), ...(before?.decisions ?? [])].map((one) => JSON.stringify(one)),
  );
  return {
    view: after.view,
    tasks: after.tasks.filter((task) => !old.has(JSON.stringify(task))),
    decisions: after.decisions.filter((decision) => !old.has(JSON.stringify(decision))),
    fixers: after.fixers,
  };
};
